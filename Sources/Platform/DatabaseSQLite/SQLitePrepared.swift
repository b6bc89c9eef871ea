import CSQLite
import Database

/// A compiled statement of one connection.
final class SQLitePrepared {
    /// Held, because the connection knows it by identity: a new statement must not be born at its address.
    private let statement: Statement
    var name: String { statement.name }
    let compiled: OpaquePointer
    /// For each SQLite parameter, which value it takes: SQLite numbers `$n` by first appearance, we by n.
    private let valueIndexes: [Int]

    init(_ statement: Statement, compiled: OpaquePointer) {
        self.statement = statement
        self.compiled = compiled
        valueIndexes = (0..<sqlite3_bind_parameter_count(compiled)).map { position in
            guard let name = sqlite3_bind_parameter_name(compiled, position + 1),
                let number = Int(String(cString: name + 1)), number >= 1
            else { preconditionFailure("\(statement.name): parameters are $1 to $n") }
            return number - 1
        }
    }

    deinit {
        sqlite3_finalize(compiled)
    }

    /// Binds, runs `body`, and leaves the statement ready for its next use.
    func with<Result, Failure: Error>(
        _ values: [SQLValue],
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        for (position, index) in valueIndexes.enumerated() {
            precondition(index < values.count, "\(name): every parameter has a value")
            bind(values[index], at: Int32(position + 1))
        }
        defer {
            sqlite3_reset(compiled)
            sqlite3_clear_bindings(compiled)
        }
        return try withBytes(values, from: 0, body)
    }

    /// Binds the byte values without a copy: their arrays are held open around `body`.
    private func withBytes<Result, Failure: Error>(
        _ values: [SQLValue],
        from position: Int,
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        for next in position..<valueIndexes.count {
            guard case .bytes(let bytes) = values[valueIndexes[next]], !bytes.isEmpty else { continue }
            return try bytes.withUnsafeBufferPointer {
                (buffer: UnsafeBufferPointer<UInt8>) throws(Failure) -> Result in
                sqlite3_bind_blob64(
                    compiled,
                    Int32(next + 1),
                    buffer.baseAddress,
                    UInt64(buffer.count),
                    tollgate_sqlite_static()
                )
                return try withBytes(values, from: next + 1, body)
            }
        }
        return try body()
    }

    private func bind(_ value: SQLValue, at position: Int32) {
        switch value {
        case .null:
            sqlite3_bind_null(compiled, position)
        case .integer(let number):
            sqlite3_bind_int64(compiled, position, number)
        case .text(var text):
            text.withUTF8 { bytes in
                _ = bytes.withMemoryRebound(to: CChar.self) { characters in
                    // An empty buffer may have no address, which SQLite would take for NULL.
                    sqlite3_bind_text(
                        compiled,
                        position,
                        characters.baseAddress ?? UnsafePointer(emptyText),
                        Int32(characters.count),
                        tollgate_sqlite_transient()
                    )
                }
            }
        case .bytes(let bytes):
            // Others are bound by `withBytes`.
            if bytes.isEmpty { sqlite3_bind_zeroblob(compiled, position, 0) }
        }
    }
}

nonisolated(unsafe) private let emptyText: UnsafeMutablePointer<CChar> = {
    let text = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
    text.pointee = 0
    return text
}()

/// The row that a statement stands on.
struct SQLiteRow: Row {
    let compiled: OpaquePointer

    func isNull(_ column: Int) -> Bool {
        sqlite3_column_type(compiled, Int32(column)) == SQLITE_NULL
    }

    func integer(_ column: Int) -> Int64 {
        sqlite3_column_int64(compiled, Int32(column))
    }

    func text(_ column: Int) -> String {
        guard let address = sqlite3_column_text(compiled, Int32(column)) else { return "" }
        let count = Int(sqlite3_column_bytes(compiled, Int32(column)))
        return String(decoding: UnsafeBufferPointer(start: address, count: count), as: UTF8.self)
    }

    func bytes(_ column: Int) -> [UInt8] {
        guard let address = sqlite3_column_blob(compiled, Int32(column)) else { return [] }
        let count = Int(sqlite3_column_bytes(compiled, Int32(column)))
        return [UInt8](UnsafeRawBufferPointer(start: address, count: count))
    }
}
