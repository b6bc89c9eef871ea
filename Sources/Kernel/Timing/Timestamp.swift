/// A moment: milliseconds since 1970-01-01T00:00:00Z, leap seconds ignored as in POSIX.
package struct Timestamp: Sendable, Hashable, Comparable {
    package let milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// From Unix seconds, the unit of Stripe's times. Nil when the milliseconds do not fit 64 bits.
    package init?(seconds: Int64) {
        let (milliseconds, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        guard !overflow else { return nil }
        self.milliseconds = milliseconds
    }

    /// Whole Unix seconds, rounded down also before 1970.
    package var seconds: Int64 {
        milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000
    }

    package func adding(milliseconds delta: Int64) -> Timestamp {
        Timestamp(milliseconds: milliseconds &+ delta)
    }

    package func adding(seconds delta: Int64) -> Timestamp {
        Timestamp(milliseconds: milliseconds &+ delta &* 1000)
    }

    /// Milliseconds from `earlier` to self; negative when self is the earlier one.
    package func milliseconds(since earlier: Timestamp) -> Int64 {
        milliseconds - earlier.milliseconds
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }
}
