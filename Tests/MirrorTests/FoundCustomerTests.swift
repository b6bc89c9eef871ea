import BillingModel
import Database
import DatabaseSQLite
import HTTPClient
import Lanes
import Outbox
import Providers
import Testing
import Threading
import Timing

@testable import Mirror

/// Customers that are at the provider already, by our mark.
struct FoundCustomerTests {
    @Test func `an edit that joined a creation reaches the customer that is found by its mark`() throws {
        let simulation = try Simulation(Simulation.ofOneCustomer(53))
        let provider = simulation.provider
        provider.addCustomer(
            "cus_a",
            fields: ["email": "a@c.example", "name": "Old"],
            metadata: Simulation.mark
        )
        let made = try #require(
            try simulation.create(email: "a@c.example", name: "Old").operation
        )
        #expect(
            try Simulation.enqueue(Simulation.rename("New"), in: simulation.database, now: simulation.now)
                == .merged(into: made)
        )
        // While the customer is looked for, another edit comes: it cannot join any more.
        let isFirst = Lock(true)
        let (database, now) = (simulation.database, simulation.now)
        provider.script { request in
            let isNow = isFirst.withLock { first in
                defer { first = false }
                return first
            }
            if isNow {
                var patch = CustomerPatch()
                patch.phone = .set("1")
                // A failure is seen at the end: the phone is missing.
                _ = try? Simulation.enqueue(
                    .updateCustomer(.local("cst_1"), patch),
                    in: database,
                    now: now
                )
            }
            return nil
        }
        simulation.prepare()
        try simulation.advance(until: 60)
        #expect(provider.customers.count == 1)
        #expect(provider.customers["cus_a"]?.fields["name"] == "New")
        #expect(provider.customers["cus_a"]?.fields["phone"] == "1")
        #expect(try simulation.operations().allSatisfy { $0.state == .done })
        #expect(try simulation.openRows().isEmpty)
    }

    @Test func `an edit that comes while a customer is looked for stands above what joined before`() throws {
        let simulation = try Simulation(Simulation.ofOneCustomer(54))
        let provider = simulation.provider
        provider.addCustomer(
            "cus_a",
            fields: ["email": "a@c.example", "name": "Old"],
            metadata: Simulation.mark
        )
        _ = try simulation.create(email: "a@c.example", name: "New")
        let isFirst = Lock(true)
        let (database, now) = (simulation.database, simulation.now)
        provider.script { request in
            let isNow = isFirst.withLock { first in
                defer { first = false }
                return first
            }
            // A failure is seen at the end: the name is another.
            if isNow { _ = try? Simulation.enqueue(Simulation.rename("Newest"), in: database, now: now) }
            return nil
        }
        simulation.prepare()
        try simulation.advance(until: 60)
        #expect(provider.customers["cus_a"]?.fields["name"] == "Newest")
        #expect(try simulation.operations().allSatisfy { $0.state == .done })
    }
}
