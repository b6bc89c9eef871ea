import BillingModel
import Database
import Timing

/// How one kind of object is kept as a typed row: read first, written only when it differs.
///
/// A row's values stand in one order everywhere: the keys, which indexes hold and which hardly ever change,
/// then the rest. The usual update leaves the keys alone, so that it touches one page.
struct ProjectionTable: Sendable {
    enum ColumnKind: Sendable {
        case integer
        case text
    }

    enum Change {
        case inserted
        case updated(old: [SQLValue])
        case unchanged
    }

    let name: String
    let keyCount: Int
    let kinds: [ColumnKind]
    /// $1 id; gives the version, then the values.
    let select: Statement
    /// $1 id, $2 connection, $3 version, $4 updated_at, then the values.
    let insert: Statement
    /// $1 id, $2 version, $3 updated_at, then the values that are no keys.
    let update: Statement
    /// $1 id, then the keys.
    let move: Statement
    /// $1 id.
    let delete: Statement

    /// Makes the row say `values`. The first value is the time of creation; without `created` an existing
    /// row keeps the one it has.
    func write(
        _ number: Int64,
        connection: ConnectionID,
        values: [SQLValue],
        keepsCreation: Bool,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Change {
        guard let row = try row(number, in: transaction) else {
            try transaction.execute(
                insert,
                [
                    .integer(number), .integer(connection.rawValue), .integer(1), .integer(now.milliseconds),
                ] + values
            )
            return .inserted
        }
        var values = values
        if keepsCreation { values[0] = row.values[0] }
        guard values != row.values else { return .unchanged }
        try transaction.execute(
            update,
            [.integer(number), .integer(row.version + 1), .integer(now.milliseconds)] + values[keyCount...]
        )
        if values[..<keyCount] != row.values[..<keyCount] {
            try transaction.execute(move, [.integer(number)] + values[..<keyCount])
        }
        return .updated(old: row.values)
    }

    func row(
        _ number: Int64,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> (version: Int64, values: [SQLValue])? {
        let kinds = kinds
        return try transaction.first(select, [.integer(number)]) { row in
            var values: [SQLValue] = []
            values.reserveCapacity(kinds.count)
            for (position, kind) in kinds.enumerated() {
                let column = position + 1
                if row.isNull(column) {
                    values.append(.null)
                } else {
                    values.append(kind == .text ? .text(row.text(column)) : .integer(row.integer(column)))
                }
            }
            return (row.integer(0), values)
        }
    }

    /// Removes the row and returns what it said; nil when there was none.
    func remove(
        _ number: Int64,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> [SQLValue]? {
        guard let row = try row(number, in: transaction) else { return nil }
        try transaction.execute(delete, [.integer(number)])
        return row.values
    }
}

extension SQLValue {
    var textValue: String? {
        if case .text(let text) = self { text } else { nil }
    }

    var integerValue: Int64? {
        if case .integer(let number) = self { number } else { nil }
    }
}
