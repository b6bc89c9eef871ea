import BillingModel
import CustomerStore
import Database
import JSON
import Providers
import Testing
import Timing

@Suite struct RebuildTests {
    /// The whole rebuild, in steps of `limit` objects.
    private func rebuild(
        _ store: TestStore,
        isDry: Bool = false,
        limit: Int = 100,
        visible: [ConnectionID]? = nil
    ) async throws -> ProjectionRebuild.Batch {
        let rebuild = ProjectionRebuild(
            connections: Array(store.connections.values),
            visible: visible,
            epoch: TestStore.epoch,
            isDry: isDry
        )
        var total = ProjectionRebuild.Batch()
        var position: ProjectionRebuild.Position? = .start
        var done = 0.0
        while let from = position {
            let batch = try await store.database.write { transaction throws(DatabaseError) in
                try rebuild.batch(
                    from: from,
                    limit: limit,
                    now: Timestamp(milliseconds: 1_900_000_000_000),
                    in: transaction
                )
            }
            #expect(batch.compared + batch.pending + batch.unreadable <= limit)
            #expect(batch.done >= done)
            done = batch.done
            total.compared += batch.compared
            total.pending += batch.pending
            total.unreadable += batch.unreadable
            total.differing += batch.differing
            total.differences += batch.differences
            position = batch.next
        }
        #expect(done == 1)
        return total
    }

    private func spoil(_ store: TestStore, _ statements: [String]) async throws {
        try await store.database.write { transaction throws(DatabaseError) in
            for sql in statements { try transaction.execute(Statement("test.spoil", sql), []) }
        }
    }

    @Test(arguments: Scenario.all)
    func `a store that is as its objects say has no difference`(scenario: Scenario) async throws {
        let store = try await TestStore()
        for (place, event) in scenario.places { try await store.apply([(place, event)]) }
        let before = try store.dump()
        for isDry in [true, false] {
            let result = try await rebuild(store, isDry: isDry, limit: isDry ? 3 : 100)
            #expect(result.differences == [], "\(scenario.name)")
            #expect(result.compared > 0)
            #expect(result.unreadable == 0)
        }
        #expect(try store.dump() == before)
    }

    @Test(arguments: Scenario.all)
    func `spoilt and lost rows are told, and mended unless it is a dry run`(scenario: Scenario) async throws {
        let store = try await TestStore()
        for (place, event) in scenario.places { try await store.apply([(place, event)]) }
        let before = try store.dump()
        try await spoil(
            store,
            [
                "UPDATE subscriptions SET status = 'expired', current_period_end = 7, renewal_number = 99",
                "UPDATE subscription_items SET quantity = 41",
                "UPDATE invoices SET total = 1 WHERE EXISTS (SELECT 1 FROM objects o WHERE o.id = invoices.id)",
                "DELETE FROM charges WHERE id IN (SELECT id FROM objects WHERE state = 'live')",
                "UPDATE customers SET email = 'x@example.com', lifetime_revenue = '{}', status = 'canceled'",
                "UPDATE revenue_entries SET amount = amount + 5",
            ]
        )
        let spoilt = try store.dump()
        #expect(spoilt != before)
        let dry = try await rebuild(store, isDry: true, limit: 2)
        #expect(!dry.differences.isEmpty, "\(scenario.name)")
        #expect(try store.dump() == spoilt)
        let mended = try await rebuild(store, limit: 1)
        #expect(mended.differing > 0)
        // Customers that the provider deleted have no living object to be made again from.
        let customers = scenario.expected["when_configured"] ?? scenario.expected["customers"]
        let isWhole = customers?.elements.allSatisfy { $0["deleted"]?.boolean != true } ?? true
        if isWhole { #expect(try store.dump() == before, "\(scenario.name)") }
        #expect(try await rebuild(store).differences == [], "\(scenario.name)")
    }

    @Test func `a difference names table, column, count and an example`() async throws {
        let store = try await TestStore()
        for (place, id) in ["cus_1", "cus_2", "cus_3"].enumerated() {
            try await store.apply([
                (place * 2, try Story.event("customer.created", Story.customer(id))),
                (
                    place * 2 + 1,
                    try Story.event("customer.subscription.created", Story.subscription("sub_\(id)", of: id))
                ),
            ])
        }
        try await spoil(
            store,
            [
                "UPDATE subscriptions SET currency = 'xxx' WHERE id IN (SELECT id FROM objects WHERE provider_id <> 'sub_cus_2')",
                "DELETE FROM subscription_items WHERE provider_item_id = 'si_sub_cus_2'",
                "UPDATE customers SET renewal_number = 4 WHERE id = 1",
            ]
        )
        let found = try await rebuild(store, isDry: true)
        #expect(found.differing == 4)
        #expect(
            found.differences.map {
                "\($0.table).\($0.field ?? "-") \($0.rows) \($0.example?.rawValue ?? "-")"
            }
                == [
                    "subscription_items.- 1 sub_cus_2", "subscriptions.currency 2 sub_cus_1",
                    "customers.renewal_number 1 -",
                ]
        )
        // Nothing of a connection that the caller may not see is touched.
        let elsewhere = try await rebuild(store, visible: [TestStore.live.id])
        #expect(elsewhere.compared == 0 && elsewhere.differences == [])
    }

    @Test func `an object without JSON is counted, and its rows stay`() async throws {
        let store = try await TestStore()
        try await store.apply([(0, try Story.event("customer.created", Story.customer("cus_1")))])
        try await spoil(
            store,
            ["DELETE FROM object_documents", "UPDATE customers SET email = 'changed@example.com'"]
        )
        let before = try store.dump()
        let result = try await rebuild(store)
        #expect(result.unreadable == 1 && result.compared == 0)
        #expect(try store.dump() == before)
    }

    @Test func `an empty store is rebuilt at once, and a place that is none is the end`() async throws {
        let store = try await TestStore()
        #expect(try await rebuild(store).compared == 0)
        let rebuild = ProjectionRebuild(connections: [], visible: nil, epoch: TestStore.epoch, isDry: false)
        let batch = try await store.database.write { transaction throws(DatabaseError) in
            try rebuild.batch(
                from: ProjectionRebuild.Position(stage: 9, number: -4),
                limit: 1,
                now: Timestamp(milliseconds: 0),
                in: transaction
            )
        }
        #expect(batch.next == nil)
    }
}
