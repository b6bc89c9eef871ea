import Database
import Threading

/// Single writes of any room, each in a savepoint of its own so that one failure undoes nothing else.
final class JobQueue: CommitParticipant {
    typealias Body = @Sendable (any WriteTransaction) throws(DatabaseError) -> Void
    typealias Completion = @Sendable (CommitOutcome) -> Void

    private struct Waiting: Sendable {
        var jobs: [Job] = []
        var isClosed = false
    }

    struct Job: Sendable {
        let body: Body
        let completion: Completion
    }

    private static let jobsPerCommitMax = 64

    private let waiting = Lock(Waiting())
    private struct Written: Sendable {
        /// Of the transaction that is open.
        var open: [Completion] = []
        /// Of commits that are not flushed yet, in order.
        var committed: [(commit: UInt64, completions: [Completion])] = []
    }

    private let written = Lock(Written())

    /// After `close` the job fails at once: nobody would run it any more.
    func post(_ job: Job) {
        let isTaken = waiting.withLock { waiting in
            guard !waiting.isClosed else { return false }
            waiting.jobs.append(job)
            return true
        }
        if !isTaken { job.completion(.failed(Self.closed)) }
    }

    /// Fails what still waits, and whatever comes later.
    func close() {
        let left = waiting.withLock { waiting in
            let left = waiting.jobs
            waiting = Waiting(isClosed: true)
            return left
        }
        for job in left { job.completion(.failed(Self.closed)) }
    }

    private static let closed = DatabaseError(
        kind: .closed,
        statement: "write",
        code: 0,
        message: "the database is closed"
    )

    func contribute(_ transaction: any WriteTransaction) throws(DatabaseError) -> Int {
        let batch = waiting.withLock { waiting in
            let batch = Array(waiting.jobs.prefix(Self.jobsPerCommitMax))
            waiting.jobs.removeFirst(batch.count)
            return batch
        }
        var done: [Completion] = []
        var lost: DatabaseError?
        for job in batch {
            if let lost {
                job.completion(.failed(lost))
                continue
            }
            do {
                try transaction.savepoint { () throws(DatabaseError) in try job.body(transaction) }
                done.append(job.completion)
            } catch {
                job.completion(.failed(error))
                // SQLite ends the whole transaction by itself on some failures (sqlite.org/lang_transaction). A
                // savepoint opened after that would be a transaction of its own, committed unknown to anybody.
                if !isOpen(transaction) { lost = error }
            }
        }
        let completions = done
        written.withLock { $0.open = completions }
        // What the others of this batch wrote is told as failed, and undone.
        if let lost { throw lost }
        return batch.count
    }

    private func isOpen(_ transaction: any WriteTransaction) -> Bool {
        (transaction as? SQLiteTransaction)?.isOpen ?? true
    }

    func settle(_ outcome: CommitOutcome) {
        let lost: [Completion] = written.withLock { written in
            let completions = written.open
            written.open = []
            guard case .committed(let commit) = outcome else { return completions }
            if !completions.isEmpty { written.committed.append((commit, completions)) }
            return []
        }
        for completion in lost { completion(outcome) }
    }

    func conclude(upTo commit: UInt64, _ failure: DatabaseError?) {
        let flushed = written.withLock { written in
            let flushed = written.committed.prefix { $0.commit <= commit }
            written.committed.removeFirst(flushed.count)
            return flushed
        }
        for (commit, completions) in flushed {
            let outcome: CommitOutcome = failure.map { .failed($0) } ?? .committed(commit)
            for completion in completions { completion(outcome) }
        }
    }
}
