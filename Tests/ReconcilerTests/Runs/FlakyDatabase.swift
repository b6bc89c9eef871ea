import Database
import Threading

/// A database whose reads and writes fail now and then: before the commit, or so that a commit that was made is told
/// as failed.
final class FlakyDatabase: DatabaseEngine {
    private let base: any DatabaseEngine
    /// Every so manieth fails; nil for none.
    private let state = Lock((every: Int?.none, count: 0))
    private let fails = Lock<(@Sendable () -> Bool)?>(nil)

    init(_ base: any DatabaseEngine) {
        self.base = base
    }

    /// Writes fail, before their commit, while it says so.
    func failWrites(while isSo: (@Sendable () -> Bool)?) { fails.withLock { $0 = isSo } }

    func failEvery(_ every: Int?) { state.withLock { $0 = (every, 0) } }

    /// 0 for success, then which of its kind it is.
    private func next() -> Int {
        state.withLock { state in
            guard let every = state.every else { return 0 }
            state.count += 1
            return state.count % every == 0 ? state.count / every : 0
        }
    }

    private static let failure = DatabaseError(kind: .full, statement: "test", code: 13, message: "no space")

    func read<Result>(
        _ body: (any ReadTransaction) throws(DatabaseError) -> Result
    ) throws(DatabaseError) -> Result {
        if next() > 0 { throw Self.failure }
        return try base.read(body)
    }

    func submitWrite<Result: Sendable>(
        _ body: @escaping @Sendable (any WriteTransaction) throws(DatabaseError) -> Result,
        completion: @escaping @Sendable (Swift.Result<Result, DatabaseError>) -> Void
    ) {
        if let fails = fails.withLock({ $0 }), fails() { return completion(.failure(Self.failure)) }
        let number = next()
        guard number > 0 else { return base.submitWrite(body, completion: completion) }
        if number % 2 == 0 { return completion(.failure(Self.failure)) }
        base.submitWrite(body) { _ in completion(.failure(Self.failure)) }
    }

    func join(_ participant: any CommitParticipant) { base.join(participant) }

    func wakeWriter() { base.wakeWriter() }
}
