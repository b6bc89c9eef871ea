package import Database
import Inbox
import Telemetry
import Threading
package import Timing

/// Reads due events, prepares them on a thread of its own, and hands them to the `Applier`, which writes.
///
/// Polling the inbox is the truth; `wake` only shortens the wait. While the writing thread commits one batch
/// the next is read and prepared.
///
/// It goes in passes: first what is to be tried again, then new events by their number, for as long as more come,
/// but not for ever. A pass begins when all that was handed over is settled, so nothing is read twice, and finds
/// what came to lie behind the last one: put back, retried, or redriven by an operator.
package final class ApplyLoop: Sendable {
    package struct Limits: Sendable {
        /// Events read at once.
        package var batchMax = 1_024
        /// Bytes of their bodies; a single larger one is read all the same.
        package var batchBytesMax = 8 << 20
        /// Prepared events that may wait for the writing thread, and the bytes of their bodies.
        package var preparedMax = 2_048
        package var preparedBytesMax = 16 << 20
        /// Reads in one pass: however much arrives, what waits behind is looked at then.
        package var passReadsMax = 64
        package var pollMilliseconds: Int32 = 500

        package init() {}
    }

    private struct Pass {
        var newest: Int64 = 0
        var reads = 0
        var areRetriesRead = false
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
            let thread = state.thread
            state.thread = nil
            return thread
        }
        signal.raise()
        thread?.join()
    }

    /// Something new is stored.
    package func wake() {
        signal.raise()
    }

    private func run() {
        var pass = Pass()
        while !state.withLock({ $0.isStopping }) {
            let waiting = applier.waitingLoad
            guard waiting.events < limits.preparedMax, waiting.bytes < limits.preparedBytesMax else {
                signal.wait(milliseconds: limits.pollMilliseconds)
                continue
            }
            do {
                if try step(&pass) { continue }
                let isSettled = applier.waitingLoad.events == 0
                if isSettled, pass.reads > 0 {
                    pass = Pass()
                } else {
                    signal.wait(milliseconds: try pause())
                    if isSettled { pass = Pass() }
                }
            } catch {
                onFailure(error)
                signal.wait(milliseconds: limits.pollMilliseconds)
            }
        }
    }

    /// Reads once and hands over; false when the pass has nothing more to read.
    private func step(_ pass: inout Pass) throws(DatabaseError) -> Bool {
        guard pass.reads < limits.passReadsMax else { return false }
        let due = DueLimits(events: limits.batchMax, bytes: limits.batchBytesMax)
        if !pass.areRetriesRead {
            let now = clock.now()
            let latest = now.adding(milliseconds: applier.retryDelayMillisecondsMax)
            let retries = try database.read { transaction throws(DatabaseError) in
                try DueEventsTable.retries(now: now, latest: latest, due, in: transaction)
            }
            pass.areRetriesRead = true
            if handOver(retries, &pass) { return true }
        }
        let newest = pass.newest
        let new = try database.read { transaction throws(DatabaseError) in
            try DueEventsTable.new(after: newest, due, in: transaction)
        }
        if let last = new.last { pass.newest = last.event.id }
        return handOver(new, &pass)
    }

    private func handOver(_ events: [LoadedEvent], _ pass: inout Pass) -> Bool {
        guard !events.isEmpty else { return false }
        applier.post(events.map { preparer.prepare($0) })
        pass.reads += 1
        return true
    }

    private func pause() throws(DatabaseError) -> Int32 {
        let next = try database.read { transaction throws(DatabaseError) in
            try DueEventsTable.nextRetry(in: transaction)
        }
        guard let next else { return limits.pollMilliseconds }
        let now = clock.now()
        // One that is due waits for this pass to end.
        guard next > now else { return limits.pollMilliseconds }
        return Int32(min(next.milliseconds(since: now), Int64(limits.pollMilliseconds)))
    }
}
