import Mirror
import Testing

struct TokenBucketTests {
    private static func at(_ milliseconds: Int64) -> Instant {
        Instant(nanoseconds: 5_000_000_000).adding(milliseconds: milliseconds)
    }

    /// Takes whatever is there, millisecond by millisecond, and returns when each call began.
    private static func drain(
        _ bucket: inout TokenBucket,
        from start: Int64,
        to end: Int64,
        slowDownAbove limit: Int? = nil
    ) -> (begun: [Int64], refused: Int) {
        var begun: [Int64] = []
        var refused = 0
        for millisecond in start..<end {
            let count = bucket.available(.write, waiting: [], now: at(millisecond))
            guard count > 0 else { continue }
            bucket.take(count, .write, now: at(millisecond))
            for _ in 0..<count {
                begun.append(millisecond)
                if let limit, begun.suffix(limit + 1).filter({ $0 > millisecond - 1_000 }).count > limit {
                    refused += 1
                    bucket.slowDown(now: at(millisecond))
                }
            }
        }
        return (begun, refused)
    }

    @Test(arguments: [1, 5, 20, 100, 1_000] as [Double])
    func `in the long run the rate is kept, and no second holds much more`(rate: Double) {
        var bucket = TokenBucket(ratePerSecond: rate, now: Self.at(0))
        let begun = Self.drain(&bucket, from: 0, to: 20_000).begun
        #expect(abs(Double(begun.count) - rate * 20) <= rate * 0.1 + 1)
        var busiest = 0
        for second in stride(from: Int64(0), to: 19_000, by: 100) {
            busiest = max(busiest, begun.filter { (second..<second + 1_000).contains($0) }.count)
        }
        #expect(Double(busiest) <= rate * 1.1 + 1)
    }

    @Test func `an idle minute saves up no more than a short burst`() {
        var bucket = TokenBucket(ratePerSecond: 20, now: Self.at(0))
        let count1 = bucket.available(.write, waiting: [], now: Self.at(60_000))
        #expect(count1 == 2)
    }

    @Test func `the next call is told to the nanosecond and is not early`() {
        var bucket = TokenBucket(ratePerSecond: 20, now: Self.at(0))
        bucket.take(2, .write, now: Self.at(0))
        let next = bucket.nextAvailable(now: Self.at(0))
        #expect((50...51).contains(Self.at(0).millisecondsUntil(next)))
        let count2 = bucket.available(.write, waiting: [], now: next)
        #expect(count2 == 1)
    }

    @Test func `calls beyond the bucket are owed`() {
        var bucket = TokenBucket(ratePerSecond: 10, now: Self.at(0))
        bucket.take(6, .write, now: Self.at(0))
        let count3 = bucket.available(.write, waiting: [], now: Self.at(500))
        #expect(count3 == 0)
        let count4 = bucket.available(.write, waiting: [], now: Self.at(601))
        #expect(count4 == 1)
    }

    @Test func `reads keep their fifth beside writes that never end, and writes theirs beside reads`() {
        for greedy in [TokenBucket.Purpose.write, .read] {
            var bucket = TokenBucket(ratePerSecond: 50, now: Self.at(0))
            var (reads, writes) = (0, 0)
            for millisecond in Int64(0)..<20_000 {
                let now = Self.at(millisecond)
                let order: [TokenBucket.Purpose] = greedy == .write ? [.write, .read] : [.read, .write]
                for purpose in order {
                    let count = bucket.available(purpose, waiting: [.writes, .reads], now: now)
                    guard count > 0 else { continue }
                    bucket.take(count, purpose, now: now)
                    if purpose == .read { reads += count } else { writes += count }
                }
            }
            #expect(reads + writes <= 1_006)
            #expect(reads + writes >= 900)
            #expect(reads >= 150, "reads were left \(reads) of \(reads + writes)")
            #expect(writes >= 700, "writes were left \(writes) of \(reads + writes)")
        }
    }

    @Test func `reads that nobody wants leave the whole rate to writes`() {
        var bucket = TokenBucket(ratePerSecond: 20, now: Self.at(0))
        #expect(Self.drain(&bucket, from: 0, to: 10_000).begun.count >= 200)
    }

    @Test func `too many requests halve the rate once a second`() {
        var bucket = TokenBucket(ratePerSecond: 40, now: Self.at(0))
        _ = Self.drain(&bucket, from: 0, to: 3_000)
        for _ in 0..<30 { bucket.slowDown(now: Self.at(3_000)) }
        #expect((19...21).contains(bucket.rate))
        let count = bucket.available(.write, waiting: [], now: Self.at(3_000))
        #expect(count == 0)
        bucket.slowDown(now: Self.at(3_500))
        #expect((19...21).contains(bucket.rate))
    }

    @Test func `the rate recovers by a hundredth a second`() {
        var bucket = TokenBucket(ratePerSecond: 40, now: Self.at(0))
        _ = Self.drain(&bucket, from: 0, to: 3_000)
        bucket.slowDown(now: Self.at(3_000))
        let slow = bucket.rate
        _ = bucket.available(.write, waiting: [], now: Self.at(13_000))
        #expect(abs(bucket.rate - slow - 4) < 0.1)
        _ = bucket.available(.write, waiting: [], now: Self.at(103_000))
        #expect(bucket.rate == 40)
    }

    @Test func `a limit far below the configured rate is found at once`() {
        var bucket = TokenBucket(ratePerSecond: 100_000, now: Self.at(0))
        for millisecond in Int64(0)..<2_000 { bucket.take(1, .write, now: Self.at(millisecond)) }
        bucket.slowDown(now: Self.at(2_000))
        #expect(bucket.rate <= 600)
    }

    @Test func `under a limiter below the configured rate fewer than one call in a hundred is refused`() {
        var bucket = TokenBucket(ratePerSecond: 20, now: Self.at(0))
        let (begun, refused) = Self.drain(&bucket, from: 0, to: 600_000, slowDownAbove: 15)
        #expect(Double(refused) < Double(begun.count) * 0.01, "\(refused) of \(begun.count)")
        #expect(Double(begun.count) > 600 * 15 * 0.6)
    }

    @Test
    func `after an outage it begins with one call a second and has the rate back within fifteen seconds`() {
        var bucket = TokenBucket(ratePerSecond: 20, now: Self.at(0))
        bucket.ramp(now: Self.at(0))
        let begun = Self.drain(&bucket, from: 0, to: 15_000).begun
        #expect(begun.filter { $0 < 2_000 }.count <= 4)
        #expect(begun.filter { $0 < 5_000 }.count <= 20)
        #expect(bucket.rate == 20)
    }
}
