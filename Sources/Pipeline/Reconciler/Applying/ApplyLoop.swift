import CustomerStore
package import Database
import Glibc
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
        /// A batch of fewer events is no load, and the next one is not waited for.
        package var gatherFrom = 8
        /// Under load the next batch gathers for a time that grows with the load, up to this: many small commits
        /// write the same pages again and again.
        package var gatherMillisecondsMax: Int64 = 60
        /// Waited for each event that came in a millisecond.
        package var gatherMillisecondsPerRate: Int64 = 5

        package init() {}
    }

    private struct Pass {
        var newest: Int64 = 0
        var reads = 0
        var areRetriesRead = false
        var readAt: Timestamp?
        /// How long to wait before the next read.
        var gatheringMilliseconds: Int64 = 0
    }

    private let database: any DatabaseEngine
    private let preparer: EventPreparer
    private let applier: Applier
    private let limits: Limits
    private let clock: WallClock
    private let onFailure: @Sendable (DatabaseError) -> Void
    private let signal: EventSignal
    private let thread: LoopThread

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
        thread = LoopThread(wokenBy: signal)
    }

    package func start() {
        thread.start(name: "apply") { [self] in run() }
    }

    /// Ends the loop; what is prepared already is still applied by the writing thread.
    package func stop() {
        thread.stop()
    }

    /// Something new is stored.
    package func wake() {
        signal.raise()
    }

    private func run() {
        var pass = Pass()
        while !thread.isStopping {
            let waiting = applier.waitingLoad
            guard waiting.events < limits.preparedMax, waiting.bytes < limits.preparedBytesMax else {
                signal.wait(milliseconds: limits.pollMilliseconds)
                continue
            }
            do {
                if try step(&pass) {
                    if pass.gatheringMilliseconds > 0 { usleep(UInt32(pass.gatheringMilliseconds) * 1_000) }
                    continue
                }
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
            if try handOver(retries, &pass) { return true }
        }
        let newest = pass.newest
        let new = try database.read { transaction throws(DatabaseError) in
            try DueEventsTable.new(after: newest, due, in: transaction)
        }
        let now = clock.now()
        let elapsed = pass.readAt.map { now.milliseconds(since: $0) } ?? 1
        pass.gatheringMilliseconds = gathering(new.count, milliseconds: elapsed)
        pass.readAt = now
        let isMore = try handOver(new, &pass)
        // Not before: what could not be handed over is read again.
        if let last = new.last { pass.newest = last.event.id }
        return isMore
    }

    private func handOver(_ events: [LoadedEvent], _ pass: inout Pass) throws(DatabaseError) -> Bool {
        guard !events.isEmpty else { return false }
        applier.post(try preparer.prepare(events, in: database))
        pass.reads += 1
        return true
    }

    /// How long the next batch may gather, after one of `count` events that came in so many milliseconds.
    private func gathering(_ count: Int, milliseconds: Int64) -> Int64 {
        // A full batch means a backlog: that is read without a pause.
        guard count >= limits.gatherFrom, count < limits.batchMax else { return 0 }
        let wait = Int64(count) * limits.gatherMillisecondsPerRate / max(milliseconds, 1)
        return min(max(wait, 1), limits.gatherMillisecondsMax)
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
