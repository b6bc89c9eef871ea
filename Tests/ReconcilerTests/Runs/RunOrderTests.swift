import BillingModel
import Database
import DatabaseSQLite
import Reconciler
import Schema
import TestSupport
import Testing
import Timing

@Suite struct RunOrderTests {
    private let file: TemporaryDatabase
    private let database: SQLiteDatabase
    private let control: RunControl

    init() throws {
        file = try TemporaryDatabase()
        database = try file.open(migrations: Schema.migrations)
        try database.start()
        control = RunControl(database: database, clock: WallClock { Timestamp(milliseconds: 5_000) }) {}
    }

    private func order(_ scope: RunScope, on connection: Int64 = 1) -> RunOrder {
        RunOrder(
            connection: ConnectionID(rawValue: connection),
            scope: scope,
            mode: .dryRun,
            customerID: scope == .customer ? ProviderID("cus_1") : nil,
            createdSince: Timestamp(milliseconds: 1_000),
            trigger: .request
        )
    }

    private func started(_ order: RunOrder) throws -> RunRecord? {
        guard case .started(let run) = try control.start(order) else { return nil }
        return run
    }

    @Test(arguments: RunScope.allCases)
    func `an order is stored as it was given`(scope: RunScope) throws {
        let run = try #require(try started(order(scope)))
        let stored = try database.read { transaction throws(DatabaseError) in
            try RunsTable.find(run.id, in: transaction)
        }
        #expect(stored == run)
        #expect(run.order == order(scope))
        #expect(run.state == .planned)
        #expect(run.createdAt == Timestamp(milliseconds: 5_000))
        database.stop()
    }

    @Test func `a scope of a connection has one run at a time, and all stands in the way of each`() throws {
        let customers = try #require(try started(order(.customers)))
        #expect(try control.start(order(.customers)) == .alreadyRunning(customers))
        #expect(try control.start(order(.all)) == .alreadyRunning(customers))
        #expect(try started(order(.invoices)) != nil)
        let elsewhere = try #require(try started(order(.all, on: 2)))
        #expect(try control.start(order(.prices, on: 2)) == .alreadyRunning(elsewhere))
        _ = try control.cancel(customers.id)
        #expect(try started(order(.customers)) != nil)
        database.stop()
    }

    @Test func `a paused run stands in the way until it is cancelled, and goes on when it is resumed`() throws
    {
        let run = try #require(try started(order(.customers)))
        guard case .changed(let paused) = try control.pause(run.id) else { throw Unexpected() }
        #expect(paused.state == .paused)
        #expect(try control.start(order(.customers)) == .alreadyRunning(paused))
        guard case .changed(let resumed) = try control.resume(run.id) else { throw Unexpected() }
        #expect(resumed.state == .planned)
        #expect(try control.resume(run.id) == .unchanged(resumed))
        guard case .changed(let cancelled) = try control.cancel(run.id) else { throw Unexpected() }
        #expect(cancelled.state == .cancelled && cancelled.endedAt != nil)
        #expect(try control.resume(run.id) == .unchanged(cancelled))
        #expect(try control.pause(RunID(rawValue: 99)) == .unknown)
        database.stop()
    }

    @Test func `a list goes from the newest run back and takes only what is asked for`() throws {
        let first = try #require(try started(order(.customers)))
        let second = try #require(try started(order(.invoices)))
        let other = try #require(try started(order(.customers, on: 2)))
        func list(_ filter: RunFilter, before: RunID? = nil, limit: Int = 10) throws -> [RunID] {
            try database.read { transaction throws(DatabaseError) in
                try RunsTable.list(filter, before: before, limit: limit, in: transaction).map(\.id)
            }
        }
        var filter = RunFilter()
        #expect(try list(filter) == [other.id, second.id, first.id])
        #expect(try list(filter, before: second.id, limit: 1) == [first.id])
        filter.connections = [ConnectionID(rawValue: 1)]
        #expect(try list(filter) == [second.id, first.id])
        filter.scope = .customers
        #expect(try list(filter) == [first.id])
        filter.state = .completed
        #expect(try list(filter).isEmpty)
        database.stop()
    }

    private struct Unexpected: Error {}
}
