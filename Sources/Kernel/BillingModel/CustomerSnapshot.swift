package import Timing

/// A provider's customer.
package struct CustomerSnapshot: Sendable, Hashable {
    package var created: Timestamp?
    package var email: String?
    package var name: String?
    package var phone: String?
    package var details: String?
    /// The currency of its invoices, once it had one.
    package var currency: String?
    /// Minor units; negative is a credit.
    package var balance: Int64 = 0
    package var isDelinquent = false
    package var defaultPaymentMethod: ProviderID?
    /// First of the preferred languages, as the provider writes it (`en-GB`).
    package var language: String?
    package var metadata = Metadata()

    package init() {}
}

/// A payment method of a provider's customer; never a full number.
package struct PaymentMethodSnapshot: Sendable, Hashable {
    package var created: Timestamp?
    /// Nil when detached.
    package var customer: ProviderID?
    /// `"card"`, `"sepa_debit"`, ….
    package var type = ""
    /// The card's brand, or the bank's name.
    package var brand: String?
    package var last4: String?
    package var expiryMonth: Int64?
    package var expiryYear: Int64?

    package init() {}
}
