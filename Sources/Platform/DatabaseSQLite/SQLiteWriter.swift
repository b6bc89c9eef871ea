import Database
import Threading
import Timing

/// The one thread that writes: drains all waiting work into one transaction, commits, tells, checkpoints.
///
/// A lone event is committed at once; while a commit waits for the disk the next batch gathers by itself.
final class SQLiteWriter: Sendable {
    /// What one commit did, for metrics.
    struct Report: Sendable {
        var commits: UInt64 = 0
        var commitNanoseconds: UInt64 = 0
        var checkpoints: UInt64 = 0
        var checkpointNanoseconds: UInt64 = 0
        var checkpointNanosecondsMax: UInt64 = 0
        var walFrames = 0
    }

    // 256 pages of 4 KB are 1 MB: a checkpoint then stalls about a millisecond (swift_patterns 6).
    private static let checkpointAfterFrames = 256
    // A quiet file is brought up to date after this long without work.
    private static let idleCheckpointMilliseconds: Int32 = 200

    private let signal: EventSignal
    let report = Lock(Report())
    private let participants: [any CommitParticipant]
    private let jobs: JobQueue
    private let clock: MonotonicClock
    private let stopping = Lock(false)
    /// Called once, on the writing thread, when the device failed: the outcome of a commit is unknown, so
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
    func run(on connection: SQLiteConnection) {
        let walLength = UnsafeMutablePointer<Int>.allocate(capacity: 1)
        walLength.initialize(to: 0)
        connection.observeWALLength(into: walLength)
        let transaction = SQLiteTransaction(connection)
        var framesCopied = 0
        while true {
            let isStopping = stopping.withLock { $0 }
            if commitBatch(connection, transaction) {
                if walLength.pointee < framesCopied { framesCopied = 0 }
                if walLength.pointee - framesCopied >= Self.checkpointAfterFrames {
                    framesCopied = checkpoint(connection)
                }
            } else if isStopping {
                break
            } else {
                let isBehind = walLength.pointee != framesCopied
                signal.wait(milliseconds: isBehind ? Self.idleCheckpointMilliseconds : -1)
                if isBehind, !commitBatch(connection, transaction) { framesCopied = checkpoint(connection) }
            }
        }
        finish(connection)
        walLength.deallocate()
    }

    /// True when any participant took work.
    private func commitBatch(_ connection: SQLiteConnection, _ transaction: SQLiteTransaction) -> Bool {
        signal.clear()
        let started = clock.nanoseconds()
        var contributors: [any CommitParticipant] = []
        var failed: [(any CommitParticipant, DatabaseError)] = []
        do throws(DatabaseError) {
            try connection.run("BEGIN IMMEDIATE", named: "begin")
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
            return true
        }
        for (participant, error) in failed { participant.settle(.failed(error)) }
        for participant in contributors { participant.settle(.committed) }
        if !contributors.isEmpty {
            let nanoseconds = clock.nanoseconds() &- started
            report.withLock { report in
                report.commits += 1
                report.commitNanoseconds &+= nanoseconds
            }
        }
        return !contributors.isEmpty || !failed.isEmpty
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
        switch error.kind {
        case .inputOutput, .corrupt:
            onDeviceFailure(error)
        case .full, .busy, .constraint, .closed, .other:
            // Nothing was written. A short rest keeps a full disk from making this a busy loop.
            signal.wait(milliseconds: 20)
            signal.raise()
        }
    }

    /// Returns how many frames of the WAL are copied.
    private func checkpoint(_ connection: SQLiteConnection) -> Int {
        let started = clock.nanoseconds()
        do {
            let (frames, copied) = try connection.checkpoint(truncating: false)
            let nanoseconds = clock.nanoseconds() &- started
            report.withLock { report in
                report.checkpoints += 1
                report.checkpointNanoseconds &+= nanoseconds
                report.checkpointNanosecondsMax = max(report.checkpointNanosecondsMax, nanoseconds)
                report.walFrames = frames
            }
            return copied
        } catch {
            if error.kind == .inputOutput { onDeviceFailure(error) }
            // A full disk: the WAL keeps everything, the next checkpoint tries again.
            return 0
        }
    }

    private func finish(_ connection: SQLiteConnection) {
        // The WAL holds everything already; a failed last checkpoint only makes the next start longer.
        _ = try? connection.checkpoint(truncating: true)
        connection.close()
    }
}
