package import Timing

/// When a failed event is tried again, and when it is given up.
package struct RetryPolicy: Sendable {
    /// Tries before the dead letter.
    package let attemptsMax: Int
    package let backoff: Backoff

    /// Eight tries within about two minutes: applying needs no network, so what fails eight times is poison.
    package static let standard = RetryPolicy(
        attemptsMax: 8,
        backoff: Backoff(baseMilliseconds: 1_000, capMilliseconds: 120_000)
    )

    package init(attemptsMax: Int, backoff: Backoff) {
        precondition(attemptsMax >= 1, "an event is tried at least once")
        self.attemptsMax = attemptsMax
        self.backoff = backoff
    }

    /// - Parameter attempts: failed tries before this one.
    package func settlement(
        afterFailure reason: String,
        attempts: Int,
        now: Timestamp,
        random: RandomSource
    ) -> Settlement {
        guard attempts + 1 < attemptsMax else { return .dead(reason: reason) }
        let delay = backoff.delayMilliseconds(afterAttempt: attempts + 1, random: random)
        return .retry(at: now.adding(milliseconds: delay), reason: reason)
    }
}
