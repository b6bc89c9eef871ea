import Foundation
import Lanes
import Timing

/// What is simulated, what happens, and what was found.
extension ConfirmSimulation {
    struct Options: Sendable {
        var seed: UInt64
        var histories = 100
        var told = ToldHistory.Options()
        var confirm = ConfirmPolicy.whenNeeded
        /// Milliseconds from the request to the moment that the answer shows, and from there to its arrival.
        var latency: ClosedRange<Int64> = 50...1_000
        /// How far the header `Date` is from the provider's time, in milliseconds.
        var skew: Int64 = 1_000
        var failedPerMille: UInt64 = 20
        /// Pages that show the customer.
        var pages = 1
        /// A page is written so many milliseconds after it was asked for.
        var pageLate: ClosedRange<Int64> = 500...20_000
        /// Of a thousand ticks, so many leave stored events to the next one.
        var lazyPerMille: UInt64 = 200
    }

    struct Findings: CustomStringConvertible {
        var histories = 0
        var events = 0
        var lost = 0
        var reads = 0
        var reasons: [ReadReason: Int] = [:]
        var withdrawn: UInt64 = 0
        var wrongEnds: [String] = []
        var stepsBack: [String] = []
        /// Ends that are wrong after a run has shown every customer once more.
        var notMended: [String] = []

        var readsPerEvent: Double { Double(reads) / Double(max(events, 1)) }

        var description: String {
            """
            \(histories) histories, \(events) events (\(lost) lost), \(reads) reads \
            (\(String(format: "%.4f", readsPerEvent)) an event: \
            \(reasons.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.key) \($0.value)" })), \
            \(withdrawn) withdrawn, \
            \(wrongEnds.count) wrong ends, \(stepsBack.count) steps back, \(notMended.count) not mended; \
            \((wrongEnds + stepsBack + notMended).prefix(5))
            """
        }

        static func += (left: inout Findings, right: Findings) {
            left.histories += right.histories
            left.events += right.events
            left.lost += right.lost
            left.reads += right.reads
            left.reasons.merge(right.reasons, uniquingKeysWith: +)
            left.withdrawn += right.withdrawn
            left.wrongEnds += right.wrongEnds
            left.stepsBack += right.stepsBack
            left.notMended += right.notMended
        }
    }

    /// What happens at some tick.
    enum Action {
        case delivery(Int, Int)
        case readEnds(ClaimedRead, Int, Ending)
        case pageBegins(Int)
        case pageEnds(Int, PageItemSeen)
    }

    enum Ending {
        case failed
        case answered([UInt8]?, Timestamp)
    }
}
