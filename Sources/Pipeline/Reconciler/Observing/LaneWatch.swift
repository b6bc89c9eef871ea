import BillingModel
import CustomerStore
import Database
import Inbox
import Lanes
import Outbox
import Timing

/// What a batch of events means for the reads and writes of their object (provider_api 3.3 R1, 3.6): which of them
/// the last read contains, which operation they acknowledge, and whether a read is owed. Objects that were never
/// read or written outward pass through untouched.
struct LaneWatch {
    private let transaction: any WriteTransaction
    private let key: ObjectKey
    private let lane: Lane?
    private let now: Timestamp
    private let schedule = ReadSchedule.standard
    private var isReadOwed = false
    /// The event at hand is of a call of ours that is in flight: its answer will show the object.
    private var isAnswerComing = false
    private var acknowledged: [Lane] = []

    init(
        _ history: ObjectHistory,
        hasLanes: Bool,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        self.transaction = transaction
        self.now = now
        key = history.key
        if hasLanes, let object = history.stored?.number {
            lane = try LanesTable.find(object: object, in: transaction)
        } else {
            lane = nil
        }
    }

    /// Something of the object changed that its event does not show.
    mutating func tellHint() {
        isReadOwed = true
    }

    /// An event of our own request acknowledges it, whatever was thought of it.
    mutating func tellOrigin(of change: ObjectChange) throws(DatabaseError) {
        isAnswerComing = false
        guard let own = change.ownKey,
            let lane = try OutboxSettlingTable.acknowledge(own, toldBy: key, now: now, in: transaction)
        else { return }
        acknowledged.append(lane)
        // Whoever has the call in flight sees to the read.
        isAnswerComing = lane.carries(own.operation)
        guard !isAnswerComing else { return }
        let due = now.adding(milliseconds: schedule.confirmMilliseconds)
        try LaneReadsTable.markDirty(lane.id, due: due, in: transaction)
    }

    /// Whether the event is to be folded. What the last read shows already is not, nor what it may show.
    mutating func tellsNews(_ event: DueEvent, _ change: ObjectChange) -> Bool {
        guard let lane else { return true }
        if change.tells == .tombstone { isReadOwed = true }
        guard let read = lane.lastRead else { return true }
        switch EventPlace(inboxID: event.id, second: change.second, beside: read) {
        case .contained:
            return false
        case .near:
            let shows = RemoteDigest(high: change.to.high, low: change.to.low)
            if shows != lane.state.remote, !isAnswerComing { isReadOwed = true }
            return false
        case .later:
            return true
        }
    }

    /// Once the object's row is written.
    func finish(_ history: ObjectHistory, number: Int64) throws(DatabaseError) {
        for lane in acknowledged where lane.key == key && lane.objectNumber == nil {
            _ = try LanesTable.rename(
                lane,
                local: lane.localNumber,
                provider: lane.providerID,
                object: number,
                in: transaction
            )
        }
        guard let lane, lane.state.life != .tombstone else { return }
        guard isReadOwed || history.after.certainty != .certain else { return }
        let due = now.adding(milliseconds: schedule.graceMilliseconds)
        try LaneReadsTable.markDirty(lane.id, due: due, in: transaction)
    }
}
