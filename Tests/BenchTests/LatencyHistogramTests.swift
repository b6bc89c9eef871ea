import Testing
import Timing

@testable import tollgate_bench

@Suite struct LatencyHistogramTests {
    @Test func `an empty histogram says zero`() {
        let histogram = LatencyHistogram()
        #expect(histogram.percentile(0.5) == 0)
        #expect(histogram.max == 0)
    }

    @Test func `small values are exact`() {
        var histogram = LatencyHistogram()
        for value in 1...100 as ClosedRange<UInt64> { histogram.record(value) }
        #expect(histogram.percentile(0.5) == 50)
        #expect(histogram.percentile(0.99) == 99)
        #expect(histogram.percentile(1) == 100)
        #expect(histogram.percentile(0) == 1)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `percentiles agree with a sorted list to within a hundredth`(seed: UInt64) {
        let random = RandomSource(seed: seed)
        var histogram = LatencyHistogram()
        var values: [UInt64] = []
        for _ in 0..<10_000 {
            let value = random.next() >> (24 + random.below(36))
            values.append(value)
            histogram.record(value)
        }
        values.sort()
        for fraction in [0.01, 0.5, 0.9, 0.99, 0.999, 1] {
            let exact = values[Swift.max(Int((fraction * 10_000).rounded(.up)), 1) - 1]
            let found = histogram.percentile(fraction)
            #expect(found >= exact, "seed \(seed), \(fraction)")
            #expect(Double(found) <= Double(exact) * 1.01 + 1, "seed \(seed), \(fraction)")
        }
        #expect(histogram.max == values.last)
    }

    @Test func `the greatest of all numbers has its place`() {
        var histogram = LatencyHistogram()
        histogram.record(.max)
        #expect(histogram.percentile(0.5) == .max)
    }
}
