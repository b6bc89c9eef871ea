package import Timing

/// Money taken from a payment method.
package struct ChargeSnapshot: Sendable, Hashable {
    package enum Status: String, Sendable, Hashable, CaseIterable {
        case succeeded
        case pending
        case failed
    }

    package var created: Timestamp?
    package var customer: ProviderID?
    /// API versions before 2025-03-31 only; nil also means that nothing is said.
    package var invoice: ProviderID?
    package var paymentIntent: ProviderID?
    package var amount: Int64
    /// What was taken of an authorised amount.
    package var amountCaptured: Int64
    package var amountRefunded: Int64 = 0
    package var currency: String
    package var status: Status
    package var failureMessage: String?

    package init(status: Status, amount: Int64, amountCaptured: Int64, currency: String) {
        self.status = status
        self.amount = amount
        self.amountCaptured = amountCaptured
        self.currency = currency
    }
}

/// Money given back. One refund may fail after its charge already counted it.
package struct RefundSnapshot: Sendable, Hashable {
    package enum Status: String, Sendable, Hashable, CaseIterable {
        case pending
        case requiresAction = "requires_action"
        case succeeded
        case failed
        case canceled

        /// Failed and canceled refunds gave nothing back.
        package var isLive: Bool { self != .failed && self != .canceled }
    }

    package var created: Timestamp?
    package var charge: ProviderID?
    package var paymentIntent: ProviderID?
    package var amount: Int64
    package var currency: String
    package var status: Status
    package var reason: String?

    package init(status: Status, amount: Int64, currency: String) {
        self.status = status
        self.amount = amount
        self.currency = currency
    }
}

/// A payer's complaint at the bank.
package struct DisputeSnapshot: Sendable, Hashable {
    package enum Status: String, Sendable, Hashable, CaseIterable {
        case warningNeedsResponse = "warning_needs_response"
        case warningUnderReview = "warning_under_review"
        case warningClosed = "warning_closed"
        case needsResponse = "needs_response"
        case underReview = "under_review"
        case prevented
        case won
        case lost

        package var isClosed: Bool {
            switch self {
            case .warningClosed, .prevented, .won, .lost: true
            case .warningNeedsResponse, .warningUnderReview, .needsResponse, .underReview: false
            }
        }
    }

    package var created: Timestamp?
    package var charge: ProviderID?
    package var paymentIntent: ProviderID?
    package var amount: Int64
    package var currency: String
    package var status: Status
    package var reason: String?

    package init(status: Status, amount: Int64, currency: String) {
        self.status = status
        self.amount = amount
        self.currency = currency
    }
}
