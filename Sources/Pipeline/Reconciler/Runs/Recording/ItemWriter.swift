import BillingModel
import CustomerStore
import Database
import Lanes
import Outbox
import Providers
import Timing

/// What became of one object of a page.
struct ItemFate: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case equal
        case repaired
        case created
        case raced
        case tombstoned
        case failed
    }

    let kind: Kind
    /// Its row, when it has one now.
    let number: Int64?
    /// Of the object as a whole, when `kind` is `failed`; JSON text.
    var words: String?
    var differences: [FieldDifference] = []
}

/// Writes one object of a page in mode `apply`, by the rules by which a read of it alone is written (R3 to R5).
struct ItemWriter {
    let transaction: any WriteTransaction
    let update: StoreUpdate
    let comparer: ItemComparer
    let asked: AskedAt
    /// The provider's clock.
    let date: Timestamp?
    let apiVersion: String?
    let now: Timestamp
    private let schedule = ReadSchedule.standard

    init(
        transaction: any WriteTransaction,
        update: StoreUpdate,
        comparer: ItemComparer,
        asked: AskedAt,
        date: Timestamp?,
        apiVersion: String?,
        now: Timestamp
    ) {
        self.transaction = transaction
        self.update = update
        self.comparer = comparer
        self.asked = asked
        self.date = date
        self.apiVersion = apiVersion
        self.now = now
    }

    /// `item` was not equal when it was compared; since then an event may have come.
    func write(_ item: ComparedItem) throws(DatabaseError) -> ItemFate {
        let item = try comparer.compare(item.value, item.key, hasLanes: true, in: transaction)
        var kind = ItemFate.Kind.equal
        var differences: [FieldDifference] = []
        switch item.standing {
        case .equal:
            return ItemFate(kind: .equal, number: item.number)
        case .unusable(let problem):
            return ItemFate(kind: .failed, number: item.number, words: problem)
        case .buried:
            return try afterDeath(item)
        case .alike:
            break
        case .differs(let found):
            (kind, differences) = (.repaired, found)
        case .unknown:
            kind = .created
        }
        var lane = try LanesTable.findOrMake(.object(item.key, object: item.number), in: transaction)
        var object = try ObjectsTable.find(item.key, in: transaction)
        let state = comparer.preparer.confirmed(item.value, type: item.key.type, apiVersion: apiVersion)
        let rule = ItemRule(
            asked: asked,
            date: date,
            apiVersion: apiVersion,
            canLiveAgain: StripeDecoder.merchantChoosesID(of: item.key.type),
            now: now,
            schedule: schedule
        )
        let fate = try rule.take(state.digest, lane: &lane, object: &object) { () throws(DatabaseError) in
            try LogicalClockTable.next(in: transaction)
        }
        try LanesTable.save(lane, in: transaction)
        let writer = ConfirmedWriter(transaction: transaction, update: update, now: now)
        switch fate {
        case .afterDeath:
            return try afterDeath(item)
        case .raced(let showing), .taken(let showing):
            if let object, let showing {
                try writer.write(object, showing, state, of: lane, item.key)
            } else if case .taken = fate {
                try writer.make(state, of: lane, item.key)
            }
        }
        guard case .taken = fate else {
            return ItemFate(kind: .raced, number: item.number, differences: differences)
        }
        try settle(lane)
        var number = item.number
        if number == nil { number = try ObjectsTable.number(of: item.key, in: transaction) }
        return ItemFate(kind: kind, number: number, differences: differences)
    }

    /// The page shows an object of which a read confirmed that it is gone. If that read came after the question, the
    /// page is older, and nothing is wrong.
    func afterDeath(_ item: ComparedItem) throws(DatabaseError) -> ItemFate {
        if let lane = try LanesTable.find(item.key, in: transaction), lane.state.observedEnd > asked.start {
            return ItemFate(kind: .equal, number: item.number)
        }
        return ItemFate(kind: .failed, number: item.number, words: "shown again after its deletion")
    }

    func bury(_ key: ObjectKey, number: Int64, _ gone: Gone) throws(DatabaseError) -> ItemFate {
        let found = try LanesTable.findOrMake(.object(key, object: number), in: transaction)
        guard !found.isWriting(at: now) else { return try race(found, number, []) }
        let sights: [(Sight, start: Tick)] =
            switch gone {
            case .deleted: [(.deleted, asked.start)]
            // Two questions, one after the other (R4).
            case .missing(let first): [(.missing, first), (.missing, asked.start)]
            }
        let (lane, _) = try take(sights, found, key.type)
        guard lane.state.life == .tombstone else {
            return ItemFate(kind: .raced, number: number)
        }
        try ConfirmedWriter(transaction: transaction, update: update, now: now).bury(lane, key)
        try OutboxSettlingTable.cancelUnsent(of: lane, now: now, in: transaction)
        try settle(lane)
        return ItemFate(kind: .tombstoned, number: number)
    }

    private func take(
        _ sights: [(Sight, start: Tick)],
        _ lane: Lane,
        _ type: ObjectType
    ) throws(DatabaseError) -> (Lane, Observation) {
        try LaneReadsTable.take(
            sights.map { PageSight($0.0, start: $0.start, inboxID: asked.inboxID, date: date) },
            of: lane,
            canLiveAgain: StripeDecoder.merchantChoosesID(of: type),
            schedule: schedule,
            now: now,
            in: transaction
        )
    }

    /// Operations that were acknowledged before the question was sent are in what it showed (R3).
    private func settle(_ lane: Lane) throws(DatabaseError) {
        _ = try OutboxSettlingTable.finishAcknowledged(
            of: lane.id,
            before: asked.start,
            now: now,
            in: transaction
        )
    }

    /// Something newer may have come: a read of the object alone tells.
    private func race(
        _ lane: Lane,
        _ number: Int64?,
        _ differences: [FieldDifference]
    ) throws(DatabaseError) -> ItemFate {
        let due = now.adding(milliseconds: schedule.graceMilliseconds)
        try LaneReadsTable.markDirty(lane.id, for: .run, due: due, now: now, in: transaction)
        return ItemFate(kind: .raced, number: number, differences: differences)
    }
}
