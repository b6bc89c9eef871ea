import CSQLite
import Glibc

/// What is bound to a statement of `SQLiteFile`.
enum SQLiteValue {
    case null
    case integer(Int64)
    case text(String)
    /// The bytes must stay as they are until the statement has run.
    case bytes(UnsafeRawBufferPointer)

    func bind(to statement: OpaquePointer, at position: Int32) {
        switch self {
        case .null:
            sqlite3_bind_null(statement, position)
        case .integer(let value):
            sqlite3_bind_int64(statement, position, value)
        case .text(var text):
            text.withUTF8 { bytes in
                _ = bytes.withMemoryRebound(to: CChar.self) { characters in
                    sqlite3_bind_text(
                        statement,
                        position,
                        characters.baseAddress,
                        Int32(characters.count),
                        tollgate_sqlite_transient()
                    )
                }
            }
        case .bytes(let bytes):
            sqlite3_bind_blob(
                statement,
                position,
                bytes.baseAddress,
                Int32(bytes.count),
                tollgate_sqlite_static()
            )
        }
    }
}

/// The row at hand; valid only during the call that it was given to.
struct SQLiteRow {
    let statement: OpaquePointer

    func integer(_ column: Int32) -> Int64 {
        sqlite3_column_int64(statement, column)
    }

    func optionalInteger(_ column: Int32) -> Int64? {
        sqlite3_column_type(statement, column) == SQLITE_NULL ? nil : integer(column)
    }

    func bytes(_ column: Int32) -> [UInt8] {
        Array(
            UnsafeRawBufferPointer(
                start: sqlite3_column_blob(statement, column),
                count: Int(sqlite3_column_bytes(statement, column))
            )
        )
    }

    func text(_ column: Int32) -> String {
        sqlite3_column_text(statement, column).map { String(cString: $0) } ?? ""
    }
}
