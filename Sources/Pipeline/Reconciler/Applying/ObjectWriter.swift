import BillingModel
import CustomerStore
import Database
import Inbox
import Providers
import Timing

/// Writes all that a batch says of one object: log, visible state, projection, settlements.
struct ObjectWriter {
    let transaction: any WriteTransaction
    let update: StoreUpdate
    let preparer: EventPreparer
    let rules: LaneWatch.Rules
    let now: Timestamp

    /// `group` holds the prepared events of one object in order of arrival, or one event without an object.
    func write(_ group: [PreparedEvent], _ outcome: inout BatchOutcome) throws(DatabaseError) {
        guard let key = group.first?.key else {
            for prepared in group { try settle(prepared, &outcome) }
            return
        }
        if try writeForeseen(group, of: key, &outcome) { return }
        var history = try ObjectHistory(
            key,
            number: group[0].objectNumber,
            preparer: preparer,
            in: transaction
        )
        var watch = try LaneWatch(history, rules: rules, preparer: preparer, now: now, in: transaction)
        var isReplayed = false
        var hasEffect = false
        var notes: [(ObjectNote, DecodedObject)] = []
        for prepared in group {
            switch prepared.content {
            case .ignored, .dead:
                preconditionFailure("an event without an object is a group of its own")
            case .hint:
                let isUnknown = history.stored == nil && history.added.isEmpty
                if isUnknown, !watch.makesReads {
                    try outcome.settle(
                        prepared.event,
                        as: .ignored(reason: "object_unknown"),
                        now: now,
                        in: transaction
                    )
                    continue
                }
                guard try outcome.settle(prepared.event, as: .applied, now: now, in: transaction) else {
                    continue
                }
                if !isUnknown, try !history.knows(prepared.event) { history.addHint(prepared.event) }
                watch.tellHint()
                hasEffect = true
            case .change(let change):
                // Settled first: an event that is no longer ours to settle must leave no trace.
                guard try outcome.settle(prepared.event, as: .applied, now: now, in: transaction) else {
                    continue
                }
                hasEffect = true
                try watch.tellOrigin(of: change)
                if try history.knows(prepared.event) {
                    isReplayed = true
                } else if try watch.tellsNews(prepared.event, change) {
                    try history.add(prepared.event, change)
                }
                if let note = change.note { notes.append((note, change.decoded)) }
            }
        }
        guard hasEffect else { return }
        // Of one that only a thin event named nothing is known yet: the read makes its row.
        guard history.stored != nil || !history.added.isEmpty else {
            try watch.finish(history, number: nil)
            outcome.watched += watch.counts
            return
        }
        let number = try writeObject(history, watch)
        try follow(history, &watch, isReplayed: isReplayed, number: number, group, &outcome)
        for (note, decoded) in notes {
            try update.note(note, objectNumber: number, key: key, object: decoded)
        }
    }

    /// The usual case without reading the object's row: plain changes, first tries, of an object that nobody reads or
    /// writes outward. False when it is not that, or when the row is not as it was foreseen: then nothing is written.
    private func writeForeseen(
        _ group: [PreparedEvent],
        of key: ObjectKey,
        _ outcome: inout BatchOutcome
    ) throws(DatabaseError) -> Bool {
        guard let foreseen = group[0].foreseen, group.allSatisfy({ outcome.settlesLater($0.event) }) else {
            return false
        }
        var history = ObjectHistory(key, foreseen: foreseen, preparer: preparer, in: transaction)
        var watch = try LaneWatch(history, rules: rules, preparer: preparer, now: now, in: transaction)
        guard !watch.hasLane else { return false }
        for prepared in group {
            guard case .change(let change) = prepared.content, change.ownKey == nil, change.note == nil else {
                return false
            }
            if try watch.tellsNews(prepared.event, change) { try history.add(prepared.event, change) }
        }
        let object = history.object(
            isProvisional: watch.isProvisional,
            believesDeletions: !watch.makesReads,
            now: now
        )
        guard try ObjectsTable.update(object, from: foreseen.row, in: transaction) else { return false }
        for prepared in group {
            try outcome.settle(prepared.event, as: .applied, now: now, in: transaction)
        }
        for node in history.added { try ObjectEventsTable.insert(node, in: transaction) }
        try follow(history, &watch, isReplayed: false, number: object.number, group, &outcome)
        return true
    }

    /// What follows from the object's row once it is written.
    private func follow(
        _ history: ObjectHistory,
        _ watch: inout LaneWatch,
        isReplayed: Bool,
        number: Int64,
        _ group: [PreparedEvent],
        _ outcome: inout BatchOutcome
    ) throws(DatabaseError) {
        try watch.finish(history, number: number)
        outcome.watched += watch.counts
        if isReplayed || history.isStateChanged || isRetold(history) {
            try project(history, number: number, group: group)
        }
    }

    /// The same state, told by another event: what is not compared (hosted addresses) may have changed.
    private func isRetold(_ history: ObjectHistory) -> Bool {
        history.after.event != history.stored?.stateEvent && preparer.hasVolatilePaths(history.key.type)
    }

    private func settle(_ prepared: PreparedEvent, _ outcome: inout BatchOutcome) throws(DatabaseError) {
        let settlement: Settlement =
            switch prepared.content {
            case .ignored(let reason): .ignored(reason: reason)
            case .dead(let reason): .dead(reason: reason)
            case .change, .hint: preconditionFailure("an event with an object is written with it")
            }
        try outcome.settle(prepared.event, as: settlement, now: now, in: transaction)
    }

    /// The object's row and the log's new entries; returns the object's number.
    private func writeObject(_ history: ObjectHistory, _ watch: LaneWatch) throws(DatabaseError) -> Int64 {
        let object = history.object(
            isProvisional: watch.isProvisional,
            believesDeletions: !watch.makesReads,
            now: now
        )
        let number: Int64
        if history.stored == nil {
            number = try ObjectsTable.insert(object, in: transaction)
        } else {
            number = object.number
            try ObjectsTable.update(object, in: transaction)
        }
        for node in history.added {
            try ObjectEventsTable.insert(node.of(object: number), in: transaction)
        }
        return number
    }

    private func project(
        _ history: ObjectHistory,
        number: Int64,
        group: [PreparedEvent]
    ) throws(DatabaseError) {
        switch history.after.state {
        case .absent:
            break
        case .tombstone:
            let last = try visibleState(history, group)
            try update.tombstone(
                objectNumber: number,
                key: history.key,
                lastSnapshot: last?.decoded,
                at: last?.second ?? 0
            )
        case .live:
            if let change = visibleChange(history, group) {
                try update.apply(
                    objectNumber: number,
                    key: history.key,
                    object: change.decoded,
                    at: change.second,
                    typedRow: change.typedRow
                )
            } else if let visible = try visibleState(history, group) {
                try update.apply(
                    objectNumber: number,
                    key: history.key,
                    object: visible.decoded,
                    at: visible.second
                )
            }
        }
    }

    /// The change of this batch that brought the visible state: nearly always there is one.
    private func visibleChange(_ history: ObjectHistory, _ group: [PreparedEvent]) -> ObjectChange? {
        for prepared in group where prepared.event.id == history.after.event {
            if case .change(let change) = prepared.content { return change }
        }
        return nil
    }

    private struct VisibleState {
        let decoded: DecodedObject
        let second: Int64
    }

    /// The decoded visible state, from this batch, from another stored event, or from the kept document.
    private func visibleState(
        _ history: ObjectHistory,
        _ group: [PreparedEvent]
    ) throws(DatabaseError) -> VisibleState? {
        if let change = visibleChange(history, group) {
            return VisibleState(decoded: change.decoded, second: change.second)
        }
        if let event = history.after.event,
            let body = try InboxAdministration.body(of: event, in: transaction)
        {
            guard let node = try history.node(event), let decoded = preparer.decode(body: body) else {
                return nil
            }
            return VisibleState(decoded: decoded, second: node.second)
        }
        guard let number = history.stored?.number,
            let json = try ObjectDocuments.json(objectNumber: number, in: transaction),
            let decoded = preparer.decode(object: json, type: history.key.type)
        else { return nil }
        return VisibleState(decoded: decoded, second: history.secondMax)
    }
}
