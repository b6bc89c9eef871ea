import CSQLite
package import Database
import Glibc
import Threading
package import Timing

/// The embedded store: opens the file, migrates it, and serves reads and group-committed writes.
///
/// Life: `open`, `join` each participant, `start`, …, `stop`. Reads work from `open` on, writes from `start`.
package final class SQLiteDatabase: DatabaseEngine {
    package struct Options: Sendable {
        /// Page cache of the writing connection.
        package var writerCacheKibibytes = 20_480
        package var readersKeptMax = 8

        package init() {}
    }

    package let path: String
    private let options: Options
    private let clock: MonotonicClock
    private let lock: DatabaseFileLock
    /// Wakes the writing thread; made before it, so that work may wait for its start.
    private let signal = EventSignal()
    private let readers = Lock<[ReaderBox]>([])
    private let state: Lock<State>
    private let onDeviceFailure: @Sendable (DatabaseError) -> Void

    private struct State: Sendable {
        var participants: [any CommitParticipant] = []
        var writer: SQLiteWriter?
        var thread: WorkerThread?
        var isClosed = false
    }

    /// Moves a reader between threads, one at a time: it is in the pool, or with the thread that took it.
    private struct ReaderBox: @unchecked Sendable {
        let connection: SQLiteConnection
    }

    /// Locks, opens and migrates the file. Throws when another process has it, or when it cannot be read.
    package static func open(
        path: String,
        migrations: [Migration],
        options: Options = Options(),
        clock: MonotonicClock = .system,
        now: Timestamp,
        onDeviceFailure: @escaping @Sendable (DatabaseError) -> Void
    ) throws(DatabaseError) -> SQLiteDatabase {
        let lock = try DatabaseFileLock(path: path + ".lock")
        makeFileOfItsOwner(path)
        do throws(DatabaseError) {
            let writer = try SQLiteConnection(path: path, role: .writer(cacheKibibytes: 2_048))
            defer { writer.close() }
            try SQLiteMigrator(writer).run(migrations, now: now)
        } catch {
            lock.release()
            throw error
        }
        return SQLiteDatabase(path, lock, options, clock, onDeviceFailure)
    }

    /// A new file is nobody else's to read: it will hold e-mail addresses. SQLite gives the WAL the same mode, and tells
    /// what is wrong where the file cannot be made.
    private static func makeFileOfItsOwner(_ path: String) {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if descriptor >= 0 { close(descriptor) }
    }

    private init(
        _ path: String,
        _ lock: DatabaseFileLock,
        _ options: Options,
        _ clock: MonotonicClock,
        _ onDeviceFailure: @escaping @Sendable (DatabaseError) -> Void
    ) {
        self.path = path
        self.lock = lock
        self.options = options
        self.clock = clock
        self.onDeviceFailure = onDeviceFailure
        state = Lock(State())
    }

    package func join(_ participant: any CommitParticipant) {
        state.withLock { state in
            precondition(state.writer == nil, "participants join before start")
            state.participants.append(participant)
        }
    }

    /// One write on the calling thread, between `open` and `start` only.
    package func writeBeforeStart<Result>(
        _ body: (any WriteTransaction) throws(DatabaseError) -> Result
    ) throws(DatabaseError) -> Result {
        precondition(state.withLock { $0.writer == nil }, "after start the writing thread writes")
        let connection = try SQLiteConnection(path: path, role: .writer(cacheKibibytes: 2_048))
        defer { connection.close() }
        try connection.run("BEGIN IMMEDIATE", named: "begin")
        do throws(DatabaseError) {
            let result = try body(SQLiteTransaction(connection))
            try connection.run("COMMIT", named: "commit")
            return result
        } catch {
            // The first error is the one worth reporting.
            try? connection.run("ROLLBACK")
            throw error
        }
    }

    package func start() throws(DatabaseError) {
        let participants = state.withLock { $0.participants }
        let connection = try SQLiteConnection(
            path: path,
            role: .writer(cacheKibibytes: options.writerCacheKibibytes)
        )
        let pin = try SQLiteConnection(path: path, role: .reader)
        guard let (file, wal) = connection.files else {
            throw DatabaseError(kind: .other, statement: "open", code: 0, message: "\(path) has no WAL")
        }
        let files = SQLiteWriterFiles(connection: connection, pin: pin, database: file, wal: wal)
        let writer = SQLiteWriter(
            participants: participants,
            signal: signal,
            clock: clock,
            onDeviceFailure: onDeviceFailure
        )
        let thread = WorkerThread.start(name: "writer") { writer.run(on: files) }
        state.withLock { state in
            state.writer = writer
            state.thread = thread
        }
    }

    /// Commits what still waits, checkpoints, closes. Reads and writes fail afterwards.
    package func stop() {
        let (writer, thread) = state.withLock { state in
            let running = (state.writer, state.thread)
            state.thread = nil
            state.isClosed = true
            return running
        }
        let idle = readers.withLock { readers in
            let idle = readers
            readers = []
            return idle
        }
        for reader in idle { reader.connection.close() }
        writer?.stop()
        thread?.join()
        lock.release()
    }

    package func read<Result>(
        _ body: (any ReadTransaction) throws(DatabaseError) -> Result
    ) throws(DatabaseError) -> Result {
        let connection = try takeReader()
        defer {
            let box = ReaderBox(connection: connection)
            let isKept = readers.withLock { readers in
                guard readers.count < options.readersKeptMax, !state.withLock({ $0.isClosed }) else {
                    return false
                }
                readers.append(box)
                return true
            }
            if !isKept { connection.close() }
        }
        try connection.run("BEGIN")
        // A reader has nothing to lose: ending its transaction only gives its snapshot back.
        defer { try? connection.run("COMMIT") }
        return try body(SQLiteTransaction(connection))
    }

    private func takeReader() throws(DatabaseError) -> SQLiteConnection {
        guard !state.withLock({ $0.isClosed }) else { throw Self.closed("read") }
        if let idle = readers.withLock({ $0.popLast() }) { return idle.connection }
        return try SQLiteConnection(path: path, role: .reader)
    }

    package func submitWrite<Result: Sendable>(
        _ body: @escaping @Sendable (any WriteTransaction) throws(DatabaseError) -> Result,
        completion: @escaping @Sendable (Swift.Result<Result, DatabaseError>) -> Void
    ) {
        guard let writer = state.withLock({ $0.thread == nil ? nil : $0.writer }) else {
            completion(.failure(Self.closed("write")))
            return
        }
        let result = Lock<Result?>(nil)
        writer.submit { transaction throws(DatabaseError) in
            let value = try body(transaction)
            result.withLock { $0 = value }
        } completion: { outcome in
            switch outcome {
            case .committed:
                guard let value = result.withLock({ $0 }) else {
                    preconditionFailure("a committed job has its result")
                }
                completion(.success(value))
            case .failed(let error):
                completion(.failure(error))
            }
        }
    }

    private static func closed(_ statement: String) -> DatabaseError {
        DatabaseError(kind: .closed, statement: statement, code: 0, message: "the database is closed")
    }

    package func wakeWriter() {
        signal.raise()
    }

    package var statistics: DatabaseStatistics {
        let writer = state.withLock { $0.writer }
        let report = writer?.report.withLock { $0 } ?? SQLiteWriter.Report()
        let flushes = writer?.flusher.report
        let checkpoints = writer?.checkpoints.withLock { $0 } ?? Checkpointer.Report()
        return DatabaseStatistics(
            commits: report.commits,
            commitNanoseconds: report.commitNanoseconds,
            flushes: flushes?.flushes ?? 0,
            flushNanoseconds: flushes?.nanoseconds ?? 0,
            checkpoints: checkpoints.checkpoints,
            checkpointNanoseconds: checkpoints.nanoseconds,
            checkpointNanosecondsMax: checkpoints.nanosecondsMax
        )
    }

    /// Device and inode of the file: a copy or a restored backup has others.
    package func fileIdentity() -> (device: Int64, inode: Int64)? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return (Int64(bitPattern: UInt64(status.st_dev)), Int64(bitPattern: UInt64(status.st_ino)))
    }
}
