package import BillingModel
package import Timing

/// One inbox row as it is shown to an operator.
package struct StoredEvent: Sendable {
    package let id: Int64
    package let connection: ConnectionID
    package let endpoint: String
    package let eventID: String
    package let type: String
    package let apiVersion: String?
    package let occurredAt: Timestamp?
    package let receivedAt: Timestamp
    package let state: InboxState
    package let attempts: Int
    /// When it is tried again; nil for a new one, which is due at once, and for a settled one.
    package let dueAt: Timestamp?
    package let settledAt: Timestamp?
    package let reason: String?
    /// False once retention swept the signed bytes: then it cannot be replayed.
    package let hasBody: Bool
}

/// Which events a list shows; nil shows all.
package struct StoredEventFilter: Sendable, Hashable {
    package var connections: [ConnectionID]?
    package var state: InboxState?
    package var type: String?
    package var endpoint: String?
    package var eventID: String?

    package init() {}
}

/// How an operator's act on an event ended.
package enum InboxActOutcome: Sendable {
    case done
    case notFound
    /// The act does not fit the event's state, which is given.
    case refused(InboxState)
    case bodySwept
}
