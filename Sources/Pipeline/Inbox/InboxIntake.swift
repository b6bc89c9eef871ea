package import Database
import Packing
package import Telemetry
import Threading
package import Timing

/// The way into the inbox: events wait here for the next commit, and are answered after its flush.
///
/// Event loops call `offer`; everything else runs on the writing thread. A lone event is committed at once;
/// under load the batch forms by itself while the previous commit waits for the disk.
package final class InboxIntake: CommitParticipant {
    package struct Limits: Sendable {
        /// Events that may wait for a commit before new ones are shed.
        package var waitingMax = 16_384
        /// Bytes of body that may wait.
        package var waitingBytesMax = 64 << 20
        /// Events in one commit: larger batches only lengthen the wait of the first one in them.
        package var batchMax = 512

        package init() {}
    }

    /// Counters since start.
    package struct Statistics: Sendable {
        package var stored: UInt64 = 0
        package var duplicates: UInt64 = 0
        /// A known id came with other data in the same API version; the first stays.
        package var anomalies: UInt64 = 0
        package var shed: UInt64 = 0
        package var failed: UInt64 = 0
        package var batches: UInt64 = 0
        package var batchLargest: Int = 0
        package var waiting: Int = 0
    }

    private struct Waiting: Sendable {
        var events: [ReceivedEvent] = []
        var bytes = 0
    }

    private struct Batch: Sendable {
        var receivedAt: [Timestamp] = []
        var answers: [IntakeAnswer] = []
        var stored = 0
        var duplicates = 0
        var anomalies = 0
    }

    /// From receipt to the flush of the commit.
    package let latency = LatencyHistogram()
    private let limits: Limits
    private let clock: WallClock
    private let wake: @Sendable () -> Void
    private let isSameData: @Sendable ([UInt8], [UInt8]) -> Bool
    private let answer: @Sendable ([IntakeAnswer]) -> Void
    private let didStore: @Sendable () -> Void
    private let didFail: @Sendable (_ count: Int, DatabaseError) -> Void
    private let waiting = Lock(Waiting())
    /// Of the open transaction, and the row number given last; the writing thread's own.
    private let open = Lock((batch: Batch(), newestID: Int64?.none))
    /// Committed and not flushed, in order.
    private let committed = Lock<[(commit: UInt64, batch: Batch)]>([])
    private let counters = Lock(Statistics())

    /// - Parameters:
    ///   - wake: wakes the writing thread.
    ///   - isSameData: whether two bodies of one event id tell the same, for the count of anomalies.
    ///   - answer: receives the answers of one commit after its flush; runs on the flushing thread, or on the
    ///     writing one when the commit failed.
    ///   - didStore: called on the writing thread when something new was committed to be applied.
    ///   - didFail: told how many events were answered with a failure, and why, on the thread of that answer.
    package init(
        limits: Limits = Limits(),
        clock: WallClock = .system,
        wake: @escaping @Sendable () -> Void,
        isSameData: @escaping @Sendable ([UInt8], [UInt8]) -> Bool,
        answer: @escaping @Sendable ([IntakeAnswer]) -> Void,
        didStore: @escaping @Sendable () -> Void,
        didFail: @escaping @Sendable (_ count: Int, DatabaseError) -> Void = { _, _ in }
    ) {
        self.limits = limits
        self.clock = clock
        self.wake = wake
        self.isSameData = isSameData
        self.answer = answer
        self.didStore = didStore
        self.didFail = didFail
    }

    /// Takes the event for the next commit; false when the queue is full, then nothing will be answered.
    package func offer(_ event: ReceivedEvent) -> Bool {
        let bytes = event.body.storedCount
        let limits = limits
        let accepted: (isTaken: Bool, isFirst: Bool) = waiting.withLock { waiting in
            guard waiting.events.count < limits.waitingMax, waiting.bytes + bytes <= limits.waitingBytesMax
            else { return (false, false) }
            waiting.events.append(event)
            waiting.bytes += bytes
            return (true, waiting.events.count == 1)
        }
        if accepted.isFirst { wake() }
        if !accepted.isTaken { counters.withLock { $0.shed += 1 } }
        return accepted.isTaken
    }

    package var isFull: Bool {
        let limits = limits
        return waiting.withLock { $0.events.count >= limits.waitingMax || $0.bytes >= limits.waitingBytesMax }
    }

    package var waitingCount: Int {
        waiting.withLock { $0.events.count }
    }

    package var statistics: Statistics {
        var statistics = counters.withLock { $0 }
        statistics.waiting = waitingCount
        return statistics
    }

    package func contribute(_ transaction: any WriteTransaction) throws(DatabaseError) -> Int {
        let events = takeBatch()
        guard !events.isEmpty else { return 0 }
        var batch = Batch()
        // Until the commit is flushed every event counts as failed: whatever goes wrong, all are answered.
        batch.answers = events.map { IntakeAnswer(replyToken: $0.replyToken, outcome: .failed) }
        batch.receivedAt = events.map(\.receivedAt)
        set(batch)
        var newestID = try newestID(in: transaction)
        for (index, event) in events.enumerated() {
            let isNew = try insert(event, id: newestID + 1, in: transaction)
            if isNew {
                newestID += 1
                batch.stored += 1
            } else {
                batch.duplicates += 1
                if try isAnomaly(event, in: transaction) { batch.anomalies += 1 }
            }
            batch.answers[index] = IntakeAnswer(
                replyToken: event.replyToken,
                outcome: isNew ? .stored : .duplicate
            )
        }
        set(batch)
        open.withLock { $0.newestID = newestID }
        return events.count
    }

    package func settle(_ outcome: CommitOutcome) {
        let batch = open.withLock { open in
            let batch = open.batch
            open.batch = Batch()
            // After a failure the numbers given may be free or not: ask the table again.
            if case .failed = outcome { open.newestID = nil }
            return batch
        }
        switch outcome {
        case .committed(let commit):
            committed.withLock { $0.append((commit, batch)) }
            if batch.stored > 0 { didStore() }
        case .failed(let error):
            fail(batch, error)
        }
    }

    package func conclude(upTo commit: UInt64, _ failure: DatabaseError?) {
        let flushed = committed.withLock { committed in
            let flushed = committed.prefix { $0.commit <= commit }
            committed.removeFirst(flushed.count)
            return flushed
        }
        for (_, batch) in flushed {
            if let failure { fail(batch, failure) } else { tell(batch) }
        }
    }

    private func tell(_ batch: Batch) {
        counters.withLock { counters in
            counters.stored += UInt64(batch.stored)
            counters.duplicates += UInt64(batch.duplicates)
            counters.anomalies += UInt64(batch.anomalies)
            counters.batches += 1
            counters.batchLargest = max(counters.batchLargest, batch.answers.count)
        }
        answer(batch.answers)
        let now = clock.now()
        for received in batch.receivedAt {
            latency.record(nanoseconds: UInt64(max(now.milliseconds(since: received), 0)) * 1_000_000)
        }
    }

    private func fail(_ batch: Batch, _ error: DatabaseError) {
        didFail(batch.answers.count, error)
        counters.withLock { $0.failed += UInt64(batch.answers.count) }
        answer(batch.answers.map { IntakeAnswer(replyToken: $0.replyToken, outcome: .failed) })
    }

    private func insert(
        _ event: ReceivedEvent,
        id: Int64,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Bool {
        if let twin = event.twinEventID,
            try InboxTable.exists(twin, of: event.connection, in: transaction)
        {
            return false
        }
        return try InboxTable.insert(event, id: id, in: transaction)
    }

    private func takeBatch() -> [ReceivedEvent] {
        let batchMax = limits.batchMax
        let (events, isMoreWaiting) = waiting.withLock { waiting in
            if waiting.events.count <= batchMax {
                var taken: [ReceivedEvent] = []
                swap(&taken, &waiting.events)
                waiting.bytes = 0
                return (taken, false)
            }
            let taken = Array(waiting.events.prefix(batchMax))
            waiting.events.removeFirst(batchMax)
            waiting.bytes -= taken.reduce(0) { $0 + $1.body.storedCount }
            return (taken, true)
        }
        if isMoreWaiting { wake() }
        return events
    }

    private func newestID(in transaction: any ReadTransaction) throws(DatabaseError) -> Int64 {
        if let known = open.withLock({ $0.newestID }) { return known }
        return try InboxTable.newestID(in: transaction)
    }

    private func set(_ batch: Batch) {
        open.withLock { $0.batch = batch }
    }

    private func isAnomaly(
        _ event: ReceivedEvent,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Bool {
        guard let known = try InboxTable.knownEvent(like: event, in: transaction),
            known.apiVersion == event.apiVersion
        else { return false }
        // Packed alike, too: the same bytes pack to the same.
        guard known.body != event.body else { return false }
        return !isSameData(try known.body.unpacked(), try event.body.unpacked())
    }
}
