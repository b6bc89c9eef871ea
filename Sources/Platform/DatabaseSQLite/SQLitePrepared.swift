import CSQLite
import Database
import Glibc

/// A compiled statement of one connection.
final class SQLitePrepared {
    /// Held, because the connection knows it by identity: a new statement must not be born at its address.
    private let statement: Statement
    var name: String { statement.name }
    let compiled: OpaquePointer
    /// For each SQLite parameter, which value it takes: SQLite numbers `$n` by first appearance, we by n.
    private let valueIndexes: [Int]
    /// Bytes of the bound texts and of short byte values, kept while the statement runs, so that SQLite need not copy
    /// each into memory of its own.
    private var texts: UnsafeMutablePointer<UInt8>
    private var textsCapacity = 256
    /// Longer byte values are not copied.
    private static let copiedBytesMax = 64

    init(_ statement: Statement, compiled: OpaquePointer) {
        self.statement = statement
        self.compiled = compiled
        texts = .allocate(capacity: textsCapacity)
        valueIndexes = (0..<sqlite3_bind_parameter_count(compiled)).map { position in
            guard let name = sqlite3_bind_parameter_name(compiled, position + 1),
                let number = Int(String(cString: name + 1)), number >= 1
            else { preconditionFailure("\(statement.name): parameters are $1 to $n") }
            return number - 1
        }
    }

    deinit {
        sqlite3_finalize(compiled)
        texts.deallocate()
    }

    /// Binds every parameter anew, `more` after `values`, runs `body`, and leaves the statement ready for its next use.
    /// What is bound stays so afterwards, also where its bytes are gone: nothing runs before it is bound anew.
    func with<Result, Failure: Error>(
        _ values: [SQLValue],
        _ more: ArraySlice<SQLValue>,
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let hasLong = bindShort(values, more)
        defer { sqlite3_reset(compiled) }
        guard hasLong else { return try body() }
        return try withLongBytes(values + more, from: 0, body)
    }

    /// Binds the long byte values without a copy: their arrays are held open around `body`.
    private func withLongBytes<Result, Failure: Error>(
        _ values: [SQLValue],
        from position: Int,
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        for next in position..<valueIndexes.count {
            guard case .bytes(let bytes) = values[valueIndexes[next]], bytes.count > Self.copiedBytesMax
            else {
                continue
            }
            return try bytes.withUnsafeBufferPointer {
                (buffer: UnsafeBufferPointer<UInt8>) throws(Failure) -> Result in
                sqlite3_bind_blob64(
                    compiled,
                    Int32(next + 1),
                    buffer.baseAddress,
                    UInt64(buffer.count),
                    tollgate_sqlite_static()
                )
                return try withLongBytes(values, from: next + 1, body)
            }
        }
        return try body()
    }

    /// Binds all but the long byte values, and tells whether there are any.
    private func bindShort(_ values: [SQLValue], _ more: ArraySlice<SQLValue>) -> Bool {
        while true {
            var used = 0
            var hasLong = false
            for (position, index) in valueIndexes.enumerated() {
                let value =
                    index < values.count ? values[index] : more[more.startIndex + index - values.count]
                bind(value, at: Int32(position + 1), &used, &hasLong)
            }
            guard used > textsCapacity else { return hasLong }
            // What did not fit is bound again, with all the rest: the block has moved.
            texts.deallocate()
            textsCapacity = used * 2
            texts = .allocate(capacity: textsCapacity)
        }
    }

    /// Counts what it copies in `used`, also where there is no room left for it.
    private func bind(_ value: SQLValue, at position: Int32, _ used: inout Int, _ hasLong: inout Bool) {
        switch value {
        case .null:
            sqlite3_bind_null(compiled, position)
        case .integer(let number):
            sqlite3_bind_int64(compiled, position, number)
        case .text(var text):
            text.withUTF8 { source in
                guard let start = copy(source.baseAddress, source.count, &used) else { return }
                _ = start.withMemoryRebound(to: CChar.self, capacity: source.count) { characters in
                    sqlite3_bind_text(
                        compiled,
                        position,
                        characters,
                        Int32(source.count),
                        tollgate_sqlite_static()
                    )
                }
            }
        case .bytes(let bytes) where bytes.isEmpty:
            sqlite3_bind_zeroblob(compiled, position, 0)
        case .bytes(let bytes) where bytes.count <= Self.copiedBytesMax:
            bytes.withUnsafeBufferPointer { source in
                guard let start = copy(source.baseAddress, source.count, &used) else { return }
                sqlite3_bind_blob64(
                    compiled,
                    position,
                    start,
                    UInt64(source.count),
                    tollgate_sqlite_static()
                )
            }
        case .bytes:
            hasLong = true
        case .digest(let high, let low):
            withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { source in
                let bytes = source.assumingMemoryBound(to: UInt8.self)
                guard let start = copy(bytes.baseAddress, bytes.count, &used) else { return }
                sqlite3_bind_blob64(
                    compiled,
                    position,
                    start,
                    UInt64(bytes.count),
                    tollgate_sqlite_static()
                )
            }
        }
    }

    /// Where the copy stands; nil when there is no room.
    private func copy(
        _ source: UnsafePointer<UInt8>?,
        _ count: Int,
        _ used: inout Int
    ) -> UnsafeMutablePointer<UInt8>? {
        let start = texts + used
        used += count
        guard used <= textsCapacity else { return nil }
        if let source { start.update(from: source, count: count) }
        return start
    }
}

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

    func digest(_ column: Int) -> (high: UInt64, low: UInt64)? {
        guard let address = sqlite3_column_blob(compiled, Int32(column)),
            sqlite3_column_bytes(compiled, Int32(column)) == 16
        else { return nil }
        return (
            UInt64(bigEndian: address.loadUnaligned(as: UInt64.self)),
            UInt64(bigEndian: address.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        )
    }

    func holds(_ value: SQLValue, at column: Int) -> Bool {
        let kind = sqlite3_column_type(compiled, Int32(column))
        switch value {
        case .null:
            return kind == SQLITE_NULL
        case .integer(let number):
            return kind == SQLITE_INTEGER && sqlite3_column_int64(compiled, Int32(column)) == number
        case .text(var text):
            guard kind == SQLITE_TEXT else { return false }
            return text.withUTF8 { isEqual($0, sqlite3_column_text(compiled, Int32(column)), column) }
        case .bytes(let bytes):
            guard kind == SQLITE_BLOB else { return false }
            return bytes.withUnsafeBufferPointer {
                isEqual($0, sqlite3_column_blob(compiled, Int32(column)), column)
            }
        case .digest(let high, let low):
            return kind == SQLITE_BLOB && digest(column).map { $0 == (high, low) } ?? false
        }
    }

    /// The column's length is only known once its bytes were asked for.
    private func isEqual(
        _ wanted: UnsafeBufferPointer<UInt8>,
        _ stored: UnsafeRawPointer?,
        _ column: Int
    ) -> Bool {
        guard Int(sqlite3_column_bytes(compiled, Int32(column))) == wanted.count else { return false }
        guard let stored, let start = wanted.baseAddress else { return wanted.isEmpty }
        return memcmp(stored, start, wanted.count) == 0
    }
}
