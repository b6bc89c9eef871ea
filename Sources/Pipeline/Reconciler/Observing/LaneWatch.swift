import BillingModel
import CustomerStore
import Database
import Inbox
import Lanes
import Outbox
import Providers
import Timing

/// What a batch of events means for the reads and writes of their object (provider_api 3.3 R1, 3.6): which of them
/// the last read contains, which operation they acknowledge, and whether a read is owed.
///
/// An object gets its lane here when its first read is owed. Where nothing is read, and for types that are only
/// mirrored from their events, objects that were never written outward pass through untouched.
struct LaneWatch {
    /// What every object of a batch has in common.
    struct Rules {
        /// Whether any object was ever read or written outward: if not, nothing is looked up.
        let hasLanes: Bool
        /// When objects of a connection are read; never for one that is not named.
        let confirm: [ConnectionID: ConfirmPolicy]
        let schedule: ReadSchedule
    }

    /// Of the batch so far, for the metrics.
    struct Counts: Sendable {
        var gaps = 0
        var guesses = 0
        var nears = 0
        var withdrawals = 0

        static func += (left: inout Counts, right: Counts) {
            left.gaps += right.gaps
            left.guesses += right.guesses
            left.nears += right.nears
            left.withdrawals += right.withdrawals
        }
    }

    private let transaction: any WriteTransaction
    private let key: ObjectKey
    private let preparer: EventPreparer
    private let rules: Rules
    private let now: Timestamp
    /// `never` as well where a read of the object could tell nothing.
    private let confirm: ConfirmPolicy
    private let lane: Lane?
    /// Why a read is owed that events alone cannot make good.
    private var reason: ReadReason?
    private var named: Set<ObjectKey> = []
    /// The event at hand is of a call of ours that is in flight: its answer will show the object.
    private var isAnswerComing = false
    private var acknowledged: [Lane] = []
    /// The confirmed state decoded, once it was needed.
    private var confirmedContent: DecodedObject?
    private(set) var counts = Counts()

    init(
        _ history: ObjectHistory,
        rules: Rules,
        preparer: EventPreparer,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        self.transaction = transaction
        self.preparer = preparer
        self.rules = rules
        self.now = now
        key = history.key
        let confirm = rules.confirm[key.connection] ?? .never
        self.confirm = confirm.makesReads && StripeCalls.confirms(key.type) ? confirm : .never
        if rules.hasLanes, let object = history.stored?.number {
            lane = try LanesTable.find(object: object, in: transaction)
        } else {
            lane = nil
        }
    }

    /// The object was read or written outward before, or is to be.
    var hasLane: Bool { lane != nil }

    /// Whether a read will tell: then an object that nobody knows is worth one.
    var makesReads: Bool { confirm.makesReads }

    /// Readers are told that nobody is sure of the state until a read is made.
    var isProvisional: Bool {
        reason?.isProvisional == true && confirm.makesReads && !isBuried
    }

    /// Deleted for good, as a read showed.
    private var isBuried: Bool {
        lane?.state.life == .tombstone && !StripeDecoder.merchantChoosesID(of: key.type)
    }

    /// Something of the object changed that its event does not show.
    mutating func tellHint() {
        owe(.hint)
    }

    private mutating func owe(_ reason: ReadReason) {
        guard confirm.makesReads else { return }
        self.reason = self.reason?.joined(by: reason) ?? reason
    }

    /// An event of our own request acknowledges it, whatever was thought of it.
    mutating func tellOrigin(of change: ObjectChange) throws(DatabaseError) {
        isAnswerComing = false
        if let own = change.ownKey,
            let lane = try OutboxSettlingTable.acknowledge(own, toldBy: key, now: now, in: transaction)
        {
            acknowledged.append(lane)
            // Whoever has the call in flight sees to the read.
            isAnswerComing = lane.carries(own.operation)
            if !isAnswerComing, makesReadsOfConnection {
                try LaneReadsTable.markDirty(
                    lane.id,
                    for: .write,
                    due: now.adding(milliseconds: rules.schedule.confirmMilliseconds),
                    now: now,
                    in: transaction
                )
            }
        }
        guard !makesReadsOfConnection, let lane = acknowledged.last ?? lane, lane.key == key else { return }
        try OutboxSettlingTable.finishAcknowledged(
            of: lane.id,
            atEventOf: change.second,
            carrying: change.ownKey,
            now: now,
            in: transaction
        )
    }

    /// Also where this object's type is only mirrored.
    private var makesReadsOfConnection: Bool { rules.confirm[key.connection]?.makesReads == true }

    /// Whether the event is to be folded. What the last read shows already is not, nor what it may show.
    mutating func tellsNews(_ event: DueEvent, _ change: ObjectChange) throws(DatabaseError) -> Bool {
        if confirm == .always {
            owe(.event)
            for (type, id) in change.decoded.namedObjects where StripeCalls.confirms(type) {
                named.insert(ObjectKey(connection: key.connection, type: type, id: id))
            }
        }
        // A confirmed deletion absorbs whatever comes.
        if isBuried { return false }
        if change.tells == .tombstone { owe(.deletion) }
        guard let lane, let read = lane.lastRead else { return true }
        switch EventPlace(inboxID: event.id, second: change.second, beside: read) {
        case .contained:
            return false
        case .near:
            // Nothing will be read: then what an event tells is all that anybody knows.
            guard confirm.makesReads else { return true }
            guard !isAnswerComing, try !isShown(change, lane) else { return false }
            counts.nears += 1
            owe(.near)
            return false
        case .later:
            return true
        }
    }

    /// Whether the event tells the confirmed state. What reads and events leave out or render otherwise is no
    /// difference: then what they mean is compared (provider_api 3.5, "Comparing states").
    private mutating func isShown(_ change: ObjectChange, _ lane: Lane) throws(DatabaseError) -> Bool {
        if change.tells == .tombstone { return lane.state.life == .tombstone }
        guard lane.state.life == .live, let remote = lane.state.remote else { return false }
        if RemoteDigest(high: change.to.high, low: change.to.low) == remote { return true }
        guard change.decoded.content.isModelled else { return false }
        if confirmedContent == nil, let number = lane.objectNumber,
            let object = try ObjectsTable.get(number, of: key, in: transaction),
            object.stateDigest == StateDigest(high: remote.high, low: remote.low),
            let json = try ObjectDocuments.json(objectNumber: number, in: transaction)
        {
            confirmedContent = preparer.decode(object: json, type: key.type)
        }
        return confirmedContent?.content == change.decoded.content
    }

    /// Once the object's row is written; nil when it has none.
    mutating func finish(_ history: ObjectHistory, number: Int64?) throws(DatabaseError) {
        for lane in acknowledged where lane.key == key && lane.objectNumber == nil {
            _ = try LanesTable.rename(
                lane,
                local: lane.localNumber,
                provider: lane.providerID,
                object: number,
                in: transaction
            )
        }
        count(history)
        guard confirm.makesReads else { return }
        for key in named where key != self.key {
            var lane = try LanesTable.findOrMake(.object(key), in: transaction)
            try save(&lane, owing: .event)
        }
        // What an acknowledged event of ours marked is written already.
        if !acknowledged.isEmpty || lane == nil {
            guard let owed = reason ?? flag(history) else { return }
            var lane = try LanesTable.findOrMake(.object(key, object: number), in: transaction)
            try save(&lane, owing: owed)
        } else if var lane {
            if let owed = reason ?? flag(history) {
                try save(&lane, owing: owed)
            } else if history.after.certainty == .certain, lane.withdrawFlaggedRead() {
                counts.withdrawals += 1
                try LanesTable.save(lane, in: transaction)
            }
        }
    }

    private func save(_ lane: inout Lane, owing reason: ReadReason) throws(DatabaseError) {
        let canLiveAgain = StripeDecoder.merchantChoosesID(of: lane.type)
        guard lane.state.life != .tombstone || canLiveAgain else { return }
        let wait =
            reason == .event ? rules.schedule.confirmMilliseconds : rules.schedule.graceMilliseconds
        lane.owe(reason, due: now.adding(milliseconds: wait), now: now)
        try LanesTable.save(lane, in: transaction)
    }

    /// The batch left the state flagged, or told more of one that was.
    private func flag(_ history: ObjectHistory) -> ReadReason? {
        guard !history.added.isEmpty else { return nil }
        return switch history.after.certainty {
        case .certain: nil
        case .gap: .gap
        case .guess: .guess
        }
    }

    private mutating func count(_ history: ObjectHistory) {
        guard history.after.certainty != history.stored?.certainty else { return }
        switch history.after.certainty {
        case .certain: break
        case .gap: counts.gaps += 1
        case .guess: counts.guesses += 1
        }
    }
}

extension DecodedObject.Content {
    /// What it means is known: two that mean the same are the same.
    fileprivate var isModelled: Bool {
        switch self {
        case .customer, .subscription, .product, .price, .invoice, .checkoutSession, .paymentMethod, .coupon,
            .discount, .charge, .refund, .dispute, .invoicePayment, .creditNote:
            true
        case .unmodelled, .unusable: false
        }
    }
}
