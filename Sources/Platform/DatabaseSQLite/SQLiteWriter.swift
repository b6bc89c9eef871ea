import Database
import Glibc
import Threading
import Timing

/// The one thread that writes: drains all waiting work into one transaction, commits, checkpoints.
///
/// A lone event is committed at once; while one commit is flushed the next is written, and the one after that
/// gathers by itself.
final class SQLiteWriter: Sendable {
    /// What commits did since the start, for metrics.
    struct Report: Sendable {
        var commits: UInt64 = 0
        /// From `BEGIN` to `COMMIT`; the flush is `WALFlusher`'s.
        var commitNanoseconds: UInt64 = 0
    }

    // A quiet file is brought up to date after this long without work.
    private static let idleCheckpointMilliseconds: Int32 = 200
    // At the end: a disk that stays full for so many tries keeps what it does not take.
    private static let failuresWhenStoppingMax = 25

    private let signal: EventSignal
    let report = Lock(Report())
    let checkpoints = Lock(Checkpointer.Report())
    private let participants: [any CommitParticipant]
    private let jobs: JobQueue
    let flusher: WALFlusher
    private let syncer = FileSyncer()
    private let clock: MonotonicClock
    private let stopping = Lock(false)
    /// Called when the device failed: the outcome of a commit is unknown, so
    /// the process must end and let a restart check (DESIGN section 8).
    private let onDeviceFailure: @Sendable (DatabaseError) -> Void

    init(
        participants: [any CommitParticipant],
        signal: EventSignal,
        clock: MonotonicClock,
        onDeviceFailure: @escaping @Sendable (DatabaseError) -> Void
    ) {
        self.signal = signal
        jobs = JobQueue()
        self.participants = participants + [jobs]
        flusher = WALFlusher(
            participants: self.participants,
            clock: clock,
            onDeviceFailure: onDeviceFailure
        )
        self.clock = clock
        self.onDeviceFailure = onDeviceFailure
    }

    func submit(_ job: @escaping JobQueue.Body, completion: @escaping JobQueue.Completion) {
        jobs.post(JobQueue.Job(body: job, completion: completion))
        signal.raise()
    }

    func stop() {
        stopping.withLock { $0 = true }
        signal.raise()
    }

    /// The thread's life: until `stop`, then whatever still waits, then a last checkpoint.
    func run(on files: SQLiteWriterFiles) {
        let connection = files.connection
        let flushing = WorkerThread.start(name: "flusher") { [flusher] in flusher.run { files.wal.syncReal() }
        }
        let syncing = WorkerThread.start(name: "syncer") { [syncer] in
            syncer.run { files.database.syncReal() }
        }
        files.wal.laterSync = {}
        files.wal.beforeRestart = { [syncer] () throws(DatabaseError) in try syncer.wait() }
        files.database.laterSync = { [syncer] in syncer.ask() }
        let checkpointer = Checkpointer(
            connection,
            pin: files.pin,
            wal: files.wal,
            flusher: flusher,
            clock: clock,
            report: checkpoints,
            onDeviceFailure: onDeviceFailure
        )
        let transaction = SQLiteTransaction(connection)
        var failuresInRow = 0
        while true {
            // Taken back before anything is looked at: what is raised from here on ends the wait below.
            signal.clear()
            let isStopping = stopping.withLock { $0 }
            flusher.waitForTurn()
            let batch = commitBatch(connection, transaction)
            failuresInRow = batch.hasFailure ? failuresInRow + 1 : 0
            if isStopping, failuresInRow >= Self.failuresWhenStoppingMax { break }
            if failuresInRow >= 2 {
                // The same trouble again: a short rest keeps it from making this a busy loop.
                signal.wait(milliseconds: 20)
                signal.raise()
            }
            if batch.hasWork {
                checkpointer.copyIfWorthwhile()
            } else if isStopping {
                break
            } else {
                let isBehind = checkpointer.isBehind
                let isRaised = signal.wait(milliseconds: isBehind ? Self.idleCheckpointMilliseconds : -1)
                if !isRaised { checkpointer.copyAll() }
            }
        }
        flusher.stop()
        flushing.join()
        jobs.close()
        syncer.stop()
        syncing.join()
        files.database.laterSync = nil
        checkpointer.finish()
        connection.close()
    }

    private struct Batch {
        var hasWork = false
        /// A participant's part, or all of it, could not be written.
        var hasFailure = false
    }

    private func commitBatch(_ connection: SQLiteConnection, _ transaction: SQLiteTransaction) -> Batch {
        var batch = Batch()
        let started = clock.nanoseconds()
        var contributors: [any CommitParticipant] = []
        var failed: [(any CommitParticipant, DatabaseError)] = []
        do throws(DatabaseError) {
            if let failure = flusher.failure { throw failure }
            try transaction.begin()
            for participant in participants {
                do throws(DatabaseError) {
                    let count = try transaction.savepoint { () throws(DatabaseError) in
                        try participant.contribute(transaction)
                    }
                    if count > 0 { contributors.append(participant) }
                } catch {
                    failed.append((participant, error))
                }
                // SQLite rolls back by itself on a full disk: nobody's part is left.
                guard connection.isInTransaction else {
                    throw failed.last?.1
                        ?? DatabaseError(kind: .other, statement: "commit", code: 0, message: "rolled back")
                }
            }
            try connection.run(contributors.isEmpty ? "ROLLBACK" : "COMMIT", named: "commit")
        } catch {
            fail(contributors, failed, with: error, on: connection)
            return Batch(hasWork: true, hasFailure: true)
        }
        for (participant, error) in failed {
            participant.settle(.failed(error))
            if error.isOfTheDevice { onDeviceFailure(error) }
        }
        if !contributors.isEmpty {
            let commit = flusher.nextCommit
            for participant in contributors { participant.settle(.committed(commit)) }
            flusher.flushNext()
        }
        batch.hasFailure = !failed.isEmpty
        batch.hasWork = !contributors.isEmpty || !failed.isEmpty
        if !contributors.isEmpty {
            let nanoseconds = clock.nanoseconds() &- started
            report.withLock { report in
                report.commits += 1
                report.commitNanoseconds &+= nanoseconds
            }
        }
        return batch
    }

    private func fail(
        _ contributors: [any CommitParticipant],
        _ failed: [(any CommitParticipant, DatabaseError)],
        with error: DatabaseError,
        on connection: SQLiteConnection
    ) {
        if connection.isInTransaction {
            // The first error is the one worth reporting.
            try? connection.run("ROLLBACK")
        }
        for (participant, ownError) in failed { participant.settle(.failed(ownError)) }
        for participant in contributors { participant.settle(.failed(error)) }
        if error.isOfTheDevice { onDeviceFailure(error) }
    }
}

extension DatabaseError {
    /// What is stored is not known, or not readable: only a restart can tell.
    fileprivate var isOfTheDevice: Bool {
        switch kind {
        case .inputOutput, .corrupt: true
        case .full, .busy, .constraint, .closed, .other: false
        }
    }
}
