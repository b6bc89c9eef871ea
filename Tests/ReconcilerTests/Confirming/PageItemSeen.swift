import BillingModel
import CustomerStore
import Database
import JSON
import Lanes
import Timing

@testable import Reconciler

/// What a page showed of one object, and what was known before it was asked for (R5); written by the code of runs.
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
        let comparer = ItemComparer(preparer: preparer)
        let item = try comparer.compare(document.root, key, hasLanes: true, in: transaction)
        guard item.standing != .equal else { return }
        let update = StoreUpdate(
            transaction: transaction,
            connections: [connection.id: connection],
            epoch: StoreEpoch(truncating: 1),
            now: now
        )
        let writer = ItemWriter(
            transaction: transaction,
            update: update,
            comparer: comparer,
            asked: AskedAt(start: start, inboxID: inboxID, time: now),
            date: date,
            apiVersion: "2026-06-24.dahlia",
            now: now
        )
        _ = try writer.write(item)
        try update.finish()
    }
}
