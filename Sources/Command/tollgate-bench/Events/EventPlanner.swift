package import Timing

/// Decides which event a connection sends next, and remembers how far each object's history has come.
///
/// Each object belongs to one connection, which has one request in flight: so an object's events are sent in the
/// order in which they happened, and each `previous_attributes` names the state before.
package struct EventPlanner {
    package enum Story: Sendable, Equatable {
        /// Every event is the birth of a subscription of its own.
        case unique
        /// Changes of `objects` subscriptions, drawn evenly; of 100 events `invoicePercent` are paid invoices.
        case chained(objects: Int, invoicePercent: Int)
    }

    private let story: Story
    private let connections: Int
    private let random: RandomSource
    private var sequence: UInt64 = 0
    private var revisions: [UInt32]
    private var seeded: [Int]

    package init(story: Story, connections: Int, random: RandomSource) {
        precondition(connections > 0, "somebody must send")
        self.story = story
        self.connections = connections
        self.random = random
        seeded = [Int](repeating: 0, count: connections)
        switch story {
        case .unique: revisions = []
        case .chained(let objects, _):
            precondition(objects >= connections, "every connection has an object of its own")
            revisions = [UInt32](repeating: 0, count: objects)
        }
    }

    /// The birth of the connection's next object; nil once all have been told.
    package mutating func birth(connection: Int, second: Int64) -> EventPlan? {
        let object = seeded[connection] * connections + connection
        guard object < revisions.count else { return nil }
        seeded[connection] += 1
        revisions[object] = 1
        return plan(.subscriptionCreated, object: UInt64(object), revision: 1, second: second)
    }

    package mutating func next(connection: Int, second: Int64) -> EventPlan {
        switch story {
        case .unique:
            return plan(.subscriptionCreated, object: sequence, revision: 1, second: second)
        case .chained(let objects, let invoicePercent):
            let own = (objects - connection + connections - 1) / connections
            let object = Int(random.below(UInt64(own))) * connections + connection
            if invoicePercent > 0, random.below(100) < UInt64(invoicePercent) {
                return plan(
                    .invoicePaid,
                    object: UInt64(object),
                    revision: UInt64(revisions[object]),
                    second: second
                )
            }
            revisions[object] += 1
            return plan(
                .subscriptionUpdated,
                object: UInt64(object),
                revision: UInt64(revisions[object]),
                second: second
            )
        }
    }

    private mutating func plan(_ kind: EventKind, object: UInt64, revision: UInt64, second: Int64)
        -> EventPlan
    {
        defer { sequence += 1 }
        return EventPlan(kind: kind, sequence: sequence, object: object, revision: revision, second: second)
    }
}
