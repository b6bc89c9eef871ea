/// An amount in minor units (cents, or the yen itself) of one currency. Arithmetic reports overflow.
package struct Money: Sendable, Hashable {
    package let amount: Int64
    /// ISO 4217, lower case: `"usd"`.
    package let currency: String

    package init(amount: Int64, currency: String) {
        self.amount = amount
        self.currency = currency
    }

    /// Nil when the currencies differ or the sum does not fit.
    package func adding(_ other: Money) -> Money? {
        guard currency == other.currency else { return nil }
        let (sum, overflow) = amount.addingReportingOverflow(other.amount)
        return overflow ? nil : Money(amount: sum, currency: currency)
    }

    /// The price of `quantity` units; nil when it does not fit.
    package func multiplied(by quantity: Int64) -> Money? {
        let (product, overflow) = amount.multipliedReportingOverflow(by: quantity)
        return overflow ? nil : Money(amount: product, currency: currency)
    }

    /// Larger amounts in a provider's object are taken for damage: ten times what any provider allows, and
    /// small enough that nine thousand of them still add up in 64 bits.
    package static let providerAmountMax: Int64 = 1_000_000_000_000_000
}

/// Amounts per currency, such as a customer's lifetime revenue. Holds no currency whose amount is zero.
package struct MoneyByCurrency: Sendable, Hashable {
    package private(set) var amounts: [String: Int64]

    package init() {
        amounts = [:]
    }

    package init(_ amounts: [String: Int64]) {
        self.amounts = amounts.filter { $0.value != 0 }
    }

    /// Stops at the ends of 64 bits instead of wrapping: a wrong total must at least stay on its side of zero.
    package mutating func add(_ money: Money) {
        let present = amounts[money.currency] ?? 0
        let (sum, overflow) = present.addingReportingOverflow(money.amount)
        let total = overflow ? (money.amount > 0 ? Int64.max : Int64.min) : sum
        amounts[money.currency] = total == 0 ? nil : total
    }

    /// In the order of the currencies' names.
    package var sorted: [Money] {
        amounts.sorted { $0.key < $1.key }.map { Money(amount: $0.value, currency: $0.key) }
    }
}
