package import BillingModel
import CustomerStore
package import Database
package import Inbox
package import Lanes
package import Telemetry
package import Threading
package import Timing

/// Writes prepared events: the object's log, its visible state, its projections, and the inbox's settlement, in
/// one commit.
///
/// A batch is written as a whole. When that fails for a reason that is not the disk's, its objects are written
/// one by one, each in a savepoint, so that only the object with the trouble is put back or given up.
package final class Applier: CommitParticipant {
    /// Counters since start.
    package struct Statistics: Sendable {
        package var applied: UInt64 = 0
        package var ignored: UInt64 = 0
        package var dead: UInt64 = 0
        package var retried: UInt64 = 0
        package var batches: UInt64 = 0
        /// Objects whose state began to rest on a gap, or on a guess.
        package var gaps: UInt64 = 0
        package var guesses: UInt64 = 0
        /// Events so close to the last read that another one has to tell.
        package var nears: UInt64 = 0
        /// Reads that late events made needless.
        package var withdrawals: UInt64 = 0
        package var waiting: Int = 0

        package init() {}
    }

    // While webhooks wait for a commit this one ends after about so long, else it may hold far more: a longer
    // batch writes a page once that several of its events change.
    private static let writeNanosecondsMax: UInt64 = 12_000_000
    private static let writeNanosecondsMaxAlone: UInt64 = 60_000_000

    private struct Work: Sendable {
        var waiting: [[PreparedEvent]] = []
        var waitingEvents = 0
        var waitingBytes = 0
        /// So many objects in front are written each in a savepoint of its own, because a batch with them failed.
        var carefulCount = 0
        /// Objects that the open transaction touched, also when one of them failed it.
        var tried = 0
        /// Of the open transaction.
        var written: [[PreparedEvent]] = []
        var outcome = BatchOutcome()
        /// Committed: let go by the thread that made them, so that the writing one need not take them apart.
        var spent: [[PreparedEvent]] = []
    }

    /// Raised whenever work was settled, and when new events are stored; the apply loop sleeps on it.
    package let progress: EventSignal
    /// From receipt to the flush of the applied state.
    package let lag = LatencyHistogram()
    private let preparer: EventPreparer
    private let connections: [ConnectionID: Connection]
    private let epoch: StoreEpoch
    private let policy: RetryPolicy
    private let confirm: [ConnectionID: ConfirmPolicy]
    private let schedule: ReadSchedule
    private let random: RandomSource
    private let clock: WallClock
    private let monotonic: MonotonicClock
    /// Whether webhooks wait for a commit; asked between two objects.
    private let isSomebodyWaiting: @Sendable () -> Bool
    private let wake: @Sendable () -> Void
    private let log: Logger
    private let work = Lock(Work())
    private let counters = Lock(Statistics())

    /// - Parameter confirm: when objects of a connection are read; never for one that is not named.
    package init(
        preparer: EventPreparer,
        connections: [Connection],
        epoch: StoreEpoch,
        confirm: [ConnectionID: ConfirmPolicy] = [:],
        schedule: ReadSchedule = .standard,
        policy: RetryPolicy = .standard,
        random: RandomSource,
        clock: WallClock,
        monotonic: MonotonicClock,
        log: Logger,
        progress: EventSignal = EventSignal(),
        isSomebodyWaiting: @escaping @Sendable () -> Bool,
        wake: @escaping @Sendable () -> Void
    ) {
        self.preparer = preparer
        self.connections = Dictionary(uniqueKeysWithValues: connections.map { ($0.id, $0) })
        self.epoch = epoch
        self.policy = policy
        self.confirm = confirm
        self.schedule = schedule
        self.random = random
        self.clock = clock
        self.monotonic = monotonic
        self.log = log
        self.progress = progress
        self.isSomebodyWaiting = isSomebodyWaiting
        self.wake = wake
    }

    /// Hands prepared events over to the writing thread.
    package func post(_ events: [PreparedEvent]) {
        let groups = ObjectGroups.byObject(events)
        let bytes = events.reduce(0) { $0 + $1.event.bodyBytes }
        let spent = work.withLock { work in
            work.waiting += groups
            work.waitingEvents += events.count
            work.waitingBytes += bytes
            var spent: [[PreparedEvent]] = []
            swap(&spent, &work.spent)
            return spent
        }
        wake()
        withExtendedLifetime(spent) {}
    }

    /// Prepared events that are not settled yet.
    package var waitingCount: Int { waitingLoad.events }

    /// The same with the bytes of the bodies that they were read from.
    var waitingLoad: (events: Int, bytes: Int) {
        work.withLock { ($0.waitingEvents, $0.waitingBytes) }
    }

    /// Objects in front are written one by one, because a batch with them failed.
    var isCareful: Bool { work.withLock { $0.carefulCount > 0 } }

    /// No retry is due later than this after its failure.
    var retryDelayMillisecondsMax: Int64 { policy.backoff.capMilliseconds }

    package var statistics: Statistics {
        var statistics = counters.withLock { $0 }
        statistics.waiting = waitingCount
        return statistics
    }

    package func contribute(_ transaction: any WriteTransaction) throws(DatabaseError) -> Int {
        let (groups, carefulCount) = work.withLock { ($0.waiting, $0.carefulCount) }
        guard !groups.isEmpty else { return 0 }
        let now = clock.now()
        let started = monotonic.nanoseconds()
        var outcome = BatchOutcome(gathers: carefulCount == 0)
        var count = 0
        do throws(DatabaseError) {
            if carefulCount > 0 {
                repeat {
                    try writeCarefully(groups[count], now: now, in: transaction, &outcome)
                    count += 1
                } while count < min(carefulCount, groups.count) && mayGoOn(since: started)
            } else {
                let (writer, update) = try makeWriter(transaction, now: now)
                repeat {
                    try writer.write(groups[count], &outcome)
                    count += 1
                } while count < groups.count && mayGoOn(since: started)
                try update.finish()
                try outcome.finish(now: now, in: transaction)
            }
        } catch {
            let tried = min(count + 1, groups.count)
            work.withLock { $0.tried = tried }
            throw error
        }
        let (result, tried) = (outcome, count)
        work.withLock { work in
            work.written = Array(groups[..<tried])
            work.waiting.removeFirst(tried)
            work.tried = tried
            work.outcome = result
        }
        return result.events
    }

    package func settle(_ outcome: CommitOutcome) {
        let (result, hasMore) = work.withLock { work in
            switch outcome {
            case .committed:
                work.waitingEvents -= work.outcome.events
                work.waitingBytes -= work.outcome.bodyBytes
                work.carefulCount = max(work.carefulCount - work.tried, 0)
                if work.spent.isEmpty { swap(&work.spent, &work.written) } else { work.spent += work.written }
            case .failed(let error):
                work.waiting = work.written + work.waiting
                if error.isOfTheData { work.carefulCount = max(work.carefulCount, work.tried) }
            }
            let result = work.outcome
            work.written = []
            work.tried = 0
            work.outcome = BatchOutcome()
            return (result, !work.waiting.isEmpty)
        }
        switch outcome {
        case .committed:
            record(result)
        case .failed(let error) where !error.isOfTheData:
            log.emitLimited(.error, "a batch of events could not be written", [.reason(error.description)])
        case .failed:
            // Its objects are written one by one next, and what is wrong with one is told then.
            break
        }
        if hasMore { wake() }
        progress.raise()
    }

    private func mayGoOn(since started: UInt64) -> Bool {
        let elapsed = monotonic.nanoseconds() &- started
        return elapsed < Self.writeNanosecondsMax
            || elapsed < Self.writeNanosecondsMaxAlone && !isSomebodyWaiting()
    }

    /// One object in a savepoint. When it fails, each of its events by itself: the one with the trouble is put
    /// back or given up, the others are applied.
    private func writeCarefully(
        _ group: [PreparedEvent],
        now: Timestamp,
        in transaction: any WriteTransaction,
        _ outcome: inout BatchOutcome
    ) throws(DatabaseError) {
        let before = outcome
        do throws(DatabaseError) {
            outcome = try transaction.savepoint { () throws(DatabaseError) in
                var own = before
                let (writer, update) = try makeWriter(transaction, now: now)
                try writer.write(group, &own)
                try update.finish()
                return own
            }
        } catch {
            guard error.isOfTheData else { throw error }
            guard group.count == 1 else {
                for prepared in group { try writeCarefully([prepared], now: now, in: transaction, &outcome) }
                return
            }
            let event = group[0].event
            let settlement = policy.settlement(
                afterFailure: error.description,
                attempts: event.attempts,
                now: now,
                random: random
            )
            try outcome.settle(event, as: settlement, now: now, in: transaction)
            outcome.failures.append((event.eventID, error.description))
        }
    }

    private func makeWriter(
        _ transaction: any WriteTransaction,
        now: Timestamp
    ) throws(DatabaseError) -> (ObjectWriter, StoreUpdate) {
        let update = StoreUpdate(transaction: transaction, connections: connections, epoch: epoch, now: now)
        let writer = ObjectWriter(
            transaction: transaction,
            update: update,
            preparer: preparer,
            rules: LaneWatch.Rules(
                hasLanes: try LanesTable.hasAny(in: transaction),
                confirm: confirm,
                schedule: schedule
            ),
            now: now
        )
        return (writer, update)
    }

    private func record(_ outcome: BatchOutcome) {
        let now = clock.now()
        for received in outcome.appliedReceivedAt {
            lag.record(nanoseconds: UInt64(max(now.milliseconds(since: received), 0)) * 1_000_000)
        }
        counters.withLock { counters in
            counters.applied += UInt64(outcome.appliedReceivedAt.count)
            counters.ignored += UInt64(outcome.ignored)
            counters.dead += UInt64(outcome.dead.count)
            counters.retried += UInt64(outcome.retried)
            counters.batches += 1
            counters.gaps += UInt64(outcome.watched.gaps)
            counters.guesses += UInt64(outcome.watched.guesses)
            counters.nears += UInt64(outcome.watched.nears)
            counters.withdrawals += UInt64(outcome.watched.withdrawals)
        }
        for (event, reason) in outcome.dead {
            log.emitLimited(.error, "event is a dead letter", [.eventID(event), .reason(reason)])
        }
        for (event, reason) in outcome.failures {
            log.emitLimited(.warning, "event could not be applied", [.eventID(event), .reason(reason)])
        }
    }
}

extension DatabaseError {
    /// The row or the code is at fault, not the device: another try of the same batch would fail alike.
    var isOfTheData: Bool {
        switch kind {
        case .constraint, .other: true
        case .full, .inputOutput, .busy, .corrupt, .closed: false
        }
    }
}
