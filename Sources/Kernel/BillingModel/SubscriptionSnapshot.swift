package import Timing

/// A provider's subscription with its items.
package struct SubscriptionSnapshot: Sendable, Hashable {
    package var created: Timestamp?
    package var customer: ProviderID?
    package var status: SubscriptionStatus
    package var startDate: Timestamp?
    package var trialStart: Timestamp?
    /// Stays after the trial is over; the status says whether it is.
    package var trialEnd: Timestamp?
    /// The earliest start and end among the items' present periods.
    package var currentPeriodStart: Timestamp?
    /// The latest end among the items' present periods.
    package var currentPeriodEnd: Timestamp?
    package var cancelAt: Timestamp?
    package var cancelsAtPeriodEnd = false
    package var canceledAt: Timestamp?
    package var endedAt: Timestamp?
    package var currency: String?
    /// `"charge_automatically"` or `"send_invoice"`.
    package var collectionMethod: String?
    package var defaultPaymentMethod: ProviderID?
    /// What the provider's snapshot names; the store derives its own from the invoices it knows.
    package var latestInvoice: ProviderID?
    package var items: [SubscriptionItemSnapshot] = []
    /// False when the provider cut the list of items short.
    package var itemsAreComplete = true
    package var metadata = Metadata()

    package init(status: SubscriptionStatus) {
        self.status = status
    }
}

/// One priced line of a subscription.
package struct SubscriptionItemSnapshot: Sendable, Hashable {
    package var id: ProviderID
    package var price: ProviderID?
    package var product: ProviderID?
    /// Nil for metered items.
    package var quantity: Int64?
    /// Minor units per unit; nil when tiered or finer than a minor unit.
    package var unitAmount: Int64?
    package var currency: String?
    /// `"day"`, `"week"`, `"month"` or `"year"`.
    package var interval: String?
    package var intervalCount: Int64?
    package var isMetered = false
    package var currentPeriodStart: Timestamp?
    package var currentPeriodEnd: Timestamp?

    package init(id: ProviderID) {
        self.id = id
    }
}
