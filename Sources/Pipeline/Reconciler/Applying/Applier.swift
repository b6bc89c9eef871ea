import CustomerStore
package import Database
import Inbox
import Telemetry
package import Threading
package import Timing

/// Writes prepared events: object log, visible state, projections and the inbox's settlement, in one commit.
///
/// A batch is written as a whole. When that fails for a reason that is not the disk's, its objects are written
/// one by one, each in a savepoint, so that only the object with the trouble is put back or given up.
package final class Applier: CommitParticipant {
    package struct Statistics: Sendable {
        package var applied: UInt64 = 0
        package var ignored: UInt64 = 0
        package var dead: UInt64 = 0
        package var retried: UInt64 = 0
        package var batches: UInt64 = 0
        /// From receipt to the commit of the applied state.
        package var lag = LatencyHistogram.Snapshot()
    }

    // The intake's next batch waits while this one is written, so it ends after this long.
    private static let writeNanosecondsMax: UInt64 = 6_000_000

    private struct Work: Sendable {
        var waiting: [ObjectBatch] = []
        var waitingEvents = 0
        var isCareful = false
        /// Of the open transaction.
        var written: [ObjectBatch] = []
        var settlements = SettlementCounts()
    }

    package let progress: EventSignal
    private let policy: RetryPolicy
    private let random: RandomSource
    private let connections: any ConnectionLookup
    private let clock: WallClock
    private let monotonic: MonotonicClock
    private let wake: @Sendable () -> Void
    private let work = Lock(Work())
    private let counters = Lock(Statistics())
    private let lag = LatencyHistogram()

    package init(
        policy: RetryPolicy = .standard,
        random: RandomSource,
        connections: any ConnectionLookup,
        clock: WallClock,
        monotonic: MonotonicClock,
        wake: @escaping @Sendable () -> Void
    ) {
        self.policy = policy
        self.random = random
        self.connections = connections
        self.clock = clock
        self.monotonic = monotonic
        self.wake = wake
        progress = EventSignal()
    }
}
