import BillingModel
import Testing

struct MoneyTests {
    @Test func `amounts of one currency add up and others do not`() {
        let ten = Money(amount: 10, currency: "usd")
        #expect(ten.adding(Money(amount: -4, currency: "usd")) == Money(amount: 6, currency: "usd"))
        #expect(ten.adding(Money(amount: 1, currency: "eur")) == nil)
        #expect(Money(amount: .max, currency: "usd").adding(ten) == nil)
        #expect(Money(amount: .max, currency: "usd").multiplied(by: 2) == nil)
        #expect(ten.multiplied(by: -3)?.amount == -30)
    }

    @Test func `a total per currency forgets zeros and never wraps`() {
        var total = MoneyByCurrency()
        total.add(Money(amount: 5, currency: "usd"))
        total.add(Money(amount: 7, currency: "eur"))
        total.add(Money(amount: -5, currency: "usd"))
        #expect(total.amounts == ["eur": 7])
        total.add(Money(amount: .max, currency: "eur"))
        #expect(total.amounts == ["eur": .max])
        #expect(total.sorted == [Money(amount: .max, currency: "eur")])
    }

    @Test(arguments: SubscriptionStatus.allCases)
    func `every status makes something of its customer`(status: SubscriptionStatus) {
        #expect(status.customerStatus != .notSubscribed)
        if status.isTerminal { #expect(status.customerStatus == .canceled) }
    }

    @Test func `customers rank as the catalogue says`() {
        let order: [CustomerStatus] = [
            .active, .pastDue, .inTrial, .sandbox, .paymentPending, .canceled, .notSubscribed,
        ]
        #expect(CustomerStatus.allCases.sorted { $0.rank > $1.rank } == order)
        #expect(SubscriptionStatus.unpaid.customerStatus == .pastDue)
        #expect(SubscriptionStatus.paused.customerStatus == .canceled)
        #expect(SubscriptionStatus.expired.customerStatus == .canceled)
        #expect(SubscriptionStatus.notStarted.customerStatus == .paymentPending)
    }

    @Test func `provider ids are compared by their bytes`() {
        #expect(ProviderID("caf\u{E9}") != ProviderID("cafe\u{301}"))
        #expect(Set([ProviderID("a"), ProviderID("a")]).count == 1)
    }
}
