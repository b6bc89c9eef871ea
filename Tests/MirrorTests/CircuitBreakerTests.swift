import Mirror
import Testing

struct CircuitBreakerTests {
    private static func at(_ milliseconds: Int64) -> Instant {
        Instant(nanoseconds: 3_000_000_000).adding(milliseconds: milliseconds)
    }

    private static func opened() -> CircuitBreaker {
        var breaker = CircuitBreaker()
        for _ in 0..<8 { _ = breaker.callEnded(.transportFailed, isProbe: false, now: at(0)) }
        return breaker
    }

    @Test func `eight transport failures in a row open it, seven do not`() {
        var breaker = CircuitBreaker()
        for _ in 0..<7 {
            let change1 = breaker.callEnded(.transportFailed, isProbe: false, now: Self.at(0))
            #expect(change1 == nil)
        }
        _ = breaker.callEnded(.answered, isProbe: false, now: Self.at(0))
        for _ in 0..<7 {
            let change2 = breaker.callEnded(.transportFailed, isProbe: false, now: Self.at(1))
            #expect(change2 == nil)
        }
        #expect(breaker.permission(now: Self.at(1)) == .calls)
        let change3 = breaker.callEnded(.transportFailed, isProbe: false, now: Self.at(2))
        #expect(change3 == .opened)
        #expect(breaker.permission(now: Self.at(2)) == .none(until: Self.at(30_002)))
    }

    @Test func `half of twenty calls in a minute open it, fewer do not`() {
        for (failures, isOpen) in [(9, false), (10, true)] {
            var breaker = CircuitBreaker()
            for index in 0..<20 {
                let ending: CircuitBreaker.Ending =
                    index.isMultiple(of: 2) && index / 2 < failures ? .serverFailed : .answered
                _ = breaker.callEnded(ending, isProbe: false, now: Self.at(Int64(index) * 2_000))
            }
            #expect((breaker.state == .open) == isOpen, "\(failures) failures")
        }
    }

    @Test func `nineteen failures are too few to judge by`() {
        var breaker = CircuitBreaker()
        for _ in 0..<19 { _ = breaker.callEnded(.serverFailed, isProbe: false, now: Self.at(0)) }
        #expect(breaker.state == .closed)
        let change4 = breaker.callEnded(.serverFailed, isProbe: false, now: Self.at(0))
        #expect(change4 == .opened)
    }

    @Test func `failures of more than a minute ago are forgotten`() {
        var breaker = CircuitBreaker()
        for _ in 0..<19 { _ = breaker.callEnded(.serverFailed, isProbe: false, now: Self.at(0)) }
        for _ in 0..<19 { _ = breaker.callEnded(.serverFailed, isProbe: false, now: Self.at(70_000)) }
        #expect(breaker.state == .closed)
    }

    @Test func `an open breaker allows one probe in thirty seconds`() {
        var breaker = Self.opened()
        var probes: [Int64] = []
        for millisecond in stride(from: Int64(0), to: 3_600_000, by: 500) {
            switch breaker.permission(now: Self.at(millisecond)) {
            case .calls: Issue.record("an open breaker let a call pass")
            case .none, .waitForProbe: break
            case .probe:
                probes.append(millisecond)
                breaker.probeBegan()
                #expect(breaker.permission(now: Self.at(millisecond)) == .waitForProbe)
                _ = breaker.callEnded(.transportFailed, isProbe: true, now: Self.at(millisecond + 10))
            }
        }
        #expect(probes.count > 100)
        #expect(zip(probes, probes.dropFirst()).allSatisfy { $1 - $0 >= 30_000 })
    }

    @Test func `five good probes one after the other close it`() {
        var breaker = Self.opened()
        let now = Self.at(30_000)
        for number in 1...5 {
            #expect(breaker.permission(now: now) == .probe)
            breaker.probeBegan()
            let change = breaker.callEnded(.answered, isProbe: true, now: now)
            #expect(change == (number == 5 ? .closed : nil))
        }
        #expect(breaker.permission(now: now) == .calls)
    }

    @Test func `a bad probe among good ones begins the thirty seconds anew`() {
        var breaker = Self.opened()
        for ending in [CircuitBreaker.Ending.answered, .answered, .serverFailed] {
            breaker.probeBegan()
            _ = breaker.callEnded(ending, isProbe: true, now: Self.at(31_000))
        }
        #expect(breaker.permission(now: Self.at(31_000)) == .none(until: Self.at(61_000)))
    }

    @Test func `calls that were on their way when it opened change nothing`() {
        var breaker = Self.opened()
        for _ in 0..<60 {
            let change5 = breaker.callEnded(.transportFailed, isProbe: false, now: Self.at(20_000))
            #expect(change5 == nil)
        }
        #expect(breaker.permission(now: Self.at(20_000)) == .none(until: Self.at(30_000)))
        breaker.probeBegan()
        let change6 = breaker.callEnded(.answered, isProbe: false, now: Self.at(30_000))
        #expect(change6 == nil)
        #expect(breaker.permission(now: Self.at(30_000)) == .waitForProbe)
    }

    @Test func `a probe that was given up frees its place`() {
        var breaker = Self.opened()
        breaker.probeBegan()
        _ = breaker.callEnded(.abandoned, isProbe: true, now: Self.at(30_000))
        #expect(breaker.permission(now: Self.at(30_000)) == .probe)
    }
}
