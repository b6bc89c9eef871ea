package import BillingModel
package import JSON

/// A question to a provider.
package enum ProviderRead: Sendable, Hashable {
    case object(ObjectType, ProviderID)
    /// Newest first; the filter is exact and tells upper from lower case, so ask for both spellings.
    case customersByEmail(String, page: PageRequest)
    /// Sessions of one customer made at or after `createdFrom`, Unix seconds; nil for all.
    case checkoutSessions(customer: ProviderID?, createdFrom: Int64?, page: PageRequest)
    /// Events made at or after `createdFrom`, Unix seconds; at most twenty types, none for all.
    case events(createdFrom: Int64?, types: [String], page: PageRequest)
    /// All objects of a type, newest first, also those that a list leaves out by default.
    case list(ObjectType, createdFrom: Int64?, createdThrough: Int64?, page: PageRequest)
    /// A customer's subscriptions, invoices, checkout sessions or payment methods, newest first.
    case listOfCustomer(ObjectType, ProviderID, page: PageRequest)
    /// The lines of an invoice, beyond those that stand in it.
    case invoiceLines(ProviderID, page: PageRequest)
    /// The items of a subscription, beyond those that stand in it.
    case subscriptionItems(ProviderID, page: PageRequest)
}

/// Which part of a list.
package struct PageRequest: Sendable, Hashable {
    package static let countMax = 100

    package enum Place: Sendable, Hashable {
        case first
        /// Older than this object.
        case after(ProviderID)
        /// Newer than this object.
        case before(ProviderID)
    }

    package let place: Place
    /// 1 to 100.
    package let count: Int

    package init(_ place: Place = .first, count: Int = PageRequest.countMax) {
        precondition((1...Self.countMax).contains(count), "a page has one to a hundred objects")
        self.place = place
        self.count = count
    }
}

/// One page of a list.
package struct ProviderPage: Sendable {
    package let elements: [JSONValue]
    /// There is more beyond the last element; always false on a page that is empty.
    package let hasMore: Bool
    /// Id of the last element: the cursor of the next page.
    package let lastID: ProviderID?
}
