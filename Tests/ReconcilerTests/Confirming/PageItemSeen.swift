import BillingModel
import CustomerStore
import Database
import JSON
import Lanes
import Timing

@testable import Reconciler

/// What a page showed of one object, and what was known before it was asked for (R5).
struct PageItemSeen: Sendable {
    let start: Tick
    let inboxID: Int64
    let body: [UInt8]
    let date: Timestamp?

    init(_ start: Tick, _ inboxID: Int64, _ body: [UInt8], _ date: Timestamp?) {
        self.start = start
        self.inboxID = inboxID
        self.body = body
        self.date = date
    }

    func write(
        _ key: ObjectKey,
        _ preparer: EventPreparer,
        _ connection: Connection,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        // What is made here is JSON.
        guard let document = try? JSONDocument.parse(body) else { return }
        let state = preparer.confirmed(document.root, type: key.type, apiVersion: "2026-06-24.dahlia")
        let object = try ObjectsTable.find(key, in: transaction)
        if let object, object.state == .live, object.stateDigest == state.digest,
            object.freshness != .provisional
        {
            let lane = try LanesTable.find(object: object.number, in: transaction)
            if lane.map({ !$0.state.needsRead && $0.flight == nil }) ?? true { return }
        }
        var lane = try LanesTable.findOrMake(.object(key, object: object?.number), in: transaction)
        let before = lane.state.observedEnd
        let observation = lane.state.observe(
            .present(RemoteDigest(high: state.digest.high, low: state.digest.low)),
            start: start,
            end: try LogicalClockTable.next(in: transaction)
        )
        if observation.isConfirmed, start > before {
            lane.lastRead = LastRead(date: date, inboxID: inboxID)
        }
        if observation == .overlapped { lane.owe(.overlap, due: now.adding(milliseconds: 250), now: now) }
        try LanesTable.save(lane, in: transaction)
        guard observation.isConfirmed else { return }
        let update = StoreUpdate(
            transaction: transaction,
            connections: [connection.id: connection],
            epoch: StoreEpoch(truncating: 1),
            now: now
        )
        let writer = ConfirmedWriter(transaction: transaction, update: update, now: now)
        if try !writer.show(state, of: lane, key) {
            try LaneReadsTable.markDirty(
                lane.id,
                for: .overlap,
                due: now.adding(milliseconds: 5_000),
                now: now,
                in: transaction
            )
        }
        try update.finish()
    }
}
