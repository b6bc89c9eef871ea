package import Lanes
package import Telemetry
import Threading

/// What one connection's mirror counts; safe from any thread.
package final class MirrorStatistics: Sendable {
    /// Duration of writes, from the start of the call to its end.
    package let latency = LatencyHistogram()
    /// Calls a second that the pace allows at present, in thousandths.
    package let milliRate = Gauge()
    package let inFlight = Gauge()

    private let calls = Lock<[CallLabel: UInt64]>([:])
    private let alerts = Lock<[MirrorAlert.Code: UInt64]>([:])
    private let standing = Lock<(breaker: CircuitBreaker.State, pause: LanePause.Cause?)>((.closed, nil))
    private let begun = Counter()
    private let reads = Lock<[ReadReason: UInt64]>([:])

    private struct CallLabel: Hashable, Sendable {
        let purpose: OutgoingCall.Purpose
        let result: CallResult
    }

    package struct CallCount: Sendable {
        /// `write`, `lookup` or `read`.
        package let purpose: String
        package let result: CallResult
        package let count: UInt64
    }

    package var callCounts: [CallCount] {
        calls.withLock { $0 }
            .map { CallCount(purpose: $0.key.purpose.rawValue, result: $0.key.result, count: $0.value) }
            .sorted { ($0.purpose, $0.result.rawValue) < ($1.purpose, $1.result.rawValue) }
    }

    /// Reads of single objects that were begun, by why they were owed.
    package var readCounts: [(reason: ReadReason, count: UInt64)] {
        let counts = reads.withLock { $0 }
        return ReadReason.allCases.map { ($0, counts[$0] ?? 0) }
    }

    /// Calls that ended without an answer that means anything: the provider was not reached, or was out of order.
    package var uselessCalls: UInt64 {
        calls.withLock { calls in
            calls.reduce(0) { sum, call in
                switch call.key.result {
                case .serverError, .noAnswer, .notSent, .unreadable, .untrusted: sum + call.value
                case .acknowledged, .replayed, .conflict, .rateLimited, .unresolved, .rejected, .missing,
                    .refusedCredentials, .tooLarge, .unusable, .cancelled:
                    sum
                }
            }
        }
    }

    package var callsBegun: UInt64 { begun.value }

    /// How often each alert was raised since the start.
    package var alertCounts: [(code: MirrorAlert.Code, count: UInt64)] {
        let counts = alerts.withLock { $0 }
        return MirrorAlert.Code.allCases.map { ($0, counts[$0] ?? 0) }
    }

    package var breaker: CircuitBreaker.State { standing.withLock { $0.breaker } }
    package var pause: LanePause.Cause? { standing.withLock { $0.pause } }

    func began(_ purpose: OutgoingCall.Purpose) {
        begun.add()
    }

    func reads(for reason: ReadReason) {
        reads.withLock { $0[reason, default: 0] += 1 }
    }

    func ended(_ purpose: OutgoingCall.Purpose, _ result: CallResult, nanoseconds: UInt64) {
        calls.withLock { $0[CallLabel(purpose: purpose, result: result), default: 0] += 1 }
        if purpose == .write { latency.record(nanoseconds: nanoseconds) }
    }

    func alerted(_ code: MirrorAlert.Code) {
        alerts.withLock { $0[code, default: 0] += 1 }
    }

    func standing(
        breaker: CircuitBreaker.State,
        pause: LanePause.Cause?,
        milliRate: Int64,
        inFlight: Int
    ) {
        standing.withLock { $0 = (breaker, pause) }
        self.milliRate.set(milliRate)
        self.inFlight.set(Int64(inFlight))
    }
}
