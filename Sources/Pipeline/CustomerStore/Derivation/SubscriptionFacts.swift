import BillingModel

/// What a subscription is known to be by its invoices.
struct SubscriptionFacts: Equatable {
    var paymentCollection: PaymentCollection
    var latestInvoice: Int64?
    var renewalNumber: Int64

    /// Names of the columns that differ.
    func differences(from other: SubscriptionFacts) -> [String] {
        (paymentCollection != other.paymentCollection ? ["payment_collection"] : [])
            + (latestInvoice != other.latestInvoice ? ["latest_invoice_id"] : [])
            + (renewalNumber != other.renewalNumber ? ["renewal_number"] : [])
    }
}

/// The invoice that speaks for its subscription: the newest that is no draft.
struct LatestInvoice {
    let number: Int64
    let status: InvoiceStatus
    let attemptCount: Int64
    let requiresAction: Bool
    /// The latest attempt of which an event told that the customer must authenticate.
    let actionRequiredAttempt: Int64?

    /// Catalogue R80.
    var paymentCollection: PaymentCollection {
        switch status {
        case .paid, .canceled, .draft:
            .notRequired
        case .uncollectible:
            .failed
        case .open:
            if requiresAction || actionRequiredAttempt.map({ $0 >= attemptCount }) ?? false {
                .actionRequired
            } else if attemptCount > 0 {
                .failed
            } else {
                .processing
            }
        }
    }
}
