/// Counts of latencies in nanoseconds, to within 0.8 %: 128 steps in every doubling.
package struct LatencyHistogram: Sendable {
    private static let stepBits = 7
    private static let steps = 1 << stepBits

    private var counts = [UInt64](repeating: 0, count: (64 - stepBits + 1) << stepBits)
    package private(set) var count: UInt64 = 0
    package private(set) var max: UInt64 = 0

    package init() {}

    package mutating func record(_ nanoseconds: UInt64) {
        counts[Self.index(of: nanoseconds)] += 1
        count += 1
        if nanoseconds > max { max = nanoseconds }
    }

    /// The least recorded value, to within a step, that at least `fraction` of all do not exceed; 0 when empty.
    package func percentile(_ fraction: Double) -> UInt64 {
        guard count > 0 else { return 0 }
        let rank = Swift.max(1, UInt64((fraction * Double(count)).rounded(.up)))
        var seen: UInt64 = 0
        for (index, countHere) in counts.enumerated() {
            seen += countHere
            if seen >= rank { return min(Self.upperBound(of: index), max) }
        }
        return max
    }

    /// Below 128 each value has a step of its own; above, the seven bits after the leading one choose it.
    private static func index(of value: UInt64) -> Int {
        guard value >= UInt64(steps) else { return Int(value) }
        let shift = 63 - value.leadingZeroBitCount - stepBits
        return (shift + 1) << stepBits + Int(truncatingIfNeeded: value >> UInt64(shift)) - steps
    }

    private static func upperBound(of index: Int) -> UInt64 {
        guard index >= steps else { return UInt64(index) }
        let shift = index >> stepBits - 1
        let lower = UInt64(index & (steps - 1) + steps) << UInt64(shift)
        return lower + ((1 << UInt64(shift)) - 1)
    }
}
