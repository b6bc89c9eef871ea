import CSQLite
import Glibc

/// One connection to a database file, for checking what a server stored and for measuring SQLite without us.
final class SQLiteFile {
    private let handle: OpaquePointer
    private var compiled: [String: OpaquePointer] = [:]

    enum Use {
        /// Beside a running server: never writes, never checkpoints.
        case reading
        /// Alone on the file.
        case writing
    }

    init(path: String, use: Use) throws(BenchError) {
        var opened: OpaquePointer?
        let flags =
            switch use {
            case .reading: SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX
            case .writing: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
            }
        let code = sqlite3_open_v2(path, &opened, flags, nil)
        guard code == SQLITE_OK, let opened else {
            sqlite3_close_v2(opened)
            throw BenchError("cannot open \(path): \(String(cString: sqlite3_errstr(code)))")
        }
        handle = opened
        sqlite3_busy_timeout(handle, 10_000)
        if case .reading = use {
            _ = tollgate_sqlite_db_config_flag(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        }
    }

    deinit {
        for statement in compiled.values { sqlite3_finalize(statement) }
        sqlite3_close_v2(handle)
    }

    /// Statements without parameters or rows of interest.
    func run(_ statements: String) throws(BenchError) {
        guard sqlite3_exec(handle, statements, nil, nil, nil) == SQLITE_OK else { throw failure(statements) }
    }

    /// Runs one statement for each row; values are bound to `?1`, `?2`, … in order.
    func each(_ statement: String, _ values: [SQLiteValue] = [], _ row: (SQLiteRow) -> Void)
        throws(BenchError)
    {
        let prepared = try prepared(statement)
        defer {
            sqlite3_reset(prepared)
            sqlite3_clear_bindings(prepared)
        }
        for (index, value) in values.enumerated() { value.bind(to: prepared, at: Int32(index + 1)) }
        while true {
            switch sqlite3_step(prepared) {
            case SQLITE_ROW: row(SQLiteRow(statement: prepared))
            case SQLITE_DONE: return
            default: throw failure(statement)
            }
        }
    }

    /// The first column of the first row; nil when there is none or it is NULL.
    func integer(_ statement: String, _ values: [SQLiteValue] = []) throws(BenchError) -> Int64? {
        var found: Int64?
        var isFirst = true
        try each(statement, values) { row in
            if isFirst { found = row.optionalInteger(0) }
            isFirst = false
        }
        return found
    }

    private func prepared(_ statement: String) throws(BenchError) -> OpaquePointer {
        if let known = compiled[statement] { return known }
        var made: OpaquePointer?
        guard sqlite3_prepare_v2(handle, statement, -1, &made, nil) == SQLITE_OK, let made else {
            throw failure(statement)
        }
        compiled[statement] = made
        return made
    }

    private func failure(_ statement: String) -> BenchError {
        BenchError("SQLite: \(String(cString: sqlite3_errmsg(handle))) in: \(statement)")
    }
}
