package import Database
package import Outbox
import Threading
package import Timing

/// Tells whoever waits for an operation when nothing of it is left to be sent, or when their patience is over.
///
/// One thread for all who wait; it sleeps while nobody does.
package final class SettlementBoard: Sendable {
    private struct Wait: Sendable {
        let operation: Int64
        let until: Instant
        let done: @Sendable () -> Void
    }

    private struct State: Sendable {
        var arrived: [Wait] = []
        var settled: Set<Int64> = []
        var hasWaits = false
        var isStopping = false
        var thread: WorkerThread?
    }

    private let database: any DatabaseEngine
    private let monotonic: MonotonicClock
    private let signal = EventSignal()
    private let state = Lock(State())

    package init(database: any DatabaseEngine, monotonic: MonotonicClock) {
        self.database = database
        self.monotonic = monotonic
    }

    package func start() {
        let thread = WorkerThread.start(name: "mirror-board") { [self] in run() }
        state.withLock { $0.thread = thread }
    }

    /// Everybody who still waits is told at once.
    package func stop() {
        let thread = state.withLock { state in
            state.isStopping = true
            defer { state.thread = nil }
            return state.thread
        }
        signal.raise()
        thread?.join()
    }

    /// `done` is called once, on the board's thread.
    package func wait(
        for operation: OperationID,
        milliseconds: Int64,
        done: @escaping @Sendable () -> Void
    ) {
        let until = Instant(nanoseconds: monotonic.nanoseconds()).adding(milliseconds: max(milliseconds, 0))
        let isTaken = state.withLock { state in
            guard !state.isStopping else { return false }
            state.arrived.append(Wait(operation: operation.rawValue, until: until, done: done))
            state.hasWaits = true
            return true
        }
        if isTaken { signal.raise() } else { done() }
    }

    /// After the commit that settled them.
    package func settled(_ operations: [Int64]) {
        let isWanted = state.withLock { state in
            guard state.hasWaits else { return false }
            state.settled.formUnion(operations)
            return true
        }
        if isWanted { signal.raise() }
    }

    private func run() {
        var waits: [Wait] = []
        while true {
            let count = waits.count
            let (arrived, settled, isStopping) = state.withLock { state in
                defer {
                    // Those that just arrived count too: what settles from here on must be kept for them.
                    state.hasWaits = count + state.arrived.count > 0
                    state.arrived = []
                    state.settled = []
                }
                return (state.arrived, state.settled, state.isStopping)
            }
            // One that was settled before it arrived here is not told of any more: its row says it.
            waits += arrived
            let atOnce = Set(arrived.filter { !isOpen($0.operation) }.map(\.operation)).union(settled)
            let now = Instant(nanoseconds: monotonic.nanoseconds())
            let over = waits.filter { isStopping || atOnce.contains($0.operation) || $0.until <= now }
            waits.removeAll { isStopping || atOnce.contains($0.operation) || $0.until <= now }
            for wait in over { wait.done() }
            if isStopping { return }
            let next = waits.map(\.until).min()
            signal.wait(milliseconds: next.map { Int32(clamping: now.millisecondsUntil($0)) } ?? -1)
        }
    }

    private func isOpen(_ operation: Int64) -> Bool {
        do throws(DatabaseError) {
            let stored = try database.read { transaction throws(DatabaseError) in
                try OutboxAdministration.get(OperationID(rawValue: operation), in: transaction)
            }
            return stored?.state.isOpen ?? false
        } catch {
            // Not known: whoever waits is told when it settles, or when the time is over.
            return true
        }
    }
}
