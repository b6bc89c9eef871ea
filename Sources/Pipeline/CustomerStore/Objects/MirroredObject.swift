package import BillingModel
import Database
package import Timing

/// A provider object's row: which stored event's snapshot is its visible state, and how sure that is.
package struct MirroredObject: Sendable {
    package enum State: String, Sendable {
        case live
        /// Deleted at the provider; nothing revives it, but for types whose ids the merchant may choose.
        case tombstone
    }

    package let number: Int64
    package let key: ObjectKey
    package var state: State
    package var freshness: Freshness
    package var certainty: StateCertainty
    /// Inbox number of the event whose snapshot is the visible state; nil once its body was swept, then the
    /// JSON is in `object_documents`.
    package var stateEvent: Int64?
    package var stateDigest: StateDigest?
    package var stateAPIVersion: String?
    /// Newest arrival in the object's log of events.
    package var lastEvent: Int64
    /// Greatest `created` second among its events.
    package var secondMax: Int64
    /// Counts visible changes; the ETag of what is read.
    package var version: Int64
    package let createdAt: Timestamp
    package var updatedAt: Timestamp

    package init(
        number: Int64,
        key: ObjectKey,
        state: State,
        freshness: Freshness,
        certainty: StateCertainty,
        stateEvent: Int64?,
        stateDigest: StateDigest?,
        stateAPIVersion: String?,
        lastEvent: Int64,
        secondMax: Int64,
        version: Int64,
        createdAt: Timestamp,
        updatedAt: Timestamp
    ) {
        self.number = number
        self.key = key
        self.state = state
        self.freshness = freshness
        self.certainty = certainty
        self.stateEvent = stateEvent
        self.stateDigest = stateDigest
        self.stateAPIVersion = stateAPIVersion
        self.lastEvent = lastEvent
        self.secondMax = secondMax
        self.version = version
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

/// How the fold of an object's events came to its state (provider_api 3.5).
package enum StateCertainty: String, Sendable {
    case certain
    /// Something was told by no link: an event is missing.
    case gap
    /// Several ends were possible.
    case guess
}

/// 128 bits that name one state of an object; equal states have equal digests.
package struct StateDigest: Sendable, Hashable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    init?(_ stored: (high: UInt64, low: UInt64)?) {
        guard let stored else { return nil }
        self.init(high: stored.high, low: stored.low)
    }
}

extension SQLValue {
    static func optional(_ digest: StateDigest?) -> SQLValue {
        digest.map { .digest($0.high, $0.low) } ?? .null
    }
}
