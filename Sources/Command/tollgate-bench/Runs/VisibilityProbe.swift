import Cryptography
import Timing

/// Posts single events and watches the store until each is applied.
struct VisibilityProbe {
    let port: UInt16
    let query: StoredEventsQuery
    let writer: SignedRequestWriter
    var monotonic = MonotonicClock.system
    var wall = WallClock.system

    private static let patienceNanoseconds: UInt64 = 10_000_000_000

    /// Births of the subscriptions from `firstObject` on. The time counts from the post, its answer included.
    func measure(count: Int, firstObject: UInt64) throws(BenchError) -> LatencyHistogram {
        let probe = HTTPProbe(port: port)
        var delays = LatencyHistogram()
        for number in 0..<count {
            let second = wall.now().seconds
            let plan = EventPlan(
                kind: .subscriptionCreated,
                sequence: UInt64(number),
                object: firstObject + UInt64(number),
                revision: 1,
                second: second
            )
            let request = Array(writer.request(for: plan, signedAt: second))
            let eventID = writer.eventID(of: plan)
            let start = monotonic.nanoseconds()
            guard let answer = probe.send(request), answer.status == 200 else {
                throw BenchError("a single event was not accepted")
            }
            while try !query.isApplied(eventID) {
                guard monotonic.nanoseconds() - start < Self.patienceNanoseconds else {
                    throw BenchError("event \(eventID) was not applied within 10 s")
                }
                Pause.microseconds(250)
            }
            delays.record(monotonic.nanoseconds() - start)
            Pause.milliseconds(10)
        }
        return delays
    }
}
