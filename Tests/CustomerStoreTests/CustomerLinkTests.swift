import BillingModel
import CustomerStore
import Database
import Testing
import Timing

struct CustomerLinkTests {
    private func all(_ store: TestStore, _ scope: DataScope = TestStore.test.scope) throws -> [CustomerRecord]
    {
        try store.read(scope) { reader throws(DatabaseError) in
            try reader.customers(CustomerFilter(), PageRequest(limit: 100)).elements
        }
    }

    private func naming(_ number: Int64, epoch: StoreEpoch = TestStore.epoch) -> String {
        "{\"gw_customer_id\":\"\(PublicID(.customer, number).text(epoch: epoch))\"}"
    }

    @Test func `a customer first seen makes a local one without external id`() async throws {
        let store = try await TestStore()
        try await store.tell([("customer.created", Story.customer("cus_1", metadata: "{\"a\":\"b\"}"))])
        let customer = try #require(try all(store).first)
        #expect(customer.externalID == nil && customer.source == "provider" && customer.version > 0)
        #expect(customer.email == "jo@example.com" && customer.metadata["a"] == "b")
        #expect(customer.sync.state == .synced && customer.sync.providerID == ProviderID("cus_1"))
        #expect(customer.sync.freshness == .chained && customer.sync.provider == "stripe")
        #expect(customer.firstSeen.seconds == 1_700_000_000 && customer.lastSeen == nil)
    }

    @Test func `an equal address never links`() async throws {
        let store = try await TestStore()
        try await store.tell([
            ("customer.created", Story.customer("cus_1")), ("customer.created", Story.customer("cus_2")),
        ])
        #expect(try all(store).count == 2)
    }

    @Test func `our metadata links to the customer that it names`() async throws {
        let store = try await TestStore()
        try await store.tell([("customer.created", Story.customer("cus_1"))], on: TestStore.second)
        let first = try #require(try all(store).first)
        try await store.tell(
            [
                (
                    "customer.created",
                    Story.customer("cus_1", email: "x@example.com", metadata: naming(first.number))
                )
            ]
        )
        let customer = try #require(try all(store).first)
        #expect(try all(store).count == 1)
        // The lower connection fills the contact columns.
        #expect(customer.email == "x@example.com" && customer.sync.connection == TestStore.test.id)
        try await store.tell(
            [("customer.updated", Story.customer("cus_1", email: "y@example.com"))],
            on: TestStore.second,
            from: 5
        )
        #expect(try all(store).first?.email == "x@example.com")
    }

    @Test func `a name told later moves the link, and the customer made by the event gives way`() async throws
    {
        let store = try await TestStore()
        try await store.tell([("customer.created", Story.customer("cus_1"))], on: TestStore.second)
        let first = try #require(try all(store).first)
        try await store.tell([
            ("customer.created", Story.customer("cus_9")),
            ("charge.succeeded", Story.charge("ch_1", of: "cus_9", amount: 500)),
            ("customer.updated", Story.customer("cus_9", metadata: naming(first.number))),
        ])
        let customers = try all(store)
        #expect(customers.map(\.number) == [first.number])
        #expect(customers.first?.lifetimeRevenue.amounts == ["usd": 500])
        let former = try #require(
            try store.read { reader throws(DatabaseError) in try reader.customer(first.number + 1) }
        )
        #expect(former.mergedInto == first.number && former.archivedAt != nil)
        #expect(former.lifetimeRevenue.amounts.isEmpty && former.sync.state == .notMirrored)
    }

    @Test func `a second provider customer that names the same local one is a conflict`() async throws {
        let store = try await TestStore()
        try await store.tell([
            ("customer.created", Story.customer("cus_1")),
            ("customer.created", Story.customer("cus_2", metadata: naming(1))),
        ])
        let customers = try all(store)
        #expect(customers.count == 2)
        #expect(try store.customer("cus_2")?.sync.state == .conflict)
    }

    @Test func `names of another store, mode or of nobody link nothing`() async throws {
        let store = try await TestStore()
        try await store.tell([("customer.created", Story.customer("cus_live"))], on: TestStore.live)
        let live = try #require(try all(store, TestStore.live.scope).first)
        try await store.tell([
            ("customer.created", Story.customer("cus_1", metadata: naming(live.number))),
            ("customer.created", Story.customer("cus_2", metadata: naming(999))),
            (
                "customer.created",
                Story.customer("cus_3", metadata: naming(live.number, epoch: StoreEpoch(truncating: 9)))
            ),
            ("customer.created", Story.customer("cus_4", metadata: "{\"gw_customer_id\":\"cst_\"}")),
        ])
        #expect(try all(store).count == 4)
        #expect(try all(store, TestStore.live.scope).count == 1)
    }

    @Test func `a deleted provider customer leaves ours, not owing`() async throws {
        let store = try await TestStore()
        try await store.tell([
            ("customer.created", Story.customer("cus_1", delinquent: true)),
            ("customer.deleted", Story.customer("cus_1", delinquent: true)),
        ])
        let customer = try #require(try store.customer("cus_1"))
        #expect(customer.sync.state == .missing && !customer.isDelinquent)
        #expect(customer.email == "jo@example.com" && customer.archivedAt == nil)
        // A new provider customer for it takes the place.
        try await store.tell(
            [("customer.created", Story.customer("cus_2", metadata: naming(customer.number)))],
            from: 10
        )
        let again = try #require(try store.customer("cus_2"))
        #expect(again.number == customer.number && again.sync.state == .synced)
        #expect(again.sync.providerID == ProviderID("cus_2"))
    }

    @Test func `accounts with the same ids never meet`() async throws {
        let store = try await TestStore()
        for (connection, amount) in [(TestStore.test, 100), (TestStore.live, 200), (TestStore.second, 300)] {
            try await store.tell(
                [
                    ("customer.created", Story.customer("cus_1", email: "\(amount)@example.com")),
                    (
                        "customer.subscription.created",
                        Story.subscription("sub_1", of: "cus_1", start: 1_700_000_000 + Int64(amount))
                    ),
                    ("charge.succeeded", Story.charge("ch_1", of: "cus_1", amount: Int64(amount))),
                ],
                on: connection
            )
        }
        let test = try all(store).sorted { $0.number < $1.number }
        #expect(test.map(\.email) == ["100@example.com", "300@example.com"])
        #expect(test.map(\.lifetimeRevenue.amounts) == [["usd": 100], ["usd": 300]])
        #expect(test.map { $0.subscriptionDate?.seconds } == [1_700_000_100, 1_700_000_300])
        let live = try all(store, TestStore.live.scope)
        #expect(live.map(\.lifetimeRevenue.amounts) == [["usd": 200]])
        let hidden = try #require(live.first)
        #expect(try store.read { reader throws(DatabaseError) in try reader.customer(hidden.number) } == nil)
        let otherSite = DataScope(site: "other", mode: .test)
        #expect(try all(store, otherSite).isEmpty)
    }

    @Test func `an echo changes no version and a change bumps it`() async throws {
        let store = try await TestStore()
        try await store.tell([("customer.created", Story.customer("cus_1"))])
        let before = try #require(try store.customer("cus_1"))
        try await store.tell([("customer.updated", Story.customer("cus_1"))], from: 1)
        #expect(try store.customer("cus_1")?.version == before.version)
        try await store.tell([("customer.updated", Story.customer("cus_1", email: "n@example.com"))], from: 2)
        let after = try #require(try store.customer("cus_1"))
        #expect(after.version == before.version + 1 && after.email == "n@example.com")
    }
}
