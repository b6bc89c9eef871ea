package import Database
import Threading

/// A real engine whose commits fail when told to: before the commit, so that nothing is stored, or after it, so
/// that everything is stored and nobody knows (STYLE rule 35).
package final class FaultyDatabase: DatabaseEngine {
    package enum Fault: Sendable {
        /// What was written is undone.
        case beforeCommit(DatabaseError.Kind)
        /// What was written stays, and is told as failed.
        case afterCommit
    }

    private struct Script: Sendable {
        var faults: [Fault] = []
        var isDead = false
    }

    private let real: any DatabaseEngine
    private let script = Lock(Script())

    package init(_ real: any DatabaseEngine) {
        self.real = real
    }

    /// The next contributions that have work fail, one for each fault.
    package func failNext(_ faults: [Fault]) {
        script.withLock { $0.faults += faults }
    }

    /// From now on no contribution is committed, as if the process had been killed.
    package func die() {
        script.withLock { $0.isDead = true }
    }

    package var faultsLeft: Int { script.withLock { $0.faults.count } }

    package func read<Result>(
        _ body: (any ReadTransaction) throws(DatabaseError) -> Result
    ) throws(DatabaseError) -> Result {
        try real.read(body)
    }

    package func submitWrite<Result: Sendable>(
        _ body: @escaping @Sendable (any WriteTransaction) throws(DatabaseError) -> Result,
        completion: @escaping @Sendable (Swift.Result<Result, DatabaseError>) -> Void
    ) {
        real.submitWrite(body, completion: completion)
    }

    package func join(_ participant: any CommitParticipant) {
        real.join(FaultyParticipant(participant) { [self] in nextFault() })
    }

    package func wakeWriter() {
        real.wakeWriter()
    }

    private func nextFault() -> Fault? {
        script.withLock { script in
            if script.isDead { return .beforeCommit(.full) }
            return script.faults.isEmpty ? nil : script.faults.removeFirst()
        }
    }
}

private final class FaultyParticipant: CommitParticipant {
    private let real: any CommitParticipant
    private let nextFault: @Sendable () -> FaultyDatabase.Fault?
    private let failsAfterCommit = Lock(false)

    init(_ real: any CommitParticipant, nextFault: @escaping @Sendable () -> FaultyDatabase.Fault?) {
        self.real = real
        self.nextFault = nextFault
    }

    func contribute(_ transaction: any WriteTransaction) throws(DatabaseError) -> Int {
        let count = try real.contribute(transaction)
        guard count > 0, let fault = nextFault() else { return count }
        switch fault {
        case .beforeCommit(let kind): throw Self.failure(kind)
        case .afterCommit: failsAfterCommit.withLock { $0 = true }
        }
        return count
    }

    func settle(_ outcome: CommitOutcome) {
        let fails = failsAfterCommit.withLock { fails in
            defer { fails = false }
            return fails
        }
        real.settle(fails ? .failed(Self.failure(.other)) : outcome)
    }

    func conclude(upTo commit: UInt64, _ failure: DatabaseError?) {
        real.conclude(upTo: commit, failure)
    }

    private static func failure(_ kind: DatabaseError.Kind) -> DatabaseError {
        DatabaseError(kind: kind, statement: "commit", code: 0, message: "failed by the test")
    }
}
