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
    private(set) var after: ObjectEvent.Folded
    private(set) var lastEvent: Int64?
    private(set) var secondMax: Int64
    /// Entries of the log that are known without a look.
    private let known: [ObjectEvent]
    private let bridge: VersionBridge
    private let transaction: any WriteTransaction

    /// Of what the store has.
    init(
        _ key: ObjectKey,
        number: Int64?,
        preparer: EventPreparer,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        let stored: MirroredObject?
        if let number {
            stored = try ObjectsTable.get(number, of: key, in: transaction)
        } else {
            stored = try ObjectsTable.find(key, in: transaction)
        }
        self.init(key, stored: stored, known: [], preparer: preparer, in: transaction)
    }

    /// Of what the store had: true only if the row still is the same when it is written.
    init(
        _ key: ObjectKey,
        foreseen: ForeseenObject,
        preparer: EventPreparer,
        in transaction: any WriteTransaction
    ) {
        self.init(
            key,
            stored: foreseen.row,
            known: foreseen.entries,
            preparer: preparer,
            in: transaction
        )
    }

    private init(
        _ key: ObjectKey,
        stored: MirroredObject?,
        known: [ObjectEvent],
        preparer: EventPreparer,
        in transaction: any WriteTransaction
    ) {
        self.key = key
        self.transaction = transaction
        self.stored = stored
        self.known = known
        bridge = VersionBridge(preparer: preparer, stored: stored, in: transaction)
        if let stored {
            after = ObjectEvent.Folded(
                state: stored.state == .live ? .live : .tombstone,
                certainty: stored.certainty,
                event: stored.stateEvent,
                digest: stored.stateDigest,
                apiVersion: stored.stateAPIVersion
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
        let node = ObjectEvent(
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
            before: after,
            eventID: event.eventID
        )
        after = try folded(adding: node, canLiveAgain: change.canLiveAgain)
        append(node)
    }

    /// Something changed of which only the fact is known: a flag, whatever is folded over it later.
    mutating func addHint(_ event: DueEvent) {
        append(
            ObjectEvent(
                id: event.id,
                object: stored?.number ?? 0,
                previous: lastEvent,
                // Not the event's own: a hint has no place in the fold.
                second: secondMax,
                priorSecondMax: secondMax,
                tells: .hint,
                from: nil,
                to: nil,
                isTerminal: false,
                apiVersion: nil,
                before: after,
                eventID: event.eventID
            )
        )
        after = after.flagged
    }

    private mutating func append(_ node: ObjectEvent) {
        added.append(node)
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
    ///
    /// - Parameters:
    ///   - isProvisional: a read is owed that the fold knows nothing of.
    ///   - believesDeletions: no read will confirm one.
    func object(isProvisional: Bool, believesDeletions: Bool, now: Timestamp) -> MirroredObject {
        let isChanged = isStateChanged
        return MirroredObject(
            number: stored?.number ?? 0,
            key: key,
            state: after.state == .tombstone ? .tombstone : .live,
            freshness: freshness(isChanged: isChanged, isProvisional, believesDeletions),
            certainty: after.certainty,
            stateEvent: after.event,
            stateDigest: after.digest,
            stateAPIVersion: after.apiVersion,
            lastEvent: lastEvent ?? 0,
            secondMax: secondMax,
            version: (stored?.version ?? 0) + (isChanged ? 1 : 0),
            createdAt: stored?.createdAt ?? now,
            updatedAt: isChanged ? now : stored?.updatedAt ?? now
        )
    }

    /// What was read stays confirmed as long as that is the state.
    private func freshness(
        isChanged: Bool,
        _ isProvisional: Bool,
        _ believesDeletions: Bool
    ) -> Freshness {
        guard after.certainty == .certain, !isProvisional else { return .provisional }
        guard let stored, !added.isEmpty else { return stored?.freshness ?? .chained }
        if after.state == .tombstone, !believesDeletions {
            return stored.freshness == .confirmed && !isChanged ? .confirmed : .provisional
        }
        return stored.freshness == .confirmed && !isChanged ? .confirmed : .chained
    }

    private func folded(
        adding node: ObjectEvent,
        canLiveAgain: Bool
    ) throws(DatabaseError) -> ObjectEvent.Folded {
        let fold = SecondFold(bridge: bridge, canLiveAgain: canLiveAgain)
        if node.second > secondMax { return try fold.fold(before: after, [node]) }
        guard let reach = try reach(back: node) else {
            // At or before what retention swept: it never changes the state, but something was missed.
            return after.flagged
        }
        var state = reach.before
        if reach.nodes.allSatisfy({ $0.second == node.second }) {
            state = try fold.fold(before: state, reach.nodes)
        } else {
            for second in Set(reach.nodes.map(\.second)).sorted() {
                state = try fold.fold(before: state, reach.nodes.filter { $0.second == second })
            }
        }
        return try readable(reach.isFlagged ? state.flagged : state, node)
    }

    /// What has to be folded anew for a late event.
    private struct Reach {
        /// The fold of all that is not in `nodes`; everything there is of an earlier second.
        var before: ObjectEvent.Folded
        var secondBefore: Int64
        var nodes: [ObjectEvent]
        /// A hint lies among the nodes.
        var isFlagged: Bool
    }

    /// Nil when what is left of the log does not reach back to the event's second.
    private func reach(back node: ObjectEvent) throws(DatabaseError) -> Reach? {
        var walk = Reach(before: after, secondBefore: secondMax, nodes: [], isFlagged: false)
        var secondMin = Int64.max
        var next = lastEvent
        // The farthest place from which the log can be folded anew: all behind it is of later seconds.
        var farthest = walk
        while let id = next, let earlier = try self.node(id) {
            if earlier.tells == .hint {
                walk.isFlagged = true
            } else {
                walk.nodes.append(earlier)
                secondMin = min(secondMin, earlier.second)
            }
            walk.before = earlier.before
            walk.secondBefore = earlier.priorSecondMax
            if walk.secondBefore < secondMin {
                farthest = walk
                if walk.secondBefore < node.second { break }
            }
            next = earlier.previous
        }
        guard farthest.secondBefore < node.second else { return nil }
        farthest.nodes.append(node)
        return farthest
    }

    /// A state whose text retention swept cannot be shown: then the one that is visible stays, flagged.
    private func readable(
        _ state: ObjectEvent.Folded,
        _ newest: ObjectEvent
    ) throws(DatabaseError) -> ObjectEvent.Folded {
        guard state.state == .live, let event = state.event, event != stored?.stateEvent, event != newest.id,
            !added.contains(where: { $0.id == event }),
            try InboxAdministration.body(of: event, in: transaction) == nil
        else { return state }
        var told = state
        if newest.to == state.digest {
            // The late event brings the same text again.
            told.event = newest.id
        } else if after.state == .live, after.digest == state.digest {
            // The same as is visible, whose text was kept.
            told.event = after.event
        } else {
            return after.flagged
        }
        return told
    }

    /// An event of the log, stored or added by this batch.
    func node(_ id: Int64) throws(DatabaseError) -> ObjectEvent? {
        if let own = added.last(where: { $0.id == id }) ?? known.first(where: { $0.id == id }) { return own }
        return try ObjectEventsTable.get(id, in: transaction)
    }
}

extension ObjectEvent.Folded {
    static let absent = ObjectEvent.Folded(
        state: .absent,
        certainty: .certain,
        event: nil,
        digest: nil,
        apiVersion: nil
    )

    /// The same state, of which it is known that something is missing.
    var flagged: ObjectEvent.Folded {
        var flagged = self
        if flagged.certainty == .certain { flagged.certainty = .gap }
        return flagged
    }
}
