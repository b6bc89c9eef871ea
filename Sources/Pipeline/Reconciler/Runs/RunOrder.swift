package import BillingModel
package import Timing

/// What a run compares.
package enum RunScope: String, Sendable, Hashable, CaseIterable {
    case customers
    case subscriptions
    case checkoutSessions = "checkout_sessions"
    case invoices
    case products
    case prices
    case paymentMethods = "payment_methods"
    /// One customer with everything below it.
    case customer
    case all

    /// The kind of object of which such a run tells what the outbox owes; nil for all kinds. Of what no operation makes
    /// or changes no run tells it.
    var owedType: ObjectType? {
        switch self {
        case .customers: .customer
        case .subscriptions: .subscription
        case .checkoutSessions: .checkoutSession
        case .invoices, .products, .prices, .paymentMethods, .customer, .all: nil
        }
    }
}

/// Whether a run writes.
package enum RunMode: String, Sendable, Hashable, CaseIterable {
    /// Only findings are written.
    case dryRun = "dry_run"
    case apply
}

/// Why there is a run.
package enum RunTrigger: String, Sendable, Hashable, CaseIterable {
    /// A person, or an application.
    case request
    case schedule
    /// Events were missed, and the provider lists them no more.
    case gap
}

/// What a run is asked to do.
package struct RunOrder: Sendable, Hashable {
    package let connection: ConnectionID
    package let scope: RunScope
    package let mode: RunMode
    /// The provider's id; set if and only if the scope is `customer`.
    package let customerID: ProviderID?
    /// Objects that the provider made earlier are not looked at; nil for all.
    package let createdSince: Timestamp?
    package let trigger: RunTrigger

    package init(
        connection: ConnectionID,
        scope: RunScope,
        mode: RunMode,
        customerID: ProviderID? = nil,
        createdSince: Timestamp? = nil,
        trigger: RunTrigger
    ) {
        precondition((customerID != nil) == (scope == .customer), "scope customer names one, and only that")
        self.connection = connection
        self.scope = scope
        self.mode = mode
        self.customerID = customerID
        self.createdSince = createdSince
        self.trigger = trigger
    }
}
