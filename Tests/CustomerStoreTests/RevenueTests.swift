import BillingModel
import CustomerStore
import Testing

struct RevenueTests {
    struct Ledger: CustomTestStringConvertible, Sendable {
        let name: String
        let events: [(type: String, object: String)]
        let total: [String: Int64]

        var testDescription: String { name }
    }

    static let ledgers: [Ledger] = [
        Ledger(
            name: "catalogue R60: 1700 and 1700 paid, 500 refunded",
            events: [
                ("customer.created", Story.customer("cus_1")),
                ("invoice.paid", Story.invoice("in_1", of: "cus_1", paid: 1700)),
                ("invoice.paid", Story.invoice("in_2", of: "cus_1", paid: 1700)),
                (
                    "charge.refunded",
                    Story.charge("ch_1", of: "cus_1", amount: 1700, refunded: 500, invoice: "in_1")
                ),
            ],
            total: ["usd": 2900]
        ),
        Ledger(
            name: "a one-off charge counts",
            events: [
                ("charge.succeeded", Story.charge("ch_1", of: "cus_1", amount: 500, intent: "pi_1")),
                ("customer.created", Story.customer("cus_1")),
            ],
            total: ["usd": 500]
        ),
        Ledger(
            name: "a charge that an invoice payment names is not counted twice",
            events: [
                ("customer.created", Story.customer("cus_1")),
                ("invoice.paid", Story.invoice("in_1", of: "cus_1", paid: 500)),
                ("charge.succeeded", Story.charge("ch_1", of: "cus_1", amount: 500, intent: "pi_1")),
                ("invoice_payment.paid", Story.invoicePayment("inpay_1", of: "in_1", intent: "pi_1")),
            ],
            total: ["usd": 500]
        ),
        Ledger(
            name: "a charge whose intent an invoice names is not counted twice",
            events: [
                ("customer.created", Story.customer("cus_1")),
                ("charge.succeeded", Story.charge("ch_1", of: "cus_1", amount: 500, intent: "pi_1")),
                ("invoice.paid", Story.invoice("in_1", of: "cus_1", paid: 500, intent: "pi_1")),
            ],
            total: ["usd": 500]
        ),
        Ledger(
            name: "a refund that only its own object tells",
            events: [
                ("customer.created", Story.customer("cus_1")),
                ("charge.succeeded", Story.charge("ch_1", of: "cus_1", amount: 500, intent: "pi_1")),
                ("refund.created", Story.refund("re_1", of: "ch_1", amount: 200)),
                ("refund.created", Story.refund("re_2", of: "ch_1", amount: 100)),
            ],
            total: ["usd": 200]
        ),
        Ledger(
            name: "a failed refund is taken back though the charge still counts it",
            events: [
                ("customer.created", Story.customer("cus_1")),
                (
                    "charge.refunded",
                    Story.charge("ch_1", of: "cus_1", amount: 500, refunded: 300, intent: "pi_1")
                ),
                ("refund.created", Story.refund("re_1", of: "ch_1", amount: 200)),
                ("refund.failed", Story.refund("re_2", of: "ch_1", amount: 100, status: "failed")),
            ],
            total: ["usd": 300]
        ),
        Ledger(
            name: "a lost dispute is taken off and a won one is not",
            events: [
                ("customer.created", Story.customer("cus_1")),
                ("charge.succeeded", Story.charge("ch_1", of: "cus_1", amount: 500, intent: "pi_1")),
                ("charge.dispute.closed", Story.dispute("dp_1", of: "ch_1", amount: 500, status: "lost")),
                ("charge.succeeded", Story.charge("ch_2", of: "cus_1", amount: 700, intent: "pi_2")),
                ("charge.dispute.closed", Story.dispute("dp_2", of: "ch_2", amount: 700, status: "won")),
            ],
            total: ["usd": 700]
        ),
        Ledger(
            name: "failed charges and open invoices are no revenue, and a total of zero is none",
            events: [
                ("customer.created", Story.customer("cus_1")),
                ("charge.failed", Story.charge("ch_1", of: "cus_1", status: "failed")),
                ("invoice.finalized", Story.invoice("in_1", of: "cus_1", status: "open")),
                ("charge.refunded", Story.charge("ch_2", of: "cus_1", amount: 500, refunded: 500)),
            ],
            total: [:]
        ),
    ]

    @Test(arguments: ledgers)
    func `every order of arrival, told twice, gives the same total`(ledger: Ledger) async throws {
        for (round, order) in permutations(Array(ledger.events.indices)).enumerated() where round % 4 == 0 {
            let store = try await TestStore()
            for index in order + order {
                let event = ledger.events[index]
                try await store.apply([(index, try Story.event(event.type, event.object))])
            }
            let customer = try #require(try store.customer("cus_1"))
            #expect(customer.lifetimeRevenue.amounts == ledger.total, "order \(order)")
        }
    }

    @Test func `a deleted invoice takes its revenue with it`() async throws {
        let store = try await TestStore()
        try await store.tell([
            ("customer.created", Story.customer("cus_1")),
            ("invoice.paid", Story.invoice("in_1", of: "cus_1", subscription: "sub_1")),
            ("invoice.deleted", Story.invoice("in_1", of: "cus_1", subscription: "sub_1")),
        ])
        let customer = try #require(try store.customer("cus_1"))
        #expect(customer.lifetimeRevenue.amounts.isEmpty)
    }

    @Test func `a total never overflows, however large the amounts`() async throws {
        let store = try await TestStore()
        try await store.tell([("customer.created", Story.customer("cus_1"))])
        let amount = Money.providerAmountMax
        let invoices = try (0..<20).map { index in
            (index, try Story.event("invoice.paid", Story.invoice("in_\(index)", of: "cus_1", paid: amount)))
        }
        try await store.apply(invoices)
        #expect(try store.customer("cus_1")?.lifetimeRevenue.amounts == ["usd": amount * 20])
    }
}
