package import Timing

/// A visit to the provider's payment page.
package struct CheckoutSessionSnapshot: Sendable, Hashable {
    package enum Status: String, Sendable, Hashable, CaseIterable {
        case open
        case complete
        case expired
    }

    package var created: Timestamp?
    package var customer: ProviderID?
    package var subscription: ProviderID?
    package var invoice: ProviderID?
    package var paymentIntent: ProviderID?
    /// `"payment"`, `"setup"` or `"subscription"`.
    package var mode = ""
    package var status: Status
    /// `"paid"`, `"unpaid"` or `"no_payment_required"`; a complete session may still be unpaid.
    package var paymentStatus = ""
    package var amountTotal: Int64?
    package var currency: String?
    /// Nil once the session is over.
    package var url: String?
    /// What the application, or anybody who edited a payment link, wrote there: never proof of identity.
    package var clientReference: String?
    package var expiresAt: Timestamp?
    package var metadata = Metadata()

    package init(status: Status) {
        self.status = status
    }
}
