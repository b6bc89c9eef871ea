import CSQLite
import Database
import Glibc

/// One open handle on the file, used by one thread at a time, with its prepared statements.
final class SQLiteConnection {
    enum Role {
        /// Writes and checkpoints. There is exactly one: SQLite 3.40.1 can lose a WAL reset between
        /// connections that do (DESIGN section 8).
        case writer(cacheKibibytes: Int)
        case reader

        /// Nil is SQLite's own.
        var fileLayer: String? {
            switch self {
            case .writer: CoalescingVFS.isRegistered ? CoalescingVFS.name : nil
            case .reader: nil
            }
        }
    }

    private static let busyMilliseconds: Int32 = 5_000

    private let handle: OpaquePointer
    private var statements: [ObjectIdentifier: SQLitePrepared] = [:]

    // Run once, before the process's first connection; a refusal only costs speed.
    private static let isLibraryConfigured = tollgate_sqlite_disable_memory_statistics() == SQLITE_OK

    init(path: String, role: Role) throws(DatabaseError) {
        _ = Self.isLibraryConfigured
        var opened: OpaquePointer?
        var flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        switch role {
        case .writer: flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        case .reader: flags |= SQLITE_OPEN_READONLY
        }
        let code = sqlite3_open_v2(path, &opened, flags, role.fileLayer)
        guard let opened else {
            throw DatabaseError(kind: .other, statement: "open", code: code, message: "out of memory")
        }
        handle = opened
        guard code == SQLITE_OK else {
            let error = Self.error(on: opened, code: code, statement: "open \(path)")
            sqlite3_close_v2(opened)
            throw error
        }
        sqlite3_busy_timeout(handle, Self.busyMilliseconds)
        do {
            try configure(role)
        } catch {
            sqlite3_close_v2(handle)
            throw error
        }
    }

    private func configure(_ role: Role) throws(DatabaseError) {
        switch role {
        case .writer(let cacheKibibytes):
            // Page size counts only for a new file: 4 KB stays flat with random keys (swift_patterns 6).
            try run("PRAGMA page_size = 4096")
            try run("PRAGMA journal_mode = WAL")
            try run("PRAGMA synchronous = FULL")
            try run("PRAGMA wal_autocheckpoint = 0")
            try run("PRAGMA cache_size = -\(cacheKibibytes)")
        case .reader:
            try run("PRAGMA query_only = ON")
            try run("PRAGMA cache_size = -1024")
            _ = tollgate_sqlite_db_config_flag(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        }
        try run("PRAGMA foreign_keys = ON")
        try run("PRAGMA temp_store = MEMORY")
    }

    /// The files of the writing connection; nil for a reader.
    var files: (database: CoalescingFile, wal: CoalescingFile)? {
        guard let database = CoalescingFile.of(handle, isWAL: false),
            let wal = CoalescingFile.of(handle, isWAL: true)
        else { return nil }
        return (database, wal)
    }

    func close() {
        statements.removeAll()
        sqlite3_close_v2(handle)
    }

    /// Runs SQL without parameters or rows of interest, also several statements at once.
    func run(_ sql: String, named name: String? = nil) throws(DatabaseError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw error(code, statement: name ?? sql) }
    }

    func prepared(_ statement: Statement) throws(DatabaseError) -> SQLitePrepared {
        if let known = statements[ObjectIdentifier(statement)] { return known }
        var compiled: OpaquePointer?
        let code = sqlite3_prepare_v3(
            handle,
            statement.sql,
            -1,
            UInt32(SQLITE_PREPARE_PERSISTENT),
            &compiled,
            nil
        )
        guard code == SQLITE_OK, let compiled else { throw error(code, statement: statement.name) }
        let prepared = SQLitePrepared(statement, compiled: compiled)
        statements[ObjectIdentifier(statement)] = prepared
        return prepared
    }

    /// Rows changed by the statement that ran last.
    var changes: Int { Int(sqlite3_changes64(handle)) }

    /// Key of the row that was inserted last.
    var lastInsertedNumber: Int64 { sqlite3_last_insert_rowid(handle) }

    /// Rows that were changed since it was opened, also those of transactions that were undone.
    var totalChanges: Int64 { sqlite3_total_changes64(handle) }

    /// False once SQLite has rolled a transaction back by itself, as it does on a full disk.
    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    enum Checkpoint {
        /// Copies what no reader is in the way of, and waits for nobody.
        case passive
        /// Waits that long for readers, so that the next write begins the WAL anew.
        case restart(patienceMilliseconds: Int32)
        /// Waits for readers, then leaves an empty WAL.
        case truncate
    }

    /// Copies committed pages from the WAL into the file.
    /// Returns the frames in the WAL and how many of them are copied.
    func checkpoint(_ kind: Checkpoint) throws(DatabaseError) -> (frames: Int, copied: Int) {
        var frames: Int32 = 0
        var copied: Int32 = 0
        let mode: Int32
        switch kind {
        case .passive: mode = SQLITE_CHECKPOINT_PASSIVE
        case .restart(let patience):
            mode = SQLITE_CHECKPOINT_RESTART
            sqlite3_busy_timeout(handle, patience)
        case .truncate: mode = SQLITE_CHECKPOINT_TRUNCATE
        }
        defer { sqlite3_busy_timeout(handle, Self.busyMilliseconds) }
        let code = sqlite3_wal_checkpoint_v2(handle, nil, mode, &frames, &copied)
        // BUSY means that a reader still needs old pages: the next checkpoint goes on.
        guard code == SQLITE_OK || code & 0xFF == SQLITE_BUSY else {
            throw error(code, statement: "checkpoint")
        }
        return (Int(frames), Int(copied))
    }

    /// Tells `length` how many frames the WAL holds after each commit. It must outlive the connection.
    func observeWALLength(into length: UnsafeMutablePointer<Int>) {
        sqlite3_wal_hook(
            handle,
            { context, _, _, frames in
                context?.assumingMemoryBound(to: Int.self).pointee = Int(frames)
                return SQLITE_OK
            },
            length
        )
    }

    func error(_ code: Int32, statement: String) -> DatabaseError {
        Self.error(on: handle, code: code, statement: statement)
    }

    private static func error(on handle: OpaquePointer, code: Int32, statement: String) -> DatabaseError {
        let isOutOfSpace = sqlite3_system_errno(handle) == ENOSPC && code & 0xFF == SQLITE_IOERR
        let kind: DatabaseError.Kind =
            switch code & 0xFF {
            case _ where isOutOfSpace: .full
            case SQLITE_FULL: .full
            case SQLITE_IOERR: .inputOutput
            case SQLITE_BUSY, SQLITE_LOCKED: .busy
            case SQLITE_CONSTRAINT: .constraint
            case SQLITE_CORRUPT, SQLITE_NOTADB: .corrupt
            default: .other
            }
        return DatabaseError(
            kind: kind,
            statement: statement,
            code: code,
            message: String(cString: sqlite3_errmsg(handle))
        )
    }
}
