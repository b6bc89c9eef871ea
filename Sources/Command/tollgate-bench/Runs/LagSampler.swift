import Timing

/// Looks at the store beside a running server: how old is the oldest event that waits to be applied?
struct LagSampler {
    private let query: StoredEventsQuery
    private let clock: WallClock
    /// Milliseconds, one for each look.
    private(set) var lags: [Int64] = []

    init(_ query: StoredEventsQuery, clock: WallClock = .system) {
        self.query = query
        self.clock = clock
    }

    mutating func look() throws(BenchError) {
        let received = try query.oldestUnappliedReceivedAt()
        let now = clock.now().milliseconds
        lags.append(received.map { max(now - $0, 0) } ?? 0)
    }

    /// Nil before the first look.
    func percentile(_ fraction: Double) -> Double? {
        guard !lags.isEmpty else { return nil }
        let sorted = lags.sorted()
        let rank = Int((fraction * Double(sorted.count)).rounded(.up))
        return Double(sorted[min(max(rank, 1), sorted.count) - 1])
    }
}
