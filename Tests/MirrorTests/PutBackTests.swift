import BillingModel
import Database
import DatabaseSQLite
import Lanes
import Outbox
import Testing
import Timing

@testable import Mirror

/// Operations that were taken and not sent wait as they stood before.
struct PutBackTests {
    @Test func `retries beyond the budget keep the trouble they had, and are not taken again each second`()
        throws
    {
        var options = Simulation.Options(seed: 41, customers: 100, editsPerCustomer: 1)
        options.editSeconds = 1
        options.faults.keyInUse = 1_000
        options.faultSeconds = 300
        let simulation = try Simulation(options)
        simulation.prepare()
        try simulation.advance(until: 120)
        let stored = try simulation.operations()
        #expect(stored.count == 100)
        #expect(Set(stored.map { $0.outcome ?? "" }) == ["conflict"])
        #expect(stored.allSatisfy { $0.message != nil })
        // Each call draws a tick, and each time that an operation is taken in vain.
        let tick = try simulation.tick()
        #expect(tick < 2_000, "calls \(simulation.provider.ledger.calls)")
        try simulation.advance(until: nil)
        try simulation.checkEnd()
        #expect(simulation.violations.isEmpty)
    }

    @Test func `what stood by when the breaker opened is queued as if it had never been taken`() throws {
        var options = Simulation.Options(seed: 42, customers: 40, editsPerCustomer: 1)
        options.editSeconds = 1
        options.inFlightMax = 4
        options.outages = [0..<600]
        options.faultSeconds = 600
        let simulation = try Simulation(options)
        simulation.prepare()
        try simulation.advance(until: 20)
        #expect(simulation.statistics.breaker == .open)
        let stored = try simulation.operations()
        #expect(stored.map(\.attempts).reduce(0, +) == simulation.provider.ledger.calls)
        let untried = stored.filter { $0.attempts == 0 }
        #expect(untried.count > 20)
        #expect(untried.allSatisfy { $0.state == .queued && $0.outcome == nil && $0.firstSentAt == nil })
        #expect(stored.allSatisfy { $0.outcome != "interrupted" })
        try simulation.advance(until: nil)
        try simulation.checkEnd()
        #expect(simulation.violations.isEmpty)
    }
}

extension Simulation {
    /// All that are stored, the newest first.
    func operations() throws -> [StoredOperation] {
        try database.read { transaction throws(DatabaseError) in
            try OutboxAdministration.list(
                StoredOperationFilter(),
                before: nil,
                limit: 10_000,
                in: transaction
            )
        }
    }

    /// Ticks drawn so far.
    func tick() throws -> Int64 {
        try database.writeAndWait { transaction throws(DatabaseError) in
            try LogicalClockTable.next(in: transaction).rawValue
        }
    }
}
