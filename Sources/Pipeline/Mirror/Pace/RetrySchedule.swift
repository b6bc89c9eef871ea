package import Timing

/// When an operation whose try failed is tried again, and when it is given up (DESIGN section 6).
///
/// Full jitter from 1 s, doubling to 10 min within the first hour, then hourly, and after 3 days a dead letter.
package struct RetrySchedule: Sendable {
    /// Seconds after which a key is not trusted any more. Stripe keeps v1 keys at least 24 h and may then execute
    /// the request again (provider_api 1.5): an hour is left for a call that is on its way.
    package static let keyAgeSecondsMax: Int64 = 23 * 3_600
    /// Milliseconds that a provider may make us wait at most.
    package static let delayMinMax: Int64 = 3_600_000

    private static let firstPhaseSeconds: Int64 = 3_600
    // 72 h: a Friday fault must survive until Monday.
    private static let lifetimeSeconds: Int64 = 3 * 86_400
    private static let quick = Backoff(baseMilliseconds: 1_000, capMilliseconds: 600_000)
    // Evenly about an hour: what failed together does not come back together.
    private static let hourlyMillisecondsMin: Int64 = 45 * 60_000
    private static let hourlySpreadMilliseconds: Int64 = 30 * 60_000

    package struct Failure: Sendable {
        /// Tries of this operation so far, this one included; counts from one.
        package let attempts: Int
        /// When its first try was sent, whatever key it had.
        package let firstSentAt: Timestamp
        /// Milliseconds that the provider asked to wait, or that make sense at all; zero for none.
        package let delayMin: Int64
        /// A deletion or cancellation that is owed: it does not die.
        package let isOwed: Bool

        package init(
            attempts: Int,
            firstSentAt: Timestamp,
            delayMin: Int64 = 0,
            isOwed: Bool = false
        ) {
            precondition(attempts >= 1, "attempts count from one")
            self.attempts = attempts
            self.firstSentAt = firstSentAt
            self.delayMin = delayMin
            self.isOwed = isOwed
        }
    }

    package enum Next: Sendable, Hashable {
        /// - Parameter isOverdue: it is owed and should have been done long ago: somebody must be told.
        case retry(at: Timestamp, isOverdue: Bool)
        case dead
    }

    package init() {}

    package func next(after failure: Failure, now: Timestamp, random: RandomSource) -> Next {
        // A clock that was set back makes the age negative: then the operation counts as new.
        let ageMilliseconds = max(now.milliseconds(since: failure.firstSentAt), 0)
        let isOld = ageMilliseconds >= Self.lifetimeSeconds * 1_000
        if isOld, !failure.isOwed { return .dead }
        var delay: Int64
        if ageMilliseconds < Self.firstPhaseSeconds * 1_000 {
            delay = Self.quick.delayMilliseconds(afterAttempt: failure.attempts, random: random)
        } else {
            delay =
                Self.hourlyMillisecondsMin
                + Int64(random.below(UInt64(Self.hourlySpreadMilliseconds) + 1))
        }
        if failure.delayMin > 0 {
            // RFC 9110 §10.2.3. On top of a long wait up to a second: many were told the same moment.
            let spread = failure.delayMin < 1_000 ? 0 : Int64(random.below(1_001))
            delay = max(delay, min(failure.delayMin, Self.delayMinMax) + spread)
        }
        return .retry(at: now.adding(milliseconds: delay), isOverdue: isOld)
    }

    /// True once the key may mean a new request: read before writing then.
    package static func isKeyTooOld(sentAt: Timestamp, now: Timestamp) -> Bool {
        now.milliseconds(since: sentAt) >= keyAgeSecondsMax * 1_000
    }
}
