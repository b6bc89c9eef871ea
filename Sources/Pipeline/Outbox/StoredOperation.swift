package import BillingModel
package import Lanes
package import Timing

/// An operation as it is stored, for people: without content and without the request's bytes.
package struct StoredOperation: Sendable, Hashable {
    package let id: OperationID
    package let connection: ConnectionID
    package let lane: LaneID
    package let kind: OperationKind
    package let state: OperationState
    /// `customers.id`, or the number of an object made here.
    package let localNumber: Int64?
    package let providerID: ProviderID?
    /// The local customer that it waits for, or waited for.
    package let customer: Int64?
    package let idempotencyKey: String?
    package let generation: Int
    package let attempts: Int
    /// A call of it is in flight.
    package let isInFlight: Bool
    package let wantsLookup: Bool
    /// Nil unless it is still to be sent.
    package let dueAt: Timestamp?
    /// The operation that must end before this one goes out, the one before it of its object or the one that makes its
    /// customer; then `dueAt` says nothing.
    package let waitsFor: OperationID?
    package let deadline: Timestamp?
    package let firstSentAt: Timestamp?
    /// The last trouble, or how it ended.
    package let outcome: String?
    package let message: String?
    package let alertedAt: Timestamp?
    package let createdAt: Timestamp
    package let settledAt: Timestamp?
}

/// Which operations are listed.
package struct StoredOperationFilter: Sendable {
    package var state: OperationState?
    package var kind: OperationKind?
    package var connections: [ConnectionID]?
    /// `customers.id`: the customer's own operations, and those that wait for it.
    package var customer: Int64?

    package init() {}
}

/// What an act on a stored operation came to.
package enum OperationActOutcome: Sendable, Hashable {
    case done
    case notFound
    /// Its state, or a call in flight, does not allow it.
    case refused(OperationState)
    /// A newer operation of the object went out, or makes it anew: sent now, this one would undo it.
    case overtaken
    /// What it is for, or waits for, is not at the provider, and nothing that waits here makes it.
    case unmade
}

/// How much is owed.
package struct OutboxDepth: Sendable, Hashable {
    /// Still to be sent.
    package let open: Int
    package let acknowledged: Int
    package let dead: Int
    /// When the oldest of the open ones was made.
    package let oldest: Timestamp?
}
