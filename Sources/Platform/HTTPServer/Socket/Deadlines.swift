/// The deadlines of `HTTPLimits` in nanoseconds, computed once: a request sets several.
struct Deadlines {
    let head: UInt64
    let body: UInt64
    let idle: UInt64
    let answer: UInt64
    let write: UInt64
    let linger: UInt64

    init(_ limits: HTTPLimits) {
        head = Self.nanoseconds(limits.headDeadline)
        body = Self.nanoseconds(limits.bodyDeadline)
        idle = Self.nanoseconds(limits.idleDeadline)
        answer = Self.nanoseconds(limits.answerDeadline)
        write = Self.nanoseconds(limits.writeDeadline)
        linger = Self.nanoseconds(limits.lingerDeadline)
    }

    /// How often connections are looked at: an eighth of the shortest deadline, 5 to 250 ms.
    var sweepInterval: UInt64 {
        let shortest = min(head, body, idle, min(answer, write, linger))
        return min(max(shortest / 8, 5_000_000), 250_000_000)
    }

    static func nanoseconds(_ duration: Duration) -> UInt64 {
        let (seconds, attoseconds) = duration.components
        return UInt64(max(seconds, 0)) &* 1_000_000_000 &+ UInt64(max(attoseconds, 0) / 1_000_000_000)
    }
}
