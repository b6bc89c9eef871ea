import API
import Database
import Reconciler
import Telemetry
import Threading
import Timing

/// What is done now and then: the retention sweep, and the count of log lines that were held back.
final class Housekeeping: Sendable {
    private static let sweepPeriodSeconds: Int64 = 3_600
    private static let tickMilliseconds: Int32 = 1_000

    private static let keysPerSweep = 500

    private let sweeper: RetentionSweeper
    private let database: any DatabaseEngine
    private let clock: WallClock
    private let log: Logger
    private let signal = EventSignal()
    private let state = Lock((isStopping: false, thread: WorkerThread?.none))

    init(sweeper: RetentionSweeper, database: any DatabaseEngine, clock: WallClock, log: Logger) {
        self.sweeper = sweeper
        self.database = database
        self.clock = clock
        self.log = log
    }

    func start() {
        let thread = WorkerThread.start(name: "housekeeping") { [self] in run() }
        state.withLock { $0.thread = thread }
    }

    func stop() {
        let thread = state.withLock { state in
            state.isStopping = true
            let thread = state.thread
            state.thread = nil
            return thread
        }
        signal.raise()
        thread?.join()
    }

    private func run() {
        // The first sweep waits a minute: a start has better things to do.
        var nextSweep = clock.now().adding(seconds: 60)
        while !state.withLock({ $0.isStopping }) {
            signal.wait(milliseconds: Self.tickMilliseconds)
            log.flushSuppressed()
            let now = clock.now()
            guard now >= nextSweep else { continue }
            nextSweep = now.adding(seconds: Self.sweepPeriodSeconds)
            sweep(now: now)
        }
    }

    private func sweep(now: Timestamp) {
        sweepIdempotencyKeys(now: now)
        do throws(DatabaseError) {
            let report = try sweeper.sweep(now: now) { [state] in state.withLock { $0.isStopping } }
            if report != RetentionSweeper.Report() {
                log.emit(
                    .info,
                    "retention swept",
                    [.integer("bodies", report.bodies), .integer("events", report.events)]
                )
            }
        } catch {
            log.emit(.warning, "retention sweep failed, tried again in an hour", [.reason("\(error)")])
        }
    }

    // Small batches: the writing thread has better things to do.
    private func sweepIdempotencyKeys(now: Timestamp) {
        let limit = Self.keysPerSweep
        do throws(DatabaseError) {
            while !state.withLock({ $0.isStopping }) {
                let removed = try database.writeAndWait { transaction throws(DatabaseError) in
                    try IdempotencyKeysTable.sweep(now: now, limit: limit, in: transaction)
                }
                guard removed == limit else { return }
            }
        } catch {
            log.emit(.warning, "sweeping kept answers failed, tried again in an hour", [.reason("\(error)")])
        }
    }
}
