import Glibc

/// The only source of the time of day. A loop reads it once per unit of work and passes the `Timestamp` down.
package struct WallClock: Sendable {
    private let read: @Sendable () -> Timestamp

    package init(_ read: @escaping @Sendable () -> Timestamp) {
        self.read = read
    }

    package func now() -> Timestamp {
        read()
    }

    package static let system = WallClock {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}

/// Nanoseconds on a clock that never jumps; for deadlines and latencies only, meaningless across restarts.
package struct MonotonicClock: Sendable {
    private let read: @Sendable () -> UInt64

    package init(_ read: @escaping @Sendable () -> UInt64) {
        self.read = read
    }

    package func nanoseconds() -> UInt64 {
        read()
    }

    package static let system = MonotonicClock {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}
