package import BillingModel
package import Timing

/// Where a page of a list ended. Newest first by (created_at, number); both are in the cursor.
package struct PagePosition: Sendable, Hashable {
    package let createdAt: Timestamp
    package let number: Int64

    package init(createdAt: Timestamp, number: Int64) {
        self.createdAt = createdAt
        self.number = number
    }
}

package struct PageRequest: Sendable, Hashable {
    /// 1 to 100.
    package let limit: Int
    /// Nil for the first page.
    package let after: PagePosition?

    package init(limit: Int, after: PagePosition? = nil) {
        precondition((1...100).contains(limit), "a page has one to a hundred rows")
        self.limit = limit
        self.after = after
    }
}

package struct Page<Element: Sendable>: Sendable {
    package let elements: [Element]
    /// Nil when this page is the last.
    package let next: PagePosition?

    package init(elements: [Element], next: PagePosition?) {
        self.elements = elements
        self.next = next
    }
}

/// Filters of a list of customers; all that are given must hold.
package struct CustomerFilter: Sendable, Hashable {
    /// As typed; compared normalised.
    package var email: String?
    package var externalID: String?
    package var providerID: ProviderID?
    package var status: CustomerStatus?
    /// Exclusive.
    package var createdAfter: Timestamp?
    /// Exclusive.
    package var createdBefore: Timestamp?

    package init() {}
}

/// Filters of the lists of everything else; each member says which lists know it. At most one of `customer`,
/// `subscription`, `product` and `providerID` counts, in the reverse of that order.
package struct ObjectFilter: Sendable, Hashable {
    /// Row of `customers`. Subscriptions, invoices, checkout sessions, payment methods, charges.
    package var customer: Int64?
    /// Row of `subscriptions`. Invoices.
    package var subscription: Int64?
    /// Row of `products`. Prices.
    package var product: Int64?
    /// The neutral word. Subscriptions, invoices, checkout sessions, charges, refunds, disputes.
    package var status: String?
    /// Products, prices.
    package var isActive: Bool?
    package var providerID: ProviderID?
    /// Exclusive.
    package var createdAfter: Timestamp?
    /// Exclusive.
    package var createdBefore: Timestamp?

    package init() {}
}
