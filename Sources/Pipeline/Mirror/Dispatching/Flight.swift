import Lanes
import Outbox
import Providers
package import Timing

/// What the dispatcher does about one object: one operation or one read, one call at a time.
struct Flight: Sendable {
    enum Work: Sendable {
        /// Its request is on its way, as `operation.sent` says.
        case sending(CarriedOperation)
        /// What became of it is being found out.
        case looking(CarriedOperation, Lookup)
        case reading(ClaimedRead)
    }

    let number: UInt64
    var work: Work
    /// A call is on its way. Otherwise the flight waits for leave to make the next one.
    var isCalling = false
    /// Its call is the one that an open breaker or a paused lane allows.
    var isProbe = false
    var calledAt = Instant(nanoseconds: 0)
    /// When its object was taken, or the lease on it renewed last.
    var heldSince: Instant

    var isReading: Bool {
        switch work {
        case .reading: true
        case .sending, .looking: false
        }
    }

    /// Its operation was sent before.
    var isRetry: Bool {
        switch work {
        case .sending(let operation): operation.attempts > 1
        case .looking, .reading: false
        }
    }
}

/// A call that may be made now: what it asks for is committed.
struct OutgoingCall: Sendable {
    enum Purpose: String, Sendable, Hashable, CaseIterable {
        case write
        case lookup
        case read
        /// Of a list, or asked beside it.
        case page
    }

    enum Content: Sendable {
        case sent(SentRequest)
        case read(ProviderRead)
    }

    let flight: UInt64
    let purpose: Purpose
    let content: Content
}

/// Both clocks, read once per turn: the day's for what is stored, the steady one for the pace.
package struct Moment: Sendable {
    package let wall: Timestamp
    package let steady: Instant

    package init(wall: Timestamp, steady: Instant) {
        self.wall = wall
        self.steady = steady
    }
}
