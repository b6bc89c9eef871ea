package import BillingModel
package import JSON

/// The envelope of one event as its provider sent it.
package struct ProviderEvent: Sendable {
    /// Names an object without bringing its state (Stripe's `v2.core.event`).
    package struct ThinReference: Sendable, Hashable {
        package let type: ObjectType
        package let id: ProviderID
        /// Id of the event with a snapshot that tells the same change; nil when there is none.
        package let snapshotEvent: String?
    }

    /// Nil when the provider gave none, or none that can be an id; then the body's digest stands for it.
    package var id: String?
    package var type: String
    package var apiVersion: String?
    /// Unix seconds at which the provider made the event; nil when it does not say.
    package var second: Int64?
    /// Nil when the provider does not say.
    package var isLive: Bool?
    /// The connected account that the event is of; nil for the connection's own.
    package var account: String?
    /// The key of the request that caused the event, if one did.
    package var requestIdempotencyKey: String?
    /// The object as it was after the change; nil in thin events.
    package var object: JSONValue?
    /// Nil when the event names no object with an id: such an event is ignored.
    package var objectType: ObjectType?
    package var objectID: ProviderID?
    /// What the changed members were before; nil when nothing is said, or nothing changed.
    package var previousAttributes: JSONValue?
    package var thin: ThinReference?
}

/// Whether a body is an event at all.
package enum EnvelopeReading: Sendable {
    case event(ProviderEvent)
    /// A constant text without any of the body's content.
    case unreadable(reason: String)
}

/// What an event's type tells of its object beyond the snapshot.
package struct EventFacts: Sendable, Hashable {
    package enum Birth: Sendable, Hashable {
        case never
        /// The first thing there is to know of its object.
        case always
        /// A birth if nothing of its object is known yet, else a snapshot like any other.
        case whenUnknown
    }

    package enum Deletion: Sendable, Hashable {
        case none
        /// The end of its life, but the object stays and can be read.
        case keepsObject
        case removesObject
    }

    package let birth: Birth
    package let deletion: Deletion
    package let note: ObjectNote?

    package var tellsBirth: Bool { birth == .always }
    package var tellsDeletion: Bool { deletion != .none }
}
