package import BillingModel

/// One thing in which the store and the provider differ.
package struct Finding: Sendable, Hashable {
    package enum Action: String, Sendable, Hashable, CaseIterable {
        case wouldRepair = "would_repair"
        case repaired
        case wouldCreate = "would_create"
        case created
        case wouldTombstone = "would_tombstone"
        case tombstoned
        case wouldPush = "would_push"
        /// The outbox carries it to the provider.
        case queued
        /// Something newer may have come meanwhile; a read of the object is owed.
        case raced
        case failed
    }

    package let run: RunID
    /// Counts from one within the run.
    package let number: Int64
    package let object: ObjectType
    /// The provider's id, or our public id of what only we have.
    package let id: String
    /// A decoded field, such as `"current_period_end"`; nil when it is about the object as a whole.
    package let field: String?
    /// JSON; nil when the field, or the object, is not there.
    package let local: String?
    package let remote: String?
    package let action: Action

    package init(
        run: RunID,
        number: Int64,
        object: ObjectType,
        id: String,
        field: String?,
        local: String?,
        remote: String?,
        action: Action
    ) {
        self.run = run
        self.number = number
        self.object = object
        self.id = id
        self.field = field
        self.local = local
        self.remote = remote
        self.action = action
    }
}
