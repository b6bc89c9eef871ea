package import Database
import Inbox
import Telemetry
import Threading
package import Timing

/// Reads due events, prepares them on a thread of its own, and hands them to the `Applier`, which writes.
///
/// Polling the inbox is the truth; `wake` only shortens the wait. While the writing thread commits one batch
/// the next is read and prepared.
package final class ApplyLoop: Sendable {
    package struct Limits: Sendable {
        /// Events read at once.
        package var batchMax = 1_024
        /// Prepared events that may wait for the writing thread.
        package var preparedMax = 2_048
        package var pollMilliseconds: Int32 = 500

        package init() {}
    }

    private let database: any DatabaseEngine
    private let preparer: EventPreparer
    private let applier: Applier
    private let limits: Limits
    private let clock: WallClock
    private let onFailure: @Sendable (DatabaseError) -> Void
    private let signal: EventSignal
    private let state = Lock((isStopping: false, thread: WorkerThread?.none))

    package init(
        database: any DatabaseEngine,
        preparer: EventPreparer,
        applier: Applier,
        limits: Limits = Limits(),
        clock: WallClock,
        onFailure: @escaping @Sendable (DatabaseError) -> Void
    ) {
        self.database = database
        self.preparer = preparer
        self.applier = applier
        self.limits = limits
        self.clock = clock
        self.onFailure = onFailure
        signal = applier.progress
    }

    package func start() {
        let thread = WorkerThread.start(name: "apply") { [self] in run() }
        state.withLock { $0.thread = thread }
    }

    /// Ends the loop; what is prepared already is still applied by the writing thread.
    package func stop() {
        let thread = state.withLock { state in
            state.isStopping = true
            return state.thread
        }
        signal.raise()
        thread?.join()
    }

    /// Something new is stored.
    package func wake() {
        signal.raise()
    }

    private func run() {
        var position = DuePosition.start
        while !state.withLock({ $0.isStopping }) {
            guard applier.waitingCount < limits.preparedMax else {
                signal.wait(milliseconds: limits.pollMilliseconds)
                continue
            }
            let now = clock.now()
            do {
                let due = try read(after: position, now: now)
                if let last = due.last {
                    applier.post(due.map { preparer.prepare($0) })
                    position = DuePosition(dueAt: last.dueAt, id: last.id)
                    continue
                }
                // Nothing is behind this place. Once all that was handed over is settled, begin anew: what is
                // still due then was put back by a failed commit, a retry or a replay.
                if applier.waitingCount == 0, position != .start {
                    position = .start
                    continue
                }
                signal.wait(milliseconds: try pause(now: now))
            } catch {
                onFailure(error)
                signal.wait(milliseconds: limits.pollMilliseconds)
            }
        }
    }

    private func read(after position: DuePosition, now: Timestamp) throws(DatabaseError) -> [DueEvent] {
        let limit = limits.batchMax
        return try database.read { transaction throws(DatabaseError) in
            try DueEventsTable.due(now: now, after: position, countMax: limit, in: transaction)
        }
    }

    private func pause(now: Timestamp) throws(DatabaseError) -> Int32 {
        let next = try database.read { transaction throws(DatabaseError) in
            try DueEventsTable.nextRetry(in: transaction)
        }
        guard let next else { return limits.pollMilliseconds }
        return Int32(min(max(next.milliseconds(since: now), 1), Int64(limits.pollMilliseconds)))
    }
}
