import Timing

/// Notices that the connection's calls work again after they did not: what happened meanwhile is asked for.
struct OutageWatch: Sendable {
    /// Single calls may fail all day long: that alone is worth no more looks than this.
    private static let failedCallsMilliseconds: Int64 = 60_000

    private let settleMilliseconds: Int64
    private var failedAtLook: UInt64
    private var wasDown: Bool
    /// Since when it works again; nil while it does not, or nothing was wrong.
    private var healthySince: Timestamp?
    private var failedLast: UInt64

    init(_ standing: CatchUpLinks.Standing, settleMilliseconds: Int64) {
        self.settleMilliseconds = settleMilliseconds
        failedAtLook = standing.failed
        failedLast = standing.failed
        wasDown = standing.isDown
    }

    /// A look has ended just now.
    mutating func looked(_ standing: CatchUpLinks.Standing) {
        self = OutageWatch(standing, settleMilliseconds: settleMilliseconds)
    }

    /// Whether there was an outage since the last look, and it is over.
    mutating func isOver(_ standing: CatchUpLinks.Standing, now: Timestamp) -> Bool {
        if standing.isDown || standing.failed != failedLast {
            wasDown = wasDown || standing.isDown
            failedLast = standing.failed
            healthySince = nil
        }
        guard !standing.isDown, wasDown || standing.failed != failedAtLook else { return false }
        let since = healthySince ?? now
        healthySince = since
        let quiet = wasDown ? settleMilliseconds : Self.failedCallsMilliseconds
        return now.milliseconds(since: since) >= quiet
    }
}
