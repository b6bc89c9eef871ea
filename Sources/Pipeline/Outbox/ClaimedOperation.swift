package import BillingModel
package import Lanes
package import Providers
package import Timing

/// An operation that may be carried out now, alone on its object. Whoever holds it calls `OutboxSendingTable`
/// before it sends, and `OutboxSettlingTable` after.
package struct ClaimedOperation: Sendable {
    package let id: OperationID
    package let connection: ConnectionID
    package let kind: OperationKind
    /// Nil when this program cannot read it.
    package let operation: ProviderOperation?
    /// The object's own names; the provider's is nil only for operations that make it.
    package let localNumber: Int64?
    package let providerID: ProviderID?
    /// The provider's id of the customer that the operation waits for.
    package let customerID: ProviderID?
    /// Nil while nothing was sent under the present key.
    package let sent: SentRequest?
    package let generation: Int
    /// Calls so far, lookups not counted.
    package let attempts: Int
    /// When it was tried first, whatever key it had; a lookup that failed counts.
    package let firstAttemptAt: Timestamp?
    /// Find out what became of it before anything is sent: the key belongs to another copy of the file, or
    /// answered with a stored failure. How old the key is, `sent` tells.
    package let wantsLookup: Bool
    package let createdAt: Timestamp
    package let deadline: Timestamp?
    /// Told about as owed for days.
    package let alertedAt: Timestamp?
    /// The lease on the object, with the tick drawn before the call.
    package let flight: LaneFlight
}
