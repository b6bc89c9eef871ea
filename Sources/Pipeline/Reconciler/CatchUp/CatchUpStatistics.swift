package import Telemetry
import Threading
package import Timing

/// What one connection's catch-up counts; safe from any thread.
package final class CatchUpStatistics: Sendable {
    /// How a look ended.
    package enum Ending: String, Sendable, Hashable, CaseIterable {
        case complete
        /// The provider may not be asked.
        case refused
        /// The store failed, or cursors died again and again: the next look goes on.
        case broken
    }

    package let pages = Counter()
    package let known = Counter()
    /// Events that no webhook had brought.
    package let found = Counter()
    package let retries = Counter()
    package let gaps = Counter()
    private let endings = Lock<[Ending: UInt64]>([:])
    private let complete = Lock<Timestamp?>(nil)

    package init() {}

    package var lookCounts: [(ending: Ending, count: UInt64)] {
        let counts = endings.withLock { $0 }
        return Ending.allCases.map { ($0, counts[$0] ?? 0) }
    }

    /// By our clock; nil before the first one of this process.
    package var lastComplete: Timestamp? { complete.withLock { $0 } }

    func ended(_ ending: Ending, now: Timestamp) {
        endings.withLock { $0[ending, default: 0] += 1 }
        if ending == .complete { complete.withLock { $0 = now } }
    }
}
