package import BillingModel
package import Timing

/// An invoice as the API shows it.
package struct InvoiceRecord: Sendable, Hashable {
    package var number: Int64
    package var version: Int64
    /// Row of `customers`; nil while the customer has not arrived.
    package var customer: Int64?
    package var subscription: ObjectLink?
    /// The provider's printed number, `"ABC-0003"`.
    package var invoiceNumber: String?
    package var status: InvoiceStatus
    package var billingReason: String?
    package var currency: String
    package var subtotal: Int64
    package var total: Int64
    package var amountDue: Int64
    package var amountPaid: Int64
    package var amountRemaining: Int64
    package var attemptCount: Int64
    package var isAttempted: Bool
    package var periodStart: Timestamp?
    package var periodEnd: Timestamp?
    package var dueDate: Timestamp?
    package var finalizedAt: Timestamp?
    package var paidAt: Timestamp?
    package var nextPaymentAttempt: Timestamp?
    package var paymentURL: String?
    package var requiresAction: Bool
    package var errorMessage: String?
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
    package var sync: SyncRecord
}

/// A visit to the payment page as the API shows it.
package struct CheckoutSessionRecord: Sendable, Hashable {
    package enum Status: String, Sendable, Hashable, CaseIterable {
        /// Made here; the provider has not answered yet.
        case pending
        case open
        case complete
        case expired
        /// Completed, but its delayed payment failed; or the provider would not open it.
        case failed
    }

    package var number: Int64
    /// The number of its public id: one of its own when the session was made here (`LocalNumber`).
    package var publicNumber: Int64
    package var version: Int64
    package var customer: Int64?
    package var subscription: ObjectLink?
    package var invoice: ObjectLink?
    package var checkoutMode: String
    package var status: Status
    package var paymentStatus: String
    package var amountTotal: Int64?
    package var currency: String?
    package var url: String?
    package var clientReference: String?
    package var expiresAt: Timestamp?
    package var metadata: Metadata
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
    package var sync: SyncRecord
}
