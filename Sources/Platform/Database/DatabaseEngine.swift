import Threading

/// A database as the rooms above see it: many readers, one writing thread that commits in groups.
package protocol DatabaseEngine: AnyObject, Sendable {
    /// Runs `body` on a read-only connection, on the calling thread. Safe from any thread.
    func read<Result>(
        _ body: (any ReadTransaction) throws(DatabaseError) -> Result
    ) throws(DatabaseError) -> Result

    /// Runs `body` on the writing thread, in a transaction that other work may share, and calls `completion`
    /// on a thread of the engine's own once the commit is flushed, or has failed. Must not be waited for there.
    func submitWrite<Result: Sendable>(
        _ body: @escaping @Sendable (any WriteTransaction) throws(DatabaseError) -> Result,
        completion: @escaping @Sendable (Swift.Result<Result, DatabaseError>) -> Void
    )

    /// Adds a party to every group commit. Before start only. They contribute in the order in which they joined; the
    /// first that has work does so at the least cost, so whoever writes most joins first.
    func join(_ participant: any CommitParticipant)

    /// Wakes the writing thread, because a participant has work.
    func wakeWriter()
}

/// A part of the gateway that writes in batches of its own, sharing commits with the others.
package protocol CommitParticipant: AnyObject, Sendable {
    /// Called on the writing thread inside a transaction. Takes a bounded batch of waiting work, writes it,
    /// and returns how many items it took; zero when nothing waited. When it throws, what it wrote is undone
    /// and `settle` is told.
    func contribute(_ transaction: any WriteTransaction) throws(DatabaseError) -> Int

    /// Called on the writing thread after the transaction that holds the last contribution was committed, or
    /// failed. Called only after a `contribute` that took work or threw.
    ///
    /// What is committed is seen by every reader, and a later commit may build on it, but it is not on the disk
    /// yet: nobody outside may be told of it before `conclude`.
    func settle(_ outcome: CommitOutcome)

    /// Called on the flushing thread, in order, when the commits up to `commit` are on the disk; or with the
    /// error, when the device failed and nobody knows whether they are.
    func conclude(upTo commit: UInt64, _ failure: DatabaseError?)
}

package enum CommitOutcome: Sendable {
    /// With the number of the commit, counted from 1 since the start.
    case committed(UInt64)
    case failed(DatabaseError)
}

extension CommitParticipant {
    /// For those who tell nobody outside.
    package func conclude(upTo commit: UInt64, _ failure: DatabaseError?) {}
}

extension DatabaseEngine {
    /// `submitWrite`, waited for by blocking the calling thread: for threads of our own, never for a task or an
    /// event loop, and never on the writing thread.
    package func writeAndWait<Result: Sendable>(
        _ body: @escaping @Sendable (any WriteTransaction) throws(DatabaseError) -> Result
    ) throws(DatabaseError) -> Result {
        let signal = EventSignal()
        let outcome = Lock<Swift.Result<Result, DatabaseError>?>(nil)
        submitWrite(body) { result in
            outcome.withLock { $0 = result }
            signal.raise()
        }
        while true {
            if let result = outcome.withLock({ $0 }) { return try result.get() }
            signal.wait(milliseconds: -1)
        }
    }

    /// `submitWrite`, waited for. Never on the writing thread.
    package func write<Result: Sendable>(
        _ body: @escaping @Sendable (any WriteTransaction) throws(DatabaseError) -> Result
    ) async throws(DatabaseError) -> Result {
        let outcome: Swift.Result<Result, DatabaseError> = await withCheckedContinuation { continuation in
            submitWrite(body) { continuation.resume(returning: $0) }
        }
        return try outcome.get()
    }
}
