import Telemetry
import Testing
import Threading

@Suite struct LatencyHistogramTests {
    @Test func `a quantile is at most an eighth too high and never too low`() throws {
        for microseconds: UInt64 in [1, 2, 7, 8, 9, 15, 16, 17, 100, 999, 1_000, 123_456, 60_000_000] {
            let histogram = LatencyHistogram()
            histogram.record(nanoseconds: microseconds * 1000)
            // A larger one, so that the maximum does not hide the bucket's bound.
            histogram.record(nanoseconds: 66_000_000_000)
            let median = try #require(histogram.snapshot().quantileNanoseconds(0.5))
            #expect(median >= microseconds * 1000)
            #expect(Double(median) <= Double(microseconds * 1000) * 1.125)
        }
    }

    @Test func `quantiles of an even spread stand where they should`() throws {
        let histogram = LatencyHistogram()
        for microseconds in UInt64(1)...10_000 { histogram.record(nanoseconds: microseconds * 1000) }
        let snapshot = histogram.snapshot()
        #expect(snapshot.count == 10_000)
        #expect(snapshot.sumNanoseconds == 50_005_000_000)
        #expect(snapshot.maxNanoseconds == 10_000_000)
        for (share, wanted) in [(0.5, 5_000_000.0), (0.99, 9_900_000.0), (0.999, 9_990_000.0)] {
            let quantile = Double(try #require(snapshot.quantileNanoseconds(share)))
            #expect(quantile >= wanted && quantile <= wanted * 1.125)
        }
        #expect(snapshot.quantileNanoseconds(1) == 10_000_000)
    }

    @Test func `nothing and far too much are both counted`() {
        let histogram = LatencyHistogram()
        #expect(histogram.snapshot().quantileNanoseconds(0.5) == nil)
        histogram.record(nanoseconds: 0)
        histogram.record(nanoseconds: 3_600_000_000_000)
        histogram.record(nanoseconds: UInt64.max / 4)
        let snapshot = histogram.snapshot()
        #expect(snapshot.count == 3)
        #expect(snapshot.quantileNanoseconds(0.1) == 1_000)
        #expect(snapshot.quantileNanoseconds(1) == UInt64.max / 4)
    }

    @Test func `no record of several threads is lost`() {
        let histogram = LatencyHistogram()
        let counter = Counter()
        let threads = (0..<4).map { thread in
            WorkerThread.start(name: "record") {
                for number in 0..<5_000 {
                    histogram.record(nanoseconds: UInt64(thread * 1_000 + number))
                    counter.add()
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(histogram.snapshot().count == 20_000)
        #expect(counter.value == 20_000)
    }
}

@Suite struct PrometheusTextTests {
    @Test func `families have help, type, labels and escaped values`() {
        var text = PrometheusText()
        text.counter("tollgate_events_total", "Events\nby \\ state.", 7)
        text.gauge("tollgate_depth", "Depth.", [([("queue", "a\"b\\c\nd"), ("mode", "test")], -3), ([], 4)])
        text.seconds("tollgate_age_seconds", "Age.", isCounter: false, nanoseconds: 1_500_000_000)
        let expected = #"""
            # HELP tollgate_events_total Events\nby \\ state.
            # TYPE tollgate_events_total counter
            tollgate_events_total 7
            # HELP tollgate_depth Depth.
            # TYPE tollgate_depth gauge
            tollgate_depth{queue="a\"b\\c\nd",mode="test"} -3
            tollgate_depth 4
            # HELP tollgate_age_seconds Age.
            # TYPE tollgate_age_seconds gauge
            tollgate_age_seconds 1.5

            """#
        #expect(String(decoding: text.bytes, as: UTF8.self) == expected)
    }

    @Test func `histogram buckets are cumulative and inclusive, and end in infinity`() {
        let histogram = LatencyHistogram()
        for nanoseconds: UInt64 in [16_000, 16_001, 32_000, 67_108_864_000, 90_000_000_000] {
            histogram.record(nanoseconds: nanoseconds)
        }
        var text = PrometheusText()
        text.histogram("tollgate_wait_seconds", "Wait.", [([("room", "x")], histogram.snapshot())])
        let lines = String(decoding: text.bytes, as: UTF8.self).split(separator: "\n")
        #expect(lines.contains(#"tollgate_wait_seconds_bucket{room="x",le="0.000016"} 1"#))
        #expect(lines.contains(#"tollgate_wait_seconds_bucket{room="x",le="0.000032"} 3"#))
        #expect(lines.contains(#"tollgate_wait_seconds_bucket{room="x",le="67.108864"} 4"#))
        #expect(lines.contains(#"tollgate_wait_seconds_bucket{room="x",le="+Inf"} 5"#))
        #expect(lines.contains(#"tollgate_wait_seconds_count{room="x"} 5"#))
        #expect(lines.contains(#"tollgate_wait_seconds_sum{room="x"} 157.108928001"#))
    }

    @Test func `gauges move both ways`() {
        let gauge = Gauge()
        gauge.set(5)
        gauge.move(by: -7)
        #expect(gauge.value == -2)
    }
}
