import Database
import Glibc
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

    // 512 pages of 4 KB are 2 MB: a checkpoint then stalls one or two milliseconds (swift_patterns 6).
    private static let checkpointAfterFrames = 512
    // A quiet file is brought up to date after this long without work.
    private static let idleCheckpointMilliseconds: Int32 = 200

    // 64 MB. Readers that always overlap keep the WAL from starting anew: from here on the writer waits for them.
    private static let restartAfterFrames = 16_384
    private static let restartPatienceMilliseconds: Int32 = 50
    // At the end: a disk that stays full for so many tries keeps what it does not take.
    private static let failuresWhenStoppingMax = 25

    // A batch of fewer events is no load worth waiting for.
    private static let gatherFromItems = 8
    private static let gatherNanosecondsMax: UInt64 = 1_000_000
    private static let gatherStepMicroseconds: UInt32 = 50

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
        var failuresInRow = 0
        var last = Batch()
        while true {
            // Taken back before anything is looked at: what is raised from here on ends the wait below.
            signal.clear()
            let isStopping = stopping.withLock { $0 }
            gather(after: last)
            last = commitBatch(connection, transaction)
            failuresInRow = last.hasFailure ? failuresInRow + 1 : 0
            if isStopping, failuresInRow >= Self.failuresWhenStoppingMax { break }
            if failuresInRow >= 2 {
                // The same trouble again: a short rest keeps it from making this a busy loop.
                signal.wait(milliseconds: 20)
                signal.raise()
            }
            if last.hasWork {
                if walLength.pointee < framesCopied { framesCopied = 0 }
                if walLength.pointee - framesCopied >= Self.checkpointAfterFrames {
                    framesCopied = checkpoint(connection)
                }
            } else if isStopping {
                break
            } else {
                let isBehind = walLength.pointee != framesCopied
                signal.wait(milliseconds: isBehind ? Self.idleCheckpointMilliseconds : -1)
                if isBehind {
                    last = commitBatch(connection, transaction)
                    if !last.hasWork { framesCopied = checkpoint(connection) }
                }
            }
        }
        jobs.close()
        finish(connection)
        walLength.deallocate()
    }

    private struct Batch {
        var hasWork = false
        /// A participant's part, or all of it, could not be written.
        var hasFailure = false
        /// Items of all participants.
        var items = 0
        var nanoseconds: UInt64 = 0
    }

    /// Lets those who were just answered join the next commit.
    ///
    /// Clients that wait for an answer before they send again fall into two halves otherwise: one waits for the
    /// flush while the other is on its way, and every flush carries half of what it could. Waits only under
    /// load, only while more keeps arriving, and at most half as long as the last commit took.
    private func gather(after last: Batch) {
        guard last.items >= Self.gatherFromItems else { return }
        let started = clock.nanoseconds()
        let limit = min(last.nanoseconds / 2, Self.gatherNanosecondsMax)
        var waiting = participants.reduce(0) { $0 + $1.waitingCount }
        let target = waiting + last.items
        while waiting < target, clock.nanoseconds() &- started < limit {
            usleep(Self.gatherStepMicroseconds)
            let now = participants.reduce(0) { $0 + $1.waitingCount }
            guard now > waiting else { return }
            waiting = now
        }
    }

    private func commitBatch(_ connection: SQLiteConnection, _ transaction: SQLiteTransaction) -> Batch {
        var batch = Batch()
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
                    batch.items += count
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
        for participant in contributors { participant.settle(.committed) }
        batch.nanoseconds = clock.nanoseconds() &- started
        batch.hasFailure = !failed.isEmpty
        batch.hasWork = !contributors.isEmpty || !failed.isEmpty
        if !contributors.isEmpty {
            let nanoseconds = batch.nanoseconds
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

    /// Returns how many frames of the WAL are copied.
    private func checkpoint(_ connection: SQLiteConnection) -> Int {
        let started = clock.nanoseconds()
        do {
            var (frames, copied) = try connection.checkpoint(.passive)
            if frames >= Self.restartAfterFrames {
                let patience = Self.restartPatienceMilliseconds
                (frames, copied) = try connection.checkpoint(.restart(patienceMilliseconds: patience))
            }
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
        _ = try? connection.checkpoint(.truncate)
        connection.close()
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
