package import BillingModel

/// A change to be carried to a provider. Stored as JSON until its first send; then the request's bytes are frozen.
package enum ProviderOperation: Sendable, Hashable {
    case createCustomer(CustomerDraft)
    case updateCustomer(ObjectReference, CustomerPatch)
    case deleteCustomer(ObjectReference)
    case createCheckoutSession(CheckoutSessionDraft)
    /// Metadata is all that a session's update takes of what we send.
    case updateCheckoutSession(ObjectReference, MetadataPatch)
    case expireCheckoutSession(ObjectReference)
    case cancelSubscription(ObjectReference, SubscriptionCancellation)

    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case createCustomer = "create_customer"
        case updateCustomer = "update_customer"
        case deleteCustomer = "delete_customer"
        case createCheckoutSession = "create_checkout_session"
        case updateCheckoutSession = "update_checkout_session"
        case expireCheckoutSession = "expire_checkout_session"
        case cancelSubscription = "cancel_subscription"
    }

    package var kind: Kind {
        switch self {
        case .createCustomer: .createCustomer
        case .updateCustomer: .updateCustomer
        case .deleteCustomer: .deleteCustomer
        case .createCheckoutSession: .createCheckoutSession
        case .updateCheckoutSession: .updateCheckoutSession
        case .expireCheckoutSession: .expireCheckoutSession
        case .cancelSubscription: .cancelSubscription
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

    /// What the operation changes; nil when it creates.
    package var target: ObjectReference? {
        switch self {
        case .createCustomer, .createCheckoutSession: nil
        case .updateCustomer(let target, _), .deleteCustomer(let target),
            .updateCheckoutSession(let target, _), .expireCheckoutSession(let target),
            .cancelSubscription(let target, _):
            target
        }
    }

    /// Our ids that must be bound to the provider's before the request can be made.
    package var unboundIDs: [String] {
        if case .createCheckoutSession(let draft) = self {
            return [draft.customer?.localID].compactMap(\.self)
        }
        return [target?.localID].compactMap(\.self)
    }

    /// With our ids replaced by the provider's, as far as `lookup` knows them.
    package func bound(_ lookup: (String) -> ProviderID?) -> ProviderOperation {
        switch self {
        case .createCustomer:
            return self
        case .updateCustomer(let target, let patch):
            return .updateCustomer(target.bound(lookup), patch)
        case .deleteCustomer(let target):
            return .deleteCustomer(target.bound(lookup))
        case .createCheckoutSession(var draft):
            draft.customer = draft.customer?.bound(lookup)
            return .createCheckoutSession(draft)
        case .updateCheckoutSession(let target, let patch):
            return .updateCheckoutSession(target.bound(lookup), patch)
        case .expireCheckoutSession(let target):
            return .expireCheckoutSession(target.bound(lookup))
        case .cancelSubscription(let target, let cancellation):
            return .cancelSubscription(target.bound(lookup), cancellation)
        }
    }

    /// The provider saying that the object is missing means that there is nothing left to do.
    package var isSatisfiedByMissing: Bool {
        switch self {
        case .deleteCustomer, .cancelSubscription: true
        case .createCustomer, .updateCustomer, .createCheckoutSession, .updateCheckoutSession,
            .expireCheckoutSession:
            false
        }
    }

    /// This operation and then `later` on the same object as one request; nil when they must be two. Only for
    /// operations that were never sent.
    package func coalesced(with later: ProviderOperation) -> ProviderOperation? {
        switch later {
        case .updateCustomer(let target, let patch):
            if case .createCustomer(let draft) = self { return .createCustomer(draft.merged(with: patch)) }
            guard case .updateCustomer(let present, let earlier) = self else { return nil }
            return .updateCustomer(present.merged(with: target), earlier.merged(with: patch))
        case .updateCheckoutSession(let target, let patch):
            if case .createCheckoutSession(var draft) = self {
                draft.metadata = patch.folded(over: draft.metadata)
                return .createCheckoutSession(draft)
            }
            guard case .updateCheckoutSession(let present, let earlier) = self else { return nil }
            return .updateCheckoutSession(present.merged(with: target), earlier.merged(with: patch))
        case .createCustomer, .deleteCustomer, .createCheckoutSession, .expireCheckoutSession,
            .cancelSubscription:
            return nil
        }
    }
}

/// How a subscription ends when it is canceled at once.
package struct SubscriptionCancellation: Sendable, Hashable {
    /// Bills what was used and not invoiced yet; nil leaves it to the provider (Stripe: no).
    package var invoicesNow: Bool?
    /// Credits the rest of the period; nil leaves it to the provider (Stripe: no).
    package var prorates: Bool?

    package init(invoicesNow: Bool? = nil, prorates: Bool? = nil) {
        self.invoicesNow = invoicesNow
        self.prorates = prorates
    }
}
