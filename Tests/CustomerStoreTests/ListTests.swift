import BillingModel
import Database
import DatabaseSQLite
import Testing
import Timing

@testable import CustomerStore

struct ListTests {
    @Test func `pages follow each other without gap or overlap, newest first, over several connections`()
        async throws
    {
        let store = try await TestStore()
        for connection in [TestStore.test, TestStore.second] {
            let events = try (0..<13).map { index in
                let object = Story.subscription(
                    "sub_\(index)",
                    of: "cus_1",
                    start: 1_700_000_000 + Int64(index / 3)
                )
                return (index, try Story.event("customer.subscription.created", object))
            }
            try await store.apply(events, on: connection)
        }
        for limit in [1, 4, 25, 26, 100] {
            var seen: [PagePosition] = []
            var after: PagePosition?
            repeat {
                let page = try store.read { reader throws(DatabaseError) in
                    try reader.subscriptions(ObjectFilter(), PageRequest(limit: limit, after: after))
                }
                #expect(page.elements.count <= limit)
                #expect(page.elements.allSatisfy { $0.items.count == 1 })
                seen += page.elements.map(\.pagePosition)
                after = page.next
            } while after != nil
            #expect(seen.count == 26)
            #expect(Set(seen).count == 26)
            let sorted = seen.sorted { ($0.createdAt, $0.number) > ($1.createdAt, $1.number) }
            #expect(seen == sorted)
        }
    }

    @Test func `customers are found by address, provider id, status and time`() async throws {
        let store = try await TestStore()
        try await store.tell([
            ("customer.created", Story.customer("cus_1", email: "Jo@Example.com ")),
            ("customer.created", Story.customer("cus_2", email: "other@example.com")),
            ("customer.subscription.created", Story.subscription("sub_2", of: "cus_2")),
        ])
        func find(_ change: (inout CustomerFilter) -> Void) throws -> [String?] {
            var filter = CustomerFilter()
            change(&filter)
            return try store.read { reader throws(DatabaseError) in
                try reader.customers(filter, PageRequest(limit: 10)).elements.map {
                    $0.sync.providerID?.rawValue
                }
            }
        }
        #expect(try find { $0.email = " JO@example.COM" } == ["cus_1"])
        #expect(try find { $0.email = "  " } == [])
        #expect(try find { $0.providerID = ProviderID("cus_2") } == ["cus_2"])
        #expect(try find { $0.status = .active } == ["cus_2"])
        #expect(try find { $0.createdAfter = Timestamp(milliseconds: 1_700_000_000_000) } == [])
        #expect(try find { $0.createdBefore = Timestamp(milliseconds: 1_700_000_000_001) }.count == 2)
        #expect(try find { $0.externalID = "nobody" } == [])
        #expect(
            try find {
                $0.providerID = ProviderID("cus_2")
                $0.status = .canceled
            } == []
        )
    }

    @Test func `invoices are found by customer, subscription and status`() async throws {
        let store = try await TestStore()
        try await store.tell([
            ("customer.created", Story.customer("cus_1")),
            ("customer.subscription.created", Story.subscription("sub_1", of: "cus_1")),
            ("invoice.paid", Story.invoice("in_1", of: "cus_1", subscription: "sub_1")),
            ("invoice.updated", Story.invoice("in_2", of: "cus_1", status: "open")),
            ("invoice.paid", Story.invoice("in_3", of: "cus_2")),
        ])
        let customer = try #require(try store.customer("cus_1"))
        let subscription = try #require(try store.subscriptions(of: customer.number).first)
        func find(_ change: (inout ObjectFilter) -> Void) throws -> Set<String> {
            var filter = ObjectFilter()
            change(&filter)
            return try store.read { reader throws(DatabaseError) in
                let page = try reader.invoices(filter, PageRequest(limit: 10))
                return Set(page.elements.compactMap { $0.sync.providerID?.rawValue })
            }
        }
        #expect(try find { _ in } == ["in_1", "in_2", "in_3"])
        #expect(try find { $0.customer = customer.number } == ["in_1", "in_2"])
        #expect(try find { $0.subscription = subscription.number } == ["in_1"])
        #expect(try find { $0.status = "open" } == ["in_2"])
        #expect(try find { $0.customer = 999 } == [])
        #expect(try find { $0.product = 1 } == [])
        #expect(try find { $0.providerID = ProviderID("in_3") } == ["in_3"])
        let invoice = try store.read { reader throws(DatabaseError) in
            var filter = ObjectFilter()
            filter.providerID = ProviderID("in_1")
            return try reader.invoices(filter, PageRequest(limit: 1)).elements.first
        }
        #expect(invoice?.customer == customer.number && invoice?.subscription?.number == subscription.number)
    }

    @Test func `lists and the writer's questions use an index and sort nothing large`() async throws {
        let store = try await TestStore()
        let lists: [Statement] = [
            SubscriptionsQuery.rows.newest, ProductsQuery.rows.newest, PricesQuery.rows.newest,
            InvoicesQuery.rows.newest, CheckoutSessionsQuery.rows.newest, PaymentMethodsQuery.rows.newest,
            ChargesQuery.rows.newest, RefundsQuery.rows.newest, DisputesQuery.rows.newest,
            CustomersQuery.list,
        ]
        let narrowed =
            [SubscriptionsQuery.rows.narrowed, InvoicesQuery.rows.narrowed, ChargesQuery.rows.narrowed]
            .flatMap(\.values) + [CustomersQuery.listByEmail]
        for statement in lists + narrowed {
            let plan = try plan(of: statement, in: store)
            #expect(!plan.contains { $0.detail.hasPrefix("SCAN") }, "\(statement.name): \(plan)")
            if lists.contains(where: { $0 === statement }) {
                // A step below another one sorts the few identities of one customer, which is nothing large.
                let sorts = plan.contains { $0.parent == 0 && $0.detail.contains("TEMP B-TREE") }
                #expect(!sorts, "\(statement.name): \(plan)")
            }
        }
    }

    private func plan(
        of statement: Statement,
        in store: TestStore
    ) throws -> [(parent: Int64, detail: String)] {
        let explain = Statement("test.explain", "EXPLAIN QUERY PLAN " + statement.sql)
        return try store.database.read { transaction throws(DatabaseError) in
            try transaction.rows(explain, Array(repeating: .null, count: 12)) { row in
                (row.integer(1), row.text(3))
            }
        }
    }
}
