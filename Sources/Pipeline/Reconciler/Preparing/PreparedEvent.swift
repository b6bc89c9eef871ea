import BillingModel
import CustomerStore
package import Inbox
import Outbox

/// A stored event, read and decoded, ready to be written. Made off the writing thread. A class, because a batch is
/// copied from hand to hand: copying an event touches each of its texts.
package final class PreparedEvent: Sendable {
    enum Content: Sendable {
        case change(ObjectChange)
        /// Names an object without bringing its state: the object needs a read.
        case hint(ObjectKey)
        case ignored(reason: String)
        /// Can never be applied, whatever is tried.
        case dead(reason: String)
    }

    package let event: DueEvent
    let content: Content
    /// The object's row as the event was prepared, when it had one.
    let foreseen: ForeseenObject?

    init(event: DueEvent, content: Content, foreseen: ForeseenObject?) {
        self.event = event
        self.content = content
        self.foreseen = foreseen
    }

    /// Of the object's row. It puts neighbours on disk next to each other in a batch.
    var objectNumber: Int64? { foreseen?.row.number }
}

/// What one event says of its object. A class for the same reason.
final class ObjectChange: Sendable {
    let key: ObjectKey
    /// The provider's `created`, in Unix seconds.
    let second: Int64
    let tells: ObjectEvent.Tells
    /// The state that the change started from; only of a link.
    let from: StateDigest?
    /// The state that its snapshot shows.
    let to: StateDigest
    let isTerminal: Bool
    let apiVersion: String?
    /// The type's ids may be used again after a deletion.
    let canLiveAgain: Bool
    let decoded: DecodedObject
    /// Of `decoded`, made here because the writing thread has the least time.
    let typedRow: TypedRow?
    let note: ObjectNote?
    /// The key of the request that caused the event, when it may be one of ours.
    let ownKey: IdempotencyKey?

    init(
        key: ObjectKey,
        second: Int64,
        tells: ObjectEvent.Tells,
        from: StateDigest?,
        to: StateDigest,
        isTerminal: Bool,
        apiVersion: String?,
        canLiveAgain: Bool,
        decoded: DecodedObject,
        note: ObjectNote?,
        ownKey: IdempotencyKey?
    ) {
        self.key = key
        self.second = second
        self.tells = tells
        self.from = from
        self.to = to
        self.isTerminal = isTerminal
        self.apiVersion = apiVersion
        self.canLiveAgain = canLiveAgain
        self.decoded = decoded
        typedRow = TypedRow(decoded, at: second)
        self.note = note
        self.ownKey = ownKey
    }
}
