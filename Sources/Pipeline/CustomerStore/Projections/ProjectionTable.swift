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
        case updated(old: PastRow)
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
        guard let row = try compare(number, with: values, keepsCreation, in: transaction) else {
            try transaction.execute(
                insert,
                [.integer(number), .integer(connection.rawValue), .integer(1), .integer(now.milliseconds)],
                values[...]
            )
            return .inserted
        }
        guard row.differs else { return .unchanged }
        try transaction.execute(
            update,
            [.integer(number), .integer(row.version + 1), .integer(now.milliseconds)],
            values[keyCount...]
        )
        if row.keysDiffer {
            var keys = values[..<keyCount]
            if keepsCreation { keys[0] = row.old[0] }
            try transaction.execute(move, [.integer(number)] + keys)
        }
        return .updated(old: row.old)
    }

    private struct Comparison {
        let version: Int64
        var old: PastRow
        var differs = false
        var keysDiffer = false
    }

    /// Nil when there is no row.
    private func compare(
        _ number: Int64,
        with values: [SQLValue],
        _ keepsCreation: Bool,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Comparison? {
        try transaction.first(select, [.integer(number)]) { row in
            var comparison = Comparison(version: row.integer(0), old: PastRow(values))
            for (position, kind) in kinds.enumerated() where !row.holds(values[position], at: position + 1) {
                comparison.old.differs(at: position, being: Self.value(kind, position, of: row))
                if keepsCreation, position == 0 { continue }
                comparison.differs = true
                if position < keyCount { comparison.keysDiffer = true }
            }
            return comparison
        }
    }

    private static func value(_ kind: ColumnKind, _ position: Int, of row: any Row) -> SQLValue {
        // The version stands before the values.
        let column = position + 1
        guard !row.isNull(column) else { return .null }
        return kind == .text ? .text(row.text(column)) : .integer(row.integer(column))
    }

    func row(
        _ number: Int64,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> (version: Int64, values: [SQLValue])? {
        try transaction.first(select, [.integer(number)]) { row in
            (row.integer(0), kinds.enumerated().map { Self.value($1, $0, of: row) })
        }
    }

    /// Removes the row and returns what it said; nil when there was none.
    func remove(
        _ number: Int64,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> PastRow? {
        guard let row = try row(number, in: transaction) else { return nil }
        try transaction.execute(delete, [.integer(number)])
        return PastRow(row.values)
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
