import BillingModel
import CustomerStore
import Database
import Inbox
import Timing

/// One object's events while a batch is applied to it: what is stored, what the batch adds, and the state that
/// their fold gives.
///
/// An event of a later second than all before it is folded onto the present state. Any other is placed where it
/// belongs: the log is read back to the last point that all events of its second and later lie behind, and
/// folded anew from there. So the state depends on the set of events, not on their order of arrival.
struct ObjectHistory {
    let key: ObjectKey
    let stored: MirroredObject?
    private(set) var added: [ObjectEvent] = []
    private(set) var after: ObjectEvent.After
    private(set) var lastEvent: Int64?
    private(set) var secondMax: Int64
    private let bridge: VersionBridge
    private let transaction: any WriteTransaction

    init(
        _ key: ObjectKey,
        bridge: VersionBridge,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        self.key = key
        self.bridge = bridge
        self.transaction = transaction
        stored = try ObjectsTable.find(key, in: transaction)
        if let stored {
            after = ObjectEvent.After(
                state: stored.state == .live ? .live : .tombstone,
                certainty: stored.certainty,
                event: stored.stateEvent,
                digest: stored.stateDigest
            )
            lastEvent = stored.lastEvent
            secondMax = stored.secondMax
        } else {
            after = .absent
            lastEvent = nil
            secondMax = .min
        }
    }

    /// True when the event is in the log already: it is being replayed, or its settlement was lost.
    func knows(_ event: DueEvent) throws(DatabaseError) -> Bool {
        // A first try is told by the row itself; only what was tried or settled before can be in the log.
        guard event.wasTouched, stored != nil else { return false }
        return try node(event.id) != nil
    }

    mutating func add(_ event: DueEvent, _ change: ObjectChange) throws(DatabaseError) {
        var node = ObjectEvent(
            id: event.id,
            object: stored?.number ?? 0,
            previous: lastEvent,
            second: change.second,
            priorSecondMax: secondMax,
            tells: change.tells,
            from: change.from,
            to: change.to,
            isTerminal: change.isTerminal,
            apiVersion: change.apiVersion,
            after: after,
            eventID: event.eventID
        )
        node.after = try folded(adding: node, canLiveAgain: change.canLiveAgain)
        added.append(node)
        after = node.after
        lastEvent = node.id
        secondMax = max(secondMax, node.second)
    }

    /// Whether readers see something else than before: another state, not only another certainty of it.
    var isStateChanged: Bool {
        guard let stored else { return true }
        switch after.state {
        case .absent: return false
        case .tombstone: return stored.state != .tombstone
        case .live: return stored.state != .live || stored.stateDigest != after.digest
        }
    }

    /// The object's row as the batch leaves it.
    func object(now: Timestamp) throws(DatabaseError) -> MirroredObject {
        let isChanged = isStateChanged
        return MirroredObject(
            number: stored?.number ?? 0,
            key: key,
            state: after.state == .tombstone ? .tombstone : .live,
            freshness: after.certainty == .certain ? .chained : .provisional,
            certainty: after.certainty,
            stateEvent: after.event,
            stateDigest: after.digest,
            stateAPIVersion: try version(of: after),
            lastEvent: lastEvent ?? 0,
            secondMax: secondMax,
            version: (stored?.version ?? 0) + (isChanged ? 1 : 0),
            createdAt: stored?.createdAt ?? now,
            updatedAt: isChanged ? now : stored?.updatedAt ?? now
        )
    }

    /// Something changed of which only the fact is known.
    mutating func hint() {
        if after.certainty == .certain { after.certainty = .gap }
    }

    private func folded(
        adding node: ObjectEvent,
        canLiveAgain: Bool
    ) throws(DatabaseError) -> ObjectEvent.After {
        if node.second > secondMax {
            return try fold([node], onto: after, try version(of: after), canLiveAgain)
        }
        guard let (before, nodes) = try reach(back: node) else {
            // At or before what retention swept: it never changes the state, but something was missed.
            var flagged = after
            if flagged.certainty == .certain { flagged.certainty = .gap }
            return flagged
        }
        var state = before
        for second in Set(nodes.map(\.second)).sorted() {
            let version = try version(of: state, among: nodes)
            state = try fold(nodes.filter { $0.second == second }, onto: state, version, canLiveAgain)
        }
        return state
    }

    private func fold(
        _ nodes: [ObjectEvent],
        onto before: ObjectEvent.After,
        _ versionBefore: String?,
        _ canLiveAgain: Bool
    ) throws(DatabaseError) -> ObjectEvent.After {
        try SecondFold(bridge: bridge, canLiveAgain: canLiveAgain, versionBefore: versionBefore)
            .fold(before: before, nodes)
    }

    /// The API version in which a state was told; `nodes` are looked at first.
    private func version(
        of state: ObjectEvent.After,
        among nodes: [ObjectEvent] = []
    ) throws(DatabaseError) -> String? {
        guard let event = state.event else { return stored?.stateAPIVersion }
        if let node = nodes.first(where: { $0.id == event }) { return node.apiVersion }
        if event == stored?.stateEvent { return stored?.stateAPIVersion }
        return try node(event)?.apiVersion
    }

    /// The events that have to be folded anew, and the state before the earliest of their seconds; nil when the
    /// log does not reach back that far.
    private func reach(
        back node: ObjectEvent
    ) throws(DatabaseError) -> (before: ObjectEvent.After, nodes: [ObjectEvent])? {
        var nodes = [node]
        var secondMin = node.second
        var next = lastEvent
        while let id = next {
            guard let earlier = try self.node(id) else { return nil }
            nodes.append(earlier)
            secondMin = min(secondMin, earlier.second)
            guard let previous = earlier.previous else { return (.absent, nodes) }
            if earlier.priorSecondMax < secondMin {
                guard let base = try self.node(previous) else { return nil }
                return (base.after, nodes)
            }
            next = previous
        }
        return (.absent, nodes)
    }

    /// An event of the log, stored or added by this batch.
    func node(_ id: Int64) throws(DatabaseError) -> ObjectEvent? {
        if let own = added.last(where: { $0.id == id }) { return own }
        return try ObjectEventsTable.get(id, in: transaction)
    }
}

extension ObjectEvent.After {
    static let absent = ObjectEvent.After(state: .absent, certainty: .certain, event: nil, digest: nil)
}
