package import BillingModel
package import Timing

/// Row of `lane_objects`.
package struct LaneID: RawRepresentable, Sendable, Hashable {
    package let rawValue: Int64

    package init(rawValue: Int64) {
        self.rawValue = rawValue
    }
}

/// One object as seen from outward: its names here and there, what reads confirmed, and the call in flight.
package struct Lane: Sendable, Hashable {
    package let id: LaneID
    package let connection: ConnectionID
    package let type: ObjectType
    /// `customers.id`, or the number under which an object made here is shown (`LocalNumber`); nil for an object
    /// that is only the provider's.
    package let localNumber: Int64?
    /// Nil until the provider has the object.
    package let providerID: ProviderID?
    /// Row of `objects`; nil while nothing of it has arrived.
    package let objectNumber: Int64?
    package var state: LaneState
    package var reads: LaneReadPlan
    package var lastRead: LastRead?
    package var flight: LaneFlight?

    package var key: ObjectKey? {
        providerID.map { ObjectKey(connection: connection, type: type, id: $0) }
    }
}

/// What the last applied read was read at; decides which events it contains (provider_api 3.6).
package struct LastRead: Sendable, Hashable {
    /// The provider's clock, as its answer's `Date` said; nil when it said none.
    package let date: Timestamp?
    /// Newest row of the inbox that was committed before the read began.
    package let inboxID: Int64

    package init(date: Timestamp?, inboxID: Int64) {
        self.date = date
        self.inboxID = inboxID
    }
}

/// When the read that is owed is to be made.
package struct LaneReadPlan: Sendable, Hashable {
    /// Nil when no read is owed.
    package var dueAt: Timestamp?
    /// Reads in a row that gave no answer.
    package var failures: Int
    /// Nil when no read is owed.
    package var reason: ReadReason?
    /// Since when it is; nil when none is.
    package var owedSince: Timestamp?

    /// No read is owed.
    package static let none = LaneReadPlan(dueAt: nil, failures: 0)

    package init(
        dueAt: Timestamp?,
        failures: Int,
        reason: ReadReason? = nil,
        owedSince: Timestamp? = nil
    ) {
        self.dueAt = dueAt
        self.failures = failures
        self.reason = reason
        self.owedSince = owedSince
    }

    /// What two lanes of one object owe together.
    package func joined(by other: LaneReadPlan) -> LaneReadPlan {
        func earlier(_ one: Timestamp?, _ another: Timestamp?) -> Timestamp? {
            [one, another].compactMap(\.self).min()
        }
        return LaneReadPlan(
            dueAt: earlier(dueAt, other.dueAt),
            failures: failures,
            reason: other.reason.map { reason?.joined(by: $0) ?? $0 } ?? reason,
            owedSince: earlier(owedSince, other.owedSince)
        )
    }
}

/// The one call of an object that is in flight: a lease, so that a process that died holds nothing up.
package struct LaneFlight: Sendable, Hashable {
    package enum Purpose: Sendable, Hashable {
        case read
        case write(operation: Int64)
    }

    package let lane: LaneID
    package let purpose: Purpose
    package let owner: LeaseOwner
    package let until: Timestamp
    /// Drawn before the request is sent. No two flights share one, so it is the fence too: an end that names a
    /// flight which is no longer the lane's changes nothing.
    package let start: Tick
    /// What `dirty` stood at when it began: what shows the object answers that much.
    package let answering: Int64
    /// Newest row of the inbox when it began.
    package let inboxID: Int64

    /// The same one, whenever its lease ends.
    package func isSame(as other: LaneFlight) -> Bool {
        lane == other.lane && owner == other.owner && start == other.start
    }
}

/// A process; drawn anew at each start, so that leases of a dead one are known as such.
package struct LeaseOwner: RawRepresentable, Sendable, Hashable {
    package let rawValue: Int64

    package init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    /// Any random number makes an owner.
    package init(drawn number: UInt64) {
        rawValue = Int64(bitPattern: number)
    }
}
