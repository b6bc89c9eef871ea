/// A moment on the clock that never jumps, in nanoseconds: what pacing counts by. Meaningless after a restart.
package struct Instant: Sendable, Hashable, Comparable {
    package let nanoseconds: UInt64

    package init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    package func adding(milliseconds: Int64) -> Instant {
        precondition(milliseconds >= 0, "pacing looks ahead")
        return Instant(nanoseconds: nanoseconds &+ UInt64(milliseconds) &* 1_000_000)
    }

    /// Zero when `earlier` is the later one.
    package func seconds(since earlier: Instant) -> Double {
        guard nanoseconds > earlier.nanoseconds else { return 0 }
        return Double(nanoseconds - earlier.nanoseconds) / 1_000_000_000
    }

    /// Rounded up, so that who waits so long is not too early; zero when `later` has passed.
    package func millisecondsUntil(_ later: Instant) -> Int64 {
        guard later.nanoseconds > nanoseconds else { return 0 }
        return Int64((later.nanoseconds - nanoseconds + 999_999) / 1_000_000)
    }

    package static func < (left: Instant, right: Instant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }
}
