/// Keeps retries a small part of all calls, so that trouble at the provider is not multiplied by us.
///
/// Every first try earns a tenth of a retry; besides, a quiet queue may retry once a second. What is not spent
/// is kept up to a bound. (AWS Builders' Library, "Timeouts, retries and backoff with jitter": token bucket.)
package struct RetryBudget: Sendable {
    private static let earnedPerFirstTry = 0.1
    private static let earnedPerSecond = 1.0
    private static let savedMax = 20.0

    private var saved: Double = savedMax
    private var refilledAt: Instant

    package init(now: Instant) {
        refilledAt = now
    }

    /// Retries that may begin now.
    package mutating func available(now: Instant) -> Int {
        refill(now: now)
        return Int(max(saved, 0).rounded(.down))
    }

    package mutating func firstTryBegan(_ number: Int = 1) {
        saved = min(saved + Double(number) * Self.earnedPerFirstTry, Self.savedMax)
    }

    package mutating func retryBegan(_ number: Int = 1, now: Instant) {
        refill(now: now)
        saved -= Double(number)
    }

    /// When the next retry may begin; `now` when one may already.
    package mutating func nextAvailable(now: Instant) -> Instant {
        refill(now: now)
        guard saved < 1 else { return now }
        let seconds = (1 - saved) / Self.earnedPerSecond
        return Instant(nanoseconds: now.nanoseconds &+ UInt64(seconds * 1_000_000_000) &+ 1)
    }

    private mutating func refill(now: Instant) {
        saved = min(saved + now.seconds(since: refilledAt) * Self.earnedPerSecond, Self.savedMax)
        if refilledAt < now { refilledAt = now }
    }
}
