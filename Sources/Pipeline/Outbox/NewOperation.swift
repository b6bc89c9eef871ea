import BillingModel
package import Lanes
package import Providers
package import Timing

/// A change that is to reach the provider, as the writing API hands it over.
package struct NewOperation: Sendable {
    package var operation: ProviderOperation
    package var target: LaneTarget
    /// A local customer whose provider id the request needs, such as a checkout session's; it must have a lane
    /// (an operation of its own, or a provider id) on the same connection.
    package var customer: Int64?
    /// After it the operation is useless and dies; nil when it never is.
    package var deadline: Timestamp?

    package init(
        _ operation: ProviderOperation,
        _ target: LaneTarget,
        customer: Int64? = nil,
        deadline: Timestamp? = nil
    ) {
        precondition(operation.objectType == target.type, "an operation is of its target's type")
        self.operation = operation
        self.target = target
        self.customer = customer
        self.deadline = deadline
    }
}

/// What became of a change that was handed over.
package enum EnqueueOutcome: Sendable, Hashable {
    case queued(OperationID)
    /// An operation of the object that was never sent says it now as well.
    case merged(into: OperationID)
    /// The object never reached the provider: the operations that would have made it are gone, and nothing is
    /// left to be told there.
    case cancelled
    /// The provider has no such object and no operation makes it: enqueue one that does.
    case needsMaking
    /// The object was deleted at the provider, or is about to be.
    case isDeleted
}
