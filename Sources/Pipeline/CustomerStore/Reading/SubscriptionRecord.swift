package import BillingModel
package import Timing

/// A subscription as the API shows it.
package struct SubscriptionRecord: Sendable, Hashable {
    package var number: Int64
    package var version: Int64
    /// Row of `customers`; nil while the customer has not arrived.
    package var customer: Int64?
    package var providerCustomer: ProviderID?
    package var status: SubscriptionStatus
    package var product: ObjectLink?
    package var price: ObjectLink?
    package var startDate: Timestamp?
    package var trialStart: Timestamp?
    package var trialEnd: Timestamp?
    package var currentPeriodStart: Timestamp?
    package var currentPeriodEnd: Timestamp?
    package var cancelAt: Timestamp?
    package var cancelsAtPeriodEnd: Bool
    package var canceledAt: Timestamp?
    package var endedAt: Timestamp?
    package var currency: String?
    package var collectionMethod: String?
    package var defaultPaymentMethod: ObjectLink?
    package var items: [SubscriptionItemRecord]
    package var paymentCollection: PaymentCollection
    /// Row of `invoices`: the newest invoice that is no draft; nil when none is known.
    package var latestInvoiceNumber: Int64?
    package var latestInvoice: InvoiceRecord?
    package var renewalNumber: Int64
    package var metadata: Metadata
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
    package var sync: SyncRecord

    /// `canceled_by_billing`, `pending_payment_expired`, or nil while it lives.
    package var cancelReason: String? {
        switch status {
        case .canceled: "canceled_by_billing"
        case .expired: "pending_payment_expired"
        case .notStarted, .paymentPending, .inTrial, .active, .pastDue, .unpaid, .paused: nil
        }
    }
}

package struct SubscriptionItemRecord: Sendable, Hashable {
    /// Row of `subscription_items`; kept while the provider keeps the item's id.
    package var number: Int64
    package var providerID: ProviderID
    package var price: ObjectLink?
    package var product: ObjectLink?
    package var quantity: Int64?
    package var unitAmount: Int64?
    package var currency: String?
    package var interval: String?
    package var intervalCount: Int64?
    package var isMetered: Bool
    package var currentPeriodStart: Timestamp?
    package var currentPeriodEnd: Timestamp?
}
