package import BillingModel
package import Timing

/// How a shown object stands to the provider's.
package struct SyncRecord: Sendable, Hashable {
    package enum State: String, Sendable, Hashable {
        case notMirrored = "not_mirrored"
        case pending
        case synced
        case failed
        case conflict
        /// Deleted at the provider.
        case missing
    }

    package var state: State
    /// Nil when nothing of the provider is shown.
    package var freshness: Freshness?
    package var provider: String?
    package var providerID: ProviderID?
    package var connection: ConnectionID?
    /// When an event or a read last changed the object here.
    package var lastSyncedAt: Timestamp?
    /// Row of `objects`; leads to the provider's JSON. Nil when the object itself has not arrived.
    package var objectNumber: Int64?
    /// The last trouble of a change that has not reached the provider, as one word; nil when there is none.
    package var lastError: String?

    package init(state: State) {
        self.state = state
    }
}

/// Another object as one names it: our number for it, nil while it has not arrived here.
package struct ObjectLink: Sendable, Hashable {
    package let number: Int64?
    package let providerID: ProviderID

    package init(number: Int64?, providerID: ProviderID) {
        self.number = number
        self.providerID = providerID
    }
}
