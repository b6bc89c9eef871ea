package import Timing

package enum InvoiceStatus: String, Sendable, Hashable, CaseIterable {
    case draft
    case open
    case paid
    case canceled
    case uncollectible

    /// An uncollectible invoice can still be paid.
    package var isTerminal: Bool { self == .paid || self == .canceled }
}

/// A provider's invoice, without its lines.
package struct InvoiceSnapshot: Sendable, Hashable {
    package var created: Timestamp?
    package var customer: ProviderID?
    package var subscription: ProviderID?
    package var number: String?
    package var status: InvoiceStatus
    /// `"subscription_create"`, `"subscription_cycle"`, `"subscription_update"`, `"manual"`, ….
    package var billingReason: String?
    package var currency: String
    package var subtotal: Int64 = 0
    package var total: Int64 = 0
    package var amountDue: Int64 = 0
    package var amountPaid: Int64 = 0
    package var amountRemaining: Int64 = 0
    package var attemptCount: Int64 = 0
    package var isAttempted = false
    /// When the period that a subscription's line pays for begins; else what the invoice itself says.
    package var periodStart: Timestamp?
    package var periodEnd: Timestamp?
    package var dueDate: Timestamp?
    package var finalizedAt: Timestamp?
    package var paidAt: Timestamp?
    package var nextPaymentAttempt: Timestamp?
    /// Where the customer can pay or authenticate.
    package var paymentURL: String?
    package var charge: ProviderID?
    package var paymentIntent: ProviderID?
    /// The snapshot itself says that the customer must authenticate (old shape, expanded).
    package var requiresAction = false
    package var errorMessage: String?

    package init(status: InvoiceStatus, currency: String) {
        self.status = status
        self.currency = currency
    }

    /// Nil unless the status is `paid`.
    package var revenue: Money? {
        status == .paid ? Money(amount: amountPaid, currency: currency) : nil
    }

    /// Asked for and not paid, after at least one attempt.
    package var isDelinquent: Bool {
        status == .open && attemptCount > 0 && amountRemaining > 0
    }
}

/// The bond between an invoice and the payment that settles it (API versions since 2025-03-31).
package struct InvoicePaymentSnapshot: Sendable, Hashable {
    package enum Status: String, Sendable, Hashable, CaseIterable {
        case open
        case paid
        case canceled
    }

    package var created: Timestamp?
    package var invoice: ProviderID?
    package var paymentIntent: ProviderID?
    package var charge: ProviderID?
    package var amountPaid: Int64?
    package var currency = ""
    package var status: Status

    package init(status: Status) {
        self.status = status
    }
}

/// A correction of an invoice. Its money moves as a refund or a balance, so it is no revenue entry itself.
package struct CreditNoteSnapshot: Sendable, Hashable {
    package var created: Timestamp?
    package var invoice: ProviderID?
    package var customer: ProviderID?
    package var amount: Int64 = 0
    package var currency = ""
    package var isVoid = false

    package init() {}
}
