import BillingModel
import CustomerStore
import Database
import Testing
import Timing

struct DerivedFieldTests {
    private func customer(after events: [(type: String, object: String)]) async throws -> CustomerRecord {
        let store = try await TestStore()
        try await store.tell([("customer.created", Story.customer("cus_1"))] + events)
        return try #require(try store.customer("cus_1"))
    }

    private func subscription(
        after events: [(type: String, object: String)]
    ) async throws -> SubscriptionRecord {
        let store = try await TestStore()
        try await store.tell([("customer.created", Story.customer("cus_1"))] + events)
        let customer = try #require(try store.customer("cus_1"))
        return try #require(try store.subscriptions(of: customer.number).first)
    }

    @Test func `the highest status speaks for the customer`() async throws {
        let statuses = ["canceled", "incomplete", "trialing", "past_due", "active"]
        let ours: [CustomerStatus] = [.canceled, .paymentPending, .inTrial, .pastDue, .active]
        for count in 1...statuses.count {
            let events = statuses.prefix(count).enumerated().map { index, status in
                (
                    type: "customer.subscription.created",
                    object: Story.subscription("sub_\(index)", of: "cus_1", status: status)
                )
            }
            let customer = try await customer(after: events.reversed())
            #expect(customer.status == ours[count - 1])
            #expect(customer.product?.providerID == ProviderID("prod_sub_\(count - 1)"))
        }
    }

    @Test func `of two alike the later start speaks, then the greater id`() async throws {
        let early = Story.subscription("sub_z", of: "cus_1", start: 1_700_000_000)
        let late = Story.subscription("sub_a", of: "cus_1", start: 1_700_000_001)
        let twin = Story.subscription("sub_b", of: "cus_1", start: 1_700_000_001)
        for order in permutations([early, late, twin]) {
            let customer = try await customer(after: order.map { ("customer.subscription.created", $0) })
            #expect(customer.price?.providerID == ProviderID("price_sub_b"))
            #expect(customer.subscriptionDate?.seconds == 1_700_000_001)
            #expect(customer.activationDate?.seconds == 1_700_000_000)
        }
    }

    @Test func `a trial shows only while it runs`() async throws {
        let trial = Story.subscription("sub_1", of: "cus_1", status: "trialing", trialEnd: 1_700_500_000)
        let paid = Story.subscription("sub_1", of: "cus_1", status: "active", trialEnd: 1_700_500_000)
        let during = try await customer(after: [("customer.subscription.created", trial)])
        #expect(during.isTrial && during.trialEnd?.seconds == 1_700_500_000)
        let after = try await customer(after: [
            ("customer.subscription.created", trial), ("customer.subscription.updated", paid),
        ])
        #expect(!after.isTrial && after.trialEnd == nil && after.status == .active)
    }

    @Test func `renewals are distinct paid periods after the first`() async throws {
        func renewal(_ id: String, _ start: Int64, _ status: String = "paid") -> (String, String) {
            (
                "invoice.paid",
                Story.invoice(id, of: "cus_1", subscription: "sub_1", status: status, periodStart: start)
            )
        }
        let subscription = Story.subscription("sub_1", of: "cus_1", trialEnd: 1_700_500_000)
        let events: [(String, String)] = [
            ("customer.subscription.created", subscription),
            renewal("in_trial_end", 1_700_500_000), renewal("in_1", 1_703_000_000),
            renewal("in_1_again", 1_703_000_000), renewal("in_2", 1_706_000_000),
            renewal("in_open", 1_709_000_000, "open"),
            (
                "invoice.paid",
                Story.invoice(
                    "in_change",
                    of: "cus_1",
                    subscription: "sub_1",
                    reason: "subscription_update",
                    periodStart: 1_704_000_000
                )
            ),
        ]
        #expect(try await customer(after: events).renewalNumber == 2)
        #expect(try await customer(after: events.reversed()).renewalNumber == 2)
    }

    @Test(arguments: [
        ("paid", 1, PaymentCollection.notRequired), ("void", 1, .notRequired), ("open", 0, .processing),
        ("open", 1, .failed), ("uncollectible", 2, .failed),
    ])
    func `the latest invoice says how collection stands`(
        status: String,
        attempts: Int64,
        wanted: PaymentCollection
    ) async throws {
        let invoice = Story.invoice(
            "in_1",
            of: "cus_1",
            subscription: "sub_1",
            status: status,
            attempts: attempts
        )
        let told = try await subscription(after: [
            ("invoice.updated", invoice),
            ("customer.subscription.created", Story.subscription("sub_1", of: "cus_1")),
        ])
        #expect(told.paymentCollection == wanted)
        #expect(told.latestInvoice?.sync.providerID == ProviderID("in_1"))
    }

    @Test func `an older invoice's failure after a newer paid one changes nothing`() async throws {
        func invoice(_ id: String, _ status: String, _ created: Int64) -> String {
            Story.invoice(id, of: "cus_1", subscription: "sub_1", status: status, created: created)
        }
        let told = try await subscription(after: [
            ("customer.subscription.created", Story.subscription("sub_1", of: "cus_1")),
            ("invoice.payment_failed", invoice("in_1", "open", 100)),
            ("invoice.paid", invoice("in_2", "paid", 200)),
            ("invoice.payment_failed", invoice("in_1", "uncollectible", 100)),
            ("invoice.created", invoice("in_3", "draft", 300)),
        ])
        #expect(told.paymentCollection == .notRequired)
        #expect(told.latestInvoice?.sync.providerID == ProviderID("in_2"))
    }

    @Test func `a wanted authentication is remembered until the next attempt`() async throws {
        func invoice(_ attempts: Int64, _ status: String = "open") -> String {
            Story.invoice("in_1", of: "cus_1", subscription: "sub_1", status: status, attempts: attempts)
        }
        let start: [(type: String, object: String)] = [
            ("customer.subscription.created", Story.subscription("sub_1", of: "cus_1")),
            ("invoice.payment_failed", invoice(1)),
            ("invoice.payment_action_required", invoice(1)),
            ("invoice.updated", invoice(1)),
        ]
        let waiting = try await subscription(after: start)
        #expect(waiting.paymentCollection == .actionRequired)
        #expect(waiting.latestInvoice?.requiresAction == true)
        let failed = try await subscription(after: start + [("invoice.payment_failed", invoice(2))])
        #expect(failed.paymentCollection == .failed)
        #expect(failed.latestInvoice?.requiresAction == false)
        let paid = try await subscription(after: start + [("invoice.paid", invoice(2, "paid"))])
        #expect(paid.paymentCollection == .notRequired)
    }

    @Test func `delinquency dates from the oldest unpaid invoice and ends with the last`() async throws {
        func invoice(_ id: String, _ created: Int64, _ status: String) -> (type: String, object: String) {
            ("invoice.updated", Story.invoice(id, of: "cus_1", status: status, created: created))
        }
        let owing = try await customer(after: [invoice("in_2", 200, "open"), invoice("in_1", 100, "open")])
        #expect(owing.delinquencyDate?.seconds == 100)
        let cured = try await customer(after: [
            invoice("in_2", 200, "open"), invoice("in_1", 100, "open"), invoice("in_1", 100, "paid"),
            invoice("in_2", 200, "paid"),
        ])
        #expect(cured.delinquencyDate == nil)
    }

    @Test func `a failed delayed payment shows on its session, in any order`() async throws {
        let object = """
            {"id":"cs_1","object":"checkout.session","created":1700000000,"status":"complete","mode":"payment",
             "payment_status":"unpaid","metadata":{}}
            """
        for order in [[0, 1], [1, 0]] {
            let store = try await TestStore()
            let types = ["checkout.session.completed", "checkout.session.async_payment_failed"]
            for index in order { try await store.apply([(index, try Story.event(types[index], object))]) }
            let sessions = try store.read { reader throws(DatabaseError) in
                var filter = ObjectFilter()
                filter.status = "failed"
                return try reader.checkoutSessions(filter, PageRequest(limit: 5)).elements
            }
            #expect(sessions.map(\.status) == [.failed])
        }
    }
}
