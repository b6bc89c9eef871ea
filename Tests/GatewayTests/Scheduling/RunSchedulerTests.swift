import BillingModel
import CustomerStore
import Database
import DatabaseSQLite
import Foundation
import Reconciler
import Schema
import Telemetry
import TestSupport
import Testing
import Threading
import Timing

@testable import Gateway

@Suite struct `The run scheduler` {
    private static let start = Timestamp(milliseconds: 1_750_000_000_000)
    private let file: TemporaryDatabase
    private let database: SQLiteDatabase
    private let now = Lock(start)
    private let connection: Connection

    init() throws {
        file = try TemporaryDatabase()
        database = try file.open(migrations: Schema.migrations)
        try database.start()
        let registered = try database.writeAndWait { transaction throws(DatabaseError) in
            try ConnectionsTable.register(
                name: "shop",
                scope: DataScope(site: "main", mode: .test),
                provider: "stripe",
                account: nil,
                in: transaction
            )
        }
        guard case .registered(let connection) = registered else { throw NoConnection() }
        self.connection = connection
    }

    private struct NoConnection: Error {}

    private func scheduler() -> RunScheduler {
        let clock = WallClock { [now] in now.withLock { $0 } }
        return RunScheduler(
            database: database,
            control: RunControl(database: database, clock: clock, wake: {}),
            connections: [connection],
            schedules: [
                (
                    connection.id,
                    ReconcileSchedule(scope: .customers, mode: .apply, everyHours: 24, jitterMinutes: 0)
                )
            ],
            clock: clock,
            random: RandomSource(seed: 1),
            log: Logger(descriptor: -1, level: .error, clock: clock)
        )
    }

    private func advance(hours: Int64) { now.withLock { $0 = $0.adding(seconds: hours * 3_600) } }

    private func runs() throws -> [RunRecord] {
        try database.read { transaction throws(DatabaseError) in
            try RunsTable.list(RunFilter(), before: nil, limit: 100, in: transaction)
        }
    }

    private static let end = Statement(
        "test.end_run",
        """
        UPDATE reconciliation_runs SET state = 'completed', ended_at = $1
        WHERE ended_at IS NULL
        """
    )
    private static let finding = Statement(
        "test.finding",
        """
        INSERT INTO reconciliation_findings
            (run_id, number, object_type, object_id, field, local_value, remote_value, action)
        VALUES ($1, $2, $3, $4, $5, NULL, NULL, $6)
        """
    )

    private func endRuns() throws {
        let time = now.withLock { $0 }
        try database.writeAndWait { transaction throws(DatabaseError) in
            _ = try transaction.execute(Self.end, [.integer(time.milliseconds)])
        }
    }

    @Test func `orders each day, also over a restart, and never twice`() throws {
        let first = scheduler()
        first.tick()
        #expect(try runs().isEmpty)
        advance(hours: 1)
        for _ in 1...3 { first.tick() }
        #expect(try runs().map(\.order.trigger) == [.schedule])
        try endRuns()
        advance(hours: 12)
        let second = scheduler()
        second.tick()
        #expect(try runs().count == 1)
        advance(hours: 12)
        second.tick()
        #expect(try runs().count == 2)
        #expect(try runs().allSatisfy { $0.order.scope == .customers && $0.order.mode == .apply })
        database.stop()
    }

    @Test func `waits for a run that is in the way`() throws {
        let scheduler = scheduler()
        let clock = WallClock { [now] in now.withLock { $0 } }
        let order = RunOrder(connection: connection.id, scope: .all, mode: .apply, trigger: .request)
        _ = try RunControl(database: database, clock: clock, wake: {}).start(order)
        advance(hours: 1)
        scheduler.tick()
        #expect(try runs().count == 1)
        try endRuns()
        scheduler.tick()
        #expect(try runs().count == 1, "it is tried again after five minutes")
        advance(hours: 1)
        scheduler.tick()
        #expect(try runs().count == 2)
        database.stop()
    }

    @Test func `counts drift by type once for each run that ends, and tells the last complete one`() throws {
        let scheduler = scheduler()
        scheduler.tick()
        advance(hours: 1)
        scheduler.tick()
        let id = try #require(try runs().first?.id)
        try database.writeAndWait { transaction throws(DatabaseError) in
            let rows: [(String, String, String, String)] = [
                ("customer", "cus_1", "email", "repaired"), ("customer", "cus_1", "name", "repaired"),
                ("customer", "cus_2", "", "raced"), ("invoice", "in_1", "", "created"),
                ("invoice", "in_2", "", "failed"),
            ]
            for (index, row) in rows.enumerated() {
                try transaction.execute(
                    Self.finding,
                    [
                        .integer(id.rawValue), .integer(Int64(index + 1)), .text(row.0), .text(row.1),
                        .text(row.2), .text(row.3),
                    ]
                )
            }
        }
        scheduler.tick()
        #expect(!text(scheduler).contains("drift_found_total{"), "it is not over")
        try endRuns()
        for _ in 1...2 { scheduler.tick() }
        advance(hours: 2)
        let text = text(scheduler)
        for line in [
            #"tollgate_reconciliation_drift_found_total{connection="shop",type="customer"} 2"#,
            #"tollgate_reconciliation_drift_found_total{connection="shop",type="invoice"} 1"#,
            #"tollgate_reconciliation_drift_repaired_total{connection="shop",type="customer"} 1"#,
            #"tollgate_reconciliation_drift_repaired_total{connection="shop",type="invoice"} 1"#,
            #"tollgate_reconciliation_runs_total{connection="shop",state="completed"} 1"#,
            #"tollgate_reconciliation_last_complete_age_ms{connection="shop",scope="customers"} 7200000"#,
        ] {
            #expect(text.contains(line + "\n"), "\(line)\n\(text)")
        }
        // Another process knows when the last one was complete, and counts from zero.
        let other = self.scheduler()
        other.tick()
        let again = self.text(other)
        #expect(again.contains("last_complete_age_ms{connection=\"shop\",scope=\"customers\"} 7200000"))
        #expect(!again.contains("drift_found_total{"))
        database.stop()
    }

    @Test func `a scope is as old as its last run that compared all of it, dry or not`() throws {
        let scheduler = scheduler()
        scheduler.tick()
        let clock = WallClock { [now] in now.withLock { $0 } }
        let control = RunControl(database: database, clock: clock, wake: {})
        let since = Self.start.adding(seconds: -3_600)
        // The dry one of the whole scope, then, some seconds later, one of a part.
        for part in [nil, since] {
            let order = RunOrder(
                connection: connection.id,
                scope: .invoices,
                mode: part == nil ? .dryRun : .apply,
                createdSince: part,
                trigger: .request
            )
            _ = try control.start(order)
            scheduler.tick()
            try endRuns()
            scheduler.tick()
            now.withLock { $0 = $0.adding(seconds: 10) }
        }
        let line = #"last_complete_age_ms{connection="shop",scope="invoices"} 20000"#
        let other = self.scheduler()
        other.tick()
        #expect(text(scheduler).contains(line + "\n"))
        #expect(text(scheduler).contains(#"runs_total{connection="shop",state="completed"} 2"#))
        #expect(text(other).contains(line + "\n"))
        database.stop()
    }

    private func text(_ scheduler: RunScheduler) -> String {
        var text = PrometheusText()
        scheduler.collect(into: &text)
        return String(decoding: text.bytes, as: UTF8.self)
    }
}
