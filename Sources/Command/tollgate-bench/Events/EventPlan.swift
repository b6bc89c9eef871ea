/// One event before it is written down: enough to write the same bytes again after a lost connection.
package struct EventPlan: Sendable, Equatable {
    package var kind: EventKind
    /// Counts the events of one load generator from zero.
    package var sequence: UInt64
    /// Which subscription, and with it which customer.
    package var object: UInt64
    /// The state that the event leaves the subscription in; its creation is revision 1.
    package var revision: UInt64
    /// Unix seconds at which it happened; what `created` says, and the time in the event's id.
    package var second: Int64

    package init(kind: EventKind, sequence: UInt64, object: UInt64, revision: UInt64, second: Int64) {
        self.kind = kind
        self.sequence = sequence
        self.object = object
        self.revision = revision
        self.second = second
    }
}
