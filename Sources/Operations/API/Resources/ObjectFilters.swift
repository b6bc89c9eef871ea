import BillingModel
import CustomerStore

/// What the lists of provider objects filter by; each list takes those that it knows.
struct ObjectFilterReader {
    private(set) var filter = ObjectFilter()
    /// False once a filter names something that does not exist.
    private(set) var canMatch = true
    private let finder: ObjectFinder

    /// Every list knows `provider_id`, `created_after` and `created_before`.
    init(_ query: inout QueryParameters, _ finder: ObjectFinder) throws {
        self.finder = finder
        filter.providerID = try query.take("provider_id").map { ProviderID($0) }
        filter.createdAfter = try query.takeTime("created_after")
        filter.createdBefore = try query.takeTime("created_before")
    }

    mutating func takeCustomer(_ query: inout QueryParameters) throws {
        guard let text = try query.take("customer_id") else { return }
        filter.customer = try finder.find(CustomerResource.self, text)?.number
        if filter.customer == nil { canMatch = false }
    }

    mutating func takeSubscription(_ query: inout QueryParameters) throws {
        guard let text = try query.take("subscription_id") else { return }
        filter.subscription = try finder.find(SubscriptionResource.self, text)?.number
        if filter.subscription == nil { canMatch = false }
    }

    mutating func takeProduct(_ query: inout QueryParameters) throws {
        guard let text = try query.take("product_id") else { return }
        filter.product = try finder.find(ProductResource.self, text)?.number
        if filter.product == nil { canMatch = false }
    }

    mutating func takeStatus<Word: RawRepresentable & CaseIterable>(
        _ query: inout QueryParameters,
        _ type: Word.Type
    ) throws where Word.RawValue == String {
        filter.status = try query.takeWord("status", type)?.rawValue
    }

    mutating func takeActive(_ query: inout QueryParameters) throws {
        filter.isActive = try query.takeBoolean("active")
    }

    /// Nil when nothing can match.
    var result: ObjectFilter? { canMatch ? filter : nil }

    static func providerID(_ id: ProviderID) -> ObjectFilter {
        var filter = ObjectFilter()
        filter.providerID = id
        return filter
    }
}
