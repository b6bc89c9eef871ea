package import Database
package import Timing

/// Orders, pauses, resumes and cancels runs. What is asked stands in the table; the loop is only woken to look.
///
/// The functions that take a transaction are for callers that write more with it: they wake the loop themselves,
/// once it is committed. The others wait, so they are never for a task, an event loop or the writing thread.
package struct RunControl: Sendable {
    /// What became of a pause, a resumption or a cancellation.
    package enum Change: Sendable, Hashable {
        case changed(RunRecord)
        /// The run is over, or is as asked already; it stays as it is.
        case unchanged(RunRecord)
        case unknown
    }

    private let database: any DatabaseEngine
    private let clock: WallClock
    /// Tells the loop to look at the table.
    package let wake: @Sendable () -> Void

    package init(
        database: any DatabaseEngine,
        clock: WallClock,
        wake: @escaping @Sendable () -> Void
    ) {
        self.database = database
        self.clock = clock
        self.wake = wake
    }

    package func start(_ order: RunOrder) throws(DatabaseError) -> RunsTable.Start {
        let now = clock.now()
        let start = try database.writeAndWait { transaction throws(DatabaseError) in
            try RunsTable.start(order, now: now, in: transaction)
        }
        wake()
        return start
    }

    package func pause(_ id: RunID) throws(DatabaseError) -> Change {
        try change(id, RunChanges.pause)
    }

    package func resume(_ id: RunID) throws(DatabaseError) -> Change {
        try change(id, RunChanges.resume)
    }

    package func cancel(_ id: RunID) throws(DatabaseError) -> Change {
        try change(id, RunChanges.cancel)
    }

    private func change(
        _ id: RunID,
        _ make: @escaping @Sendable (RunID, Timestamp, any WriteTransaction) throws(DatabaseError) -> Change
    ) throws(DatabaseError) -> Change {
        let now = clock.now()
        let change = try database.writeAndWait { transaction throws(DatabaseError) in
            try make(id, now, transaction)
        }
        wake()
        return change
    }
}

/// The same, in the caller's transaction.
package enum RunChanges {
    /// Pages on their way are dropped, and asked for again when the run is resumed.
    package static func pause(
        _ id: RunID,
        _ now: Timestamp,
        _ transaction: any WriteTransaction
    ) throws(DatabaseError) -> RunControl.Change {
        try change(id, from: [.planned, .running], to: .paused, now, transaction)
    }

    /// A paused run goes on; an incomplete or failed one does not: order another one.
    package static func resume(
        _ id: RunID,
        _ now: Timestamp,
        _ transaction: any WriteTransaction
    ) throws(DatabaseError) -> RunControl.Change {
        try change(id, from: [.paused], to: .planned, now, transaction)
    }

    /// What was repaired stays so.
    package static func cancel(
        _ id: RunID,
        _ now: Timestamp,
        _ transaction: any WriteTransaction
    ) throws(DatabaseError) -> RunControl.Change {
        try change(id, from: [.planned, .running, .paused], to: .cancelled, now, transaction)
    }

    private static func change(
        _ id: RunID,
        from states: [RunState],
        to state: RunState,
        _ now: Timestamp,
        _ transaction: any WriteTransaction
    ) throws(DatabaseError) -> RunControl.Change {
        guard let run = try RunsTable.find(id, in: transaction) else { return .unknown }
        guard states.contains(run.state) else { return .unchanged(run) }
        try RunStatesTable.set(state, of: id, now: now, in: transaction)
        guard let changed = try RunsTable.find(id, in: transaction) else { return .unknown }
        return .changed(changed)
    }
}
