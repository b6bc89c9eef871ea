/// What a `LatencyHistogram` held at one moment.
package struct LatencySnapshot: Sendable {
    let counts: [UInt64]
    package let sumNanoseconds: UInt64
    package let maxNanoseconds: UInt64
    package let count: UInt64

    init(counts: [UInt64], sumNanoseconds: UInt64, maxNanoseconds: UInt64) {
        self.counts = counts
        self.sumNanoseconds = sumNanoseconds
        self.maxNanoseconds = maxNanoseconds
        count = counts.reduce(0, &+)
    }

    /// The duration that `share` (0 to 1) of all stayed within, at most 12.5 % too high; nil without records.
    package func quantileNanoseconds(_ share: Double) -> UInt64? {
        precondition((0...1).contains(share), "a quantile is a share of all")
        guard count > 0 else { return nil }
        let wanted = max(UInt64((Double(count) * share).rounded(.up)), 1)
        var seen: UInt64 = 0
        for (index, bucket) in counts.enumerated() {
            seen &+= bucket
            guard seen >= wanted else { continue }
            guard let upper = LatencyBuckets.upperMicroseconds(index) else { return maxNanoseconds }
            return min(upper * 1000, maxNanoseconds)
        }
        return maxNanoseconds
    }

    /// How many took at most 2^`exponent` microseconds.
    func countWithin(microsecondsLog2 exponent: Int) -> UInt64 {
        let end = LatencyBuckets.index(ofNanoseconds: (1 << UInt64(exponent)) * 1000)
        return counts[...end].reduce(0, &+)
    }
}
