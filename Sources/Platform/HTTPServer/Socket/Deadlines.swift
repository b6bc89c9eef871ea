enum Deadlines {
    static func nanoseconds(_ duration: Duration) -> UInt64 {
        let (seconds, attoseconds) = duration.components
        return UInt64(max(seconds, 0)) &* 1_000_000_000 &+ UInt64(max(attoseconds, 0) / 1_000_000_000)
    }

    /// How often connections are looked at: an eighth of the shortest deadline, 5 to 250 ms.
    static func sweepInterval(_ limits: HTTPLimits) -> UInt64 {
        let shortest =
            [
                limits.headDeadline, limits.bodyDeadline, limits.idleDeadline, limits.answerDeadline,
                limits.writeDeadline, limits.lingerDeadline,
            ].map(nanoseconds).min() ?? 0
        return min(max(shortest / 8, 5_000_000), 250_000_000)
    }
}
