package import BillingModel
package import Timing

/// A customer as the API shows it.
package struct CustomerRecord: Sendable, Hashable {
    /// Row of `customers`; the public id is made of it.
    package var number: Int64
    package var version: Int64
    package var site: String
    package var mode: DataMode
    package var externalID: String?
    /// `api`, `auto`, `dashboard`, `provider` or `import`.
    package var source: String
    package var email: String?
    package var name: String?
    package var phone: String?
    package var details: String?
    package var language: String?
    package var currency: String?
    package var balance: Int64
    package var isDelinquent: Bool
    package var defaultPaymentMethod: ObjectLink?
    package var metadata: Metadata
    // Derived.
    package var status: CustomerStatus
    /// Row of `subscriptions` that speaks for the customer.
    package var currentSubscription: Int64?
    package var product: ObjectLink?
    package var price: ObjectLink?
    package var isTrial: Bool
    package var trialEnd: Timestamp?
    package var renewalNumber: Int64
    package var subscriptionDate: Timestamp?
    package var activationDate: Timestamp?
    package var delinquencyDate: Timestamp?
    package var lifetimeRevenue: MoneyByCurrency
    package var firstSeen: Timestamp
    package var lastSeen: Timestamp?
    package var archivedAt: Timestamp?
    /// Row of `customers` that took this one's place.
    package var mergedInto: Int64?
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
    package var sync: SyncRecord
}

/// A card or another means of payment.
package struct PaymentMethodRecord: Sendable, Hashable {
    package var number: Int64
    package var version: Int64
    /// Row of `customers`; nil when detached, or when the customer has not arrived.
    package var customer: Int64?
    package var type: String
    package var brand: String?
    package var last4: String?
    package var expiryMonth: Int64?
    package var expiryYear: Int64?
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
    package var sync: SyncRecord
}
