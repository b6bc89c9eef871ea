import BillingModel
import Database
import Reconciler
import Telemetry
import Threading
import Timing

/// Orders runs when they are due, and counts what runs found once they are over.
final class RunScheduler: Sendable {
    private static let tickMilliseconds: Int32 = 5_000

    private let database: any DatabaseEngine
    private let control: RunControl
    private let connections: [Connection]
    private let clock: WallClock
    private let log: Logger
    private let tally: RunTally
    private let timetable: Lock<RunTimetable>
    private let signal = EventSignal()
    private let thread: LoopThread

    init(
        database: any DatabaseEngine,
        control: RunControl,
        connections: [Connection],
        schedules: [(ConnectionID, ReconcileSchedule)],
        clock: WallClock,
        random: RandomSource,
        log: Logger
    ) {
        self.database = database
        self.control = control
        self.connections = connections
        self.clock = clock
        self.log = log
        thread = LoopThread(wokenBy: signal)
        tally = RunTally(connections: connections)
        timetable = Lock(RunTimetable(schedules, now: clock.now(), random: random))
    }

    func start() {
        thread.start(name: "run-scheduler") { [self] in run() }
    }

    func stop() {
        thread.stop()
    }

    private func run() {
        while !thread.isStopping {
            tick()
            signal.wait(milliseconds: Self.tickMilliseconds)
        }
    }

    /// One look at the table. For the scheduler's own thread, and for tests.
    func tick() {
        let now = clock.now()
        do throws(DatabaseError) {
            try order(now: now)
            try database.read { transaction throws(DatabaseError) in try tally.look(in: transaction) }
        } catch {
            log.emitLimited(.warning, "runs could not be looked after", [.reason("\(error)")])
        }
    }

    private func order(now: Timestamp) throws(DatabaseError) {
        var table = timetable.withLock { $0 }
        guard !table.isEmpty else { return }
        let orders = try database.read { transaction throws(DatabaseError) in
            try table.due(now: now) { connection, scope throws(DatabaseError) in
                try RunsTable.lastOrdered(scope, by: .schedule, on: connection, in: transaction)
            }
        }
        let looked = table
        timetable.withLock { $0 = looked }
        for order in orders {
            let name = connections.first { $0.id == order.connection }?.name ?? ""
            // Whatever becomes of it: never twice in a row.
            timetable.withLock { $0.putOff(order.connection, now: now) }
            switch try control.start(order) {
            case .started:
                log.emit(
                    .info,
                    "reconciliation ordered by schedule",
                    [.text("connection", name), .text("scope", order.scope.rawValue)]
                )
            case .alreadyRunning(let other):
                log.emit(
                    .info,
                    "reconciliation by schedule waits for another one",
                    [
                        .text("connection", name), .text("scope", order.scope.rawValue),
                        .text("other_scope", other.order.scope.rawValue),
                    ]
                )
            }
        }
    }

    // MARK: Metrics

    func collect(into text: inout PrometheusText) {
        // A scrape that cannot read them leaves the family empty, as when there are none.
        let open = try? database.read { transaction throws(DatabaseError) in
            try RunsTable.open(in: transaction)
        }
        tally.collect(into: &text, open: open ?? [], now: clock.now())
    }
}
