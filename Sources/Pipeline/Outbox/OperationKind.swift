package import BillingModel
package import Providers

/// What an operation asks of the provider.
package typealias OperationKind = ProviderOperation.Kind

extension ProviderOperation.Kind {
    package enum Effect: Sendable, Hashable {
        /// Makes the object: everything else of it waits for its id.
        case makes
        /// Changes fields: unsent ones of an object merge.
        case changes
        /// Ends the object: unsent changes before it are pointless.
        case ends
    }

    package var effect: Effect {
        switch self {
        case .createCustomer, .createCheckoutSession: .makes
        case .updateCustomer, .updateCheckoutSession: .changes
        case .deleteCustomer, .expireCheckoutSession, .cancelSubscription: .ends
        }
    }

    /// The kind of object that the operation makes or changes.
    package var objectType: ObjectType {
        switch self {
        case .createCustomer, .updateCustomer, .deleteCustomer: .customer
        case .createCheckoutSession, .updateCheckoutSession, .expireCheckoutSession: .checkoutSession
        case .cancelSubscription: .subscription
        }
    }

    /// Deletions and cancellations are owed to a person: they never die of age, but are told about.
    package var isOwed: Bool {
        switch self {
        case .deleteCustomer, .cancelSubscription: true
        case .createCustomer, .updateCustomer, .createCheckoutSession, .updateCheckoutSession,
            .expireCheckoutSession:
            false
        }
    }
}
