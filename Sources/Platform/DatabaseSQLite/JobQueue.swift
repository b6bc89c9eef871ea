import Database
import Threading

/// Single writes of any room, each in a savepoint of its own so that one failure undoes nothing else.
final class JobQueue: CommitParticipant {
    typealias Body = @Sendable (any WriteTransaction) throws(DatabaseError) -> Void
    typealias Completion = @Sendable (CommitOutcome) -> Void

    struct Job: Sendable {
        let body: Body
        let completion: Completion
    }

    private static let jobsPerCommitMax = 64

    private let waiting = Lock<[Job]>([])
    /// Of the transaction that is open; touched by the writing thread only, between contribute and settle.
    private let written = Lock<[Completion]>([])

    func post(_ job: Job) {
        waiting.withLock { $0.append(job) }
    }

    var waitingCount: Int {
        waiting.withLock { $0.count }
    }

    func contribute(_ transaction: any WriteTransaction) throws(DatabaseError) -> Int {
        let batch = waiting.withLock { waiting in
            let batch = Array(waiting.prefix(Self.jobsPerCommitMax))
            waiting.removeFirst(batch.count)
            return batch
        }
        var done: [Completion] = []
        for job in batch {
            do {
                try transaction.savepoint { () throws(DatabaseError) in try job.body(transaction) }
                done.append(job.completion)
            } catch {
                job.completion(.failed(error))
            }
        }
        let completions = done
        written.withLock { $0 = completions }
        return batch.count
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
