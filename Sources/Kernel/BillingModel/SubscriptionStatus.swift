/// State of a subscription in our words (catalogue 3.5).
package enum SubscriptionStatus: String, Sendable, Hashable, CaseIterable {
    case notStarted = "not_started"
    case paymentPending = "payment_pending"
    case inTrial = "in_trial"
    case active
    case pastDue = "past_due"
    case unpaid
    case paused
    case canceled
    case expired

    /// Nothing changes any more: taking part again makes a new subscription.
    package var isTerminal: Bool { self == .canceled || self == .expired }

    /// Whether the subscription ever gave access, or gives it now.
    package var hasStarted: Bool {
        switch self {
        case .notStarted, .paymentPending, .expired: false
        case .inTrial, .active, .pastDue, .unpaid, .paused, .canceled: true
        }
    }

    /// What the subscription makes of its customer.
    package var customerStatus: CustomerStatus {
        switch self {
        case .active: .active
        case .pastDue, .unpaid: .pastDue
        case .inTrial: .inTrial
        case .notStarted, .paymentPending: .paymentPending
        case .paused, .canceled, .expired: .canceled
        }
    }
}

/// State of a customer, derived from its subscriptions and never written by a caller.
package enum CustomerStatus: String, Sendable, Hashable, CaseIterable {
    case notSubscribed = "not_subscribed"
    case sandbox
    case paymentPending = "payment_pending"
    case inTrial = "in_trial"
    case active
    case pastDue = "past_due"
    case canceled

    /// The subscription whose status ranks highest speaks for the customer (catalogue R56).
    package var rank: Int {
        switch self {
        case .active: 6
        case .pastDue: 5
        case .inTrial: 4
        case .sandbox: 3
        case .paymentPending: 2
        case .canceled: 1
        case .notSubscribed: 0
        }
    }
}

/// How the collection of a subscription's latest invoice stands (catalogue R80).
package enum PaymentCollection: String, Sendable, Hashable, CaseIterable {
    case notRequired = "not_required"
    case processing
    case actionRequired = "action_required"
    case failed
}
