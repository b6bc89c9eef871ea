import API
import Database
import Outbox
import Reconciler
import Telemetry
import Threading
import Timing

/// What is done now and then: the retention sweep, and the count of log lines that were held back.
final class Housekeeping: Sendable {
    private static let sweepPeriodSeconds: Int64 = 3_600
    private static let tickMilliseconds: Int32 = 1_000

    private static let rowsPerSweep = 500
    // So long the provider may tell of an operation by its key (provider_api 1.5).
    private static let operationDays: Int64 = 30
    // What a run found is of use until the next ones have run.
    private static let findingDays: Int64 = 90

    private let sweeper: RetentionSweeper
    private let database: any DatabaseEngine
    private let clock: WallClock
    private let log: Logger
    private let signal = EventSignal()
    private let thread: LoopThread

    init(sweeper: RetentionSweeper, database: any DatabaseEngine, clock: WallClock, log: Logger) {
        self.sweeper = sweeper
        self.database = database
        self.clock = clock
        self.log = log
        thread = LoopThread(wokenBy: signal)
    }

    func start() {
        thread.start(name: "housekeeping") { [self] in run() }
    }

    func stop() {
        thread.stop()
    }

    private func run() {
        // The first sweep waits a minute: a start has better things to do.
        var nextSweep = clock.now().adding(seconds: 60)
        while !thread.isStopping {
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
        sweepOperations(now: now)
        sweepFindings(now: now)
        do throws(DatabaseError) {
            let report = try sweeper.sweep(now: now) { [thread] in thread.isStopping }
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

    private func sweepIdempotencyKeys(now: Timestamp) {
        do throws(DatabaseError) {
            try sweepRows { limit, transaction throws(DatabaseError) in
                try IdempotencyKeysTable.sweep(now: now, limit: limit, in: transaction)
            }
        } catch {
            log.emit(.warning, "sweeping kept answers failed, tried again in an hour", [.reason("\(error)")])
        }
    }

    private func sweepOperations(now: Timestamp) {
        let time = now.adding(seconds: -Self.operationDays * 86_400)
        do throws(DatabaseError) {
            try sweepRows { limit, transaction throws(DatabaseError) in
                try OutboxAdministration.sweepDone(before: time, limit: limit, in: transaction)
            }
        } catch {
            log.emit(
                .warning,
                "sweeping done operations failed, tried again in an hour",
                [.reason("\(error)")]
            )
        }
    }

    private func sweepFindings(now: Timestamp) {
        let time = now.adding(seconds: -Self.findingDays * 86_400)
        do throws(DatabaseError) {
            try sweepRows { limit, transaction throws(DatabaseError) in
                try FindingsTable.sweep(endedBefore: time, limit: limit, in: transaction)
            }
        } catch {
            log.emit(.warning, "sweeping findings failed, tried again in an hour", [.reason("\(error)")])
        }
    }

    /// Small batches: the writing thread has better things to do.
    private func sweepRows(
        _ remove: @escaping @Sendable (Int, any WriteTransaction) throws(DatabaseError) -> Int
    ) throws(DatabaseError) {
        let limit = Self.rowsPerSweep
        while !thread.isStopping {
            let removed = try database.writeAndWait { transaction throws(DatabaseError) in
                try remove(limit, transaction)
            }
            guard removed == limit else { return }
        }
    }
}
