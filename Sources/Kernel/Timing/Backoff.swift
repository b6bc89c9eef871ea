/// Delay before the next attempt: full jitter, evenly from zero to a ceiling that doubles up to a cap
/// (AWS Architecture Blog, "Exponential Backoff And Jitter", 2015).
package struct Backoff: Sendable {
    package let baseMilliseconds: Int64
    package let capMilliseconds: Int64

    package init(baseMilliseconds: Int64, capMilliseconds: Int64) {
        precondition(
            baseMilliseconds > 0 && capMilliseconds >= baseMilliseconds,
            "a backoff grows up to its cap"
        )
        self.baseMilliseconds = baseMilliseconds
        self.capMilliseconds = capMilliseconds
    }

    /// The longest delay after that many failed attempts, counted from one.
    package func ceilingMilliseconds(afterAttempt attempt: Int) -> Int64 {
        precondition(attempt >= 1, "attempts count from one")
        let doublings = min(attempt - 1, 40)
        let (grown, overflow) = baseMilliseconds.multipliedReportingOverflow(by: 1 << doublings)
        return overflow ? capMilliseconds : min(grown, capMilliseconds)
    }

    package func delayMilliseconds(afterAttempt attempt: Int, random: RandomSource) -> Int64 {
        Int64(random.below(UInt64(ceilingMilliseconds(afterAttempt: attempt)) + 1))
    }
}
