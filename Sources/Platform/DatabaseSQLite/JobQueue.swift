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
    /// Of the transaction that is open; touched by the writing thread only, between contribute and settle.
    private let written = Lock<[Completion]>([])

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

    var waitingCount: Int {
        waiting.withLock { $0.jobs.count }
    }

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
        written.withLock { $0 = completions }
        // What the others of this batch wrote is told as failed, and undone.
        if let lost { throw lost }
        return batch.count
    }

    private func isOpen(_ transaction: any WriteTransaction) -> Bool {
        (transaction as? SQLiteTransaction)?.isOpen ?? true
    }

    func settle(_ outcome: CommitOutcome) {
        let completions = written.withLock { written in
            let completions = written
            written = []
            return completions
        }
        for completion in completions { completion(outcome) }
    }
}
