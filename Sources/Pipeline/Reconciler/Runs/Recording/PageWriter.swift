import BillingModel
import CustomerStore
import Database
import JSON
import Lanes
import Providers
import Timing

/// What writing a page came to.
enum PageOutcome: Sendable, Hashable {
    /// With a tick drawn in that transaction, for the next question, and whether reads are owed now.
    case written(Tick, owesReads: Bool)
    /// The run was paused or cancelled, or another page of the segment was written: nothing was.
    case refused
}

/// Writes pages of one run.
struct PageWriter: Sendable {
    /// Findings that are kept of one run; the rest is only counted.
    static let findingsMax: Int64 = 100_000

    let run: RunID
    let mode: RunMode
    let connection: Connection
    let connections: [ConnectionID: Connection]
    let epoch: StoreEpoch
    let comparer: ItemComparer
    let apiVersion: String?

    func write(
        _ page: RunPage,
        step: Int,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> PageOutcome {
        guard var ledger = try RunLedger(run, step: step, in: transaction) else { return .refused }
        if let (segment, pages) = page.segment {
            guard try SegmentsTable.save(segment, of: run, from: pages, in: transaction) else {
                return .refused
            }
        }
        for segment in page.divided {
            try SegmentsTable.insert(segment, of: run, page.type, in: transaction)
        }
        var fates: [ItemFate]
        do throws(DatabaseError) {
            fates = try transaction.savepoint { () throws(DatabaseError) in
                let update = update(transaction, now)
                var fates: [ItemFate] = []
                for item in page.items {
                    fates.append(try fate(of: item, in: page, update, now, transaction))
                }
                try update.finish()
                return fates
            }
        } catch  where error.isOfTheData {
            // One by one, so that only the object with the trouble is left as it is.
            fates = []
            for item in page.items {
                fates.append(try carefulFate(of: item, in: page, now, transaction))
            }
        }
        let new = try SeenObjectsTable.mark(fates.compactMap(\.number), by: run, in: transaction)
        var owesReads = false
        for (item, fate) in zip(page.items, fates) {
            if fate.kind == .raced { owesReads = true }
            try ledger.enter(
                fate,
                of: item,
                page,
                isNew: fate.number.map(new.contains),
                mode: mode,
                in: transaction
            )
        }
        if page.source == .list { ledger.addition.pages += 1 }
        if page.endsTrouble { try RunCoursesTable.setTrouble(since: nil, of: run, in: transaction) }
        ledger.add(page.addition)
        try ledger.close(now: now, in: transaction)
        if page.copy.isFirst {
            let segments = try SegmentsTable.all(of: run, in: transaction)
            if let left = FirstCopyEstimate.left(segments, oldest: ListWork.oldestSecond) {
                try RunCoursesTable.setLeft(left + page.later, of: run, in: transaction)
            }
        }
        return .written(try LogicalClockTable.next(in: transaction), owesReads: owesReads)
    }

    private func update(_ transaction: any WriteTransaction, _ now: Timestamp) -> StoreUpdate {
        StoreUpdate(transaction: transaction, connections: connections, epoch: epoch, now: now)
    }

    private func carefulFate(
        of item: PageItem,
        in page: RunPage,
        _ now: Timestamp,
        _ transaction: any WriteTransaction
    ) throws(DatabaseError) -> ItemFate {
        do throws(DatabaseError) {
            return try transaction.savepoint { () throws(DatabaseError) in
                let update = update(transaction, now)
                let fate = try fate(of: item, in: page, update, now, transaction)
                try update.finish()
                return fate
            }
        } catch  where error.isOfTheData {
            return ItemFate(kind: .failed, number: item.number, words: "not written: \(error)")
        }
    }

    private func fate(
        of item: PageItem,
        in page: RunPage,
        _ update: StoreUpdate,
        _ now: Timestamp,
        _ transaction: any WriteTransaction
    ) throws(DatabaseError) -> ItemFate {
        switch item {
        case .refused(_, let number, let words):
            return ItemFate(kind: .failed, number: number, words: words)
        case .shown(let item) where item.standing == .buried:
            return try writer(page, update, now, transaction).afterDeath(item)
        case .shown(let item) where mode == .dryRun || item.standing == .equal:
            return item.foreseen
        case .gone(_, let number, _) where mode == .dryRun:
            return ItemFate(kind: .tombstoned, number: number)
        case .shown(let item):
            return try writer(page, update, now, transaction).write(item)
        case .gone(let key, let number, let gone):
            return try writer(page, update, now, transaction).bury(key, number: number, gone)
        }
    }

    private func writer(
        _ page: RunPage,
        _ update: StoreUpdate,
        _ now: Timestamp,
        _ transaction: any WriteTransaction
    ) -> ItemWriter {
        ItemWriter(
            transaction: transaction,
            update: update,
            comparer: comparer,
            asked: page.asked,
            date: page.date,
            apiVersion: apiVersion,
            now: now
        )
    }
}

extension ComparedItem {
    /// What would become of it.
    fileprivate var foreseen: ItemFate {
        switch standing {
        case .equal, .alike: ItemFate(kind: .equal, number: number)
        case .differs(let differences): ItemFate(kind: .repaired, number: number, differences: differences)
        case .unknown: ItemFate(kind: .created, number: number)
        case .buried: ItemFate(kind: .failed, number: number, words: "shown again after its deletion")
        case .unusable(let problem): ItemFate(kind: .failed, number: number, words: problem)
        }
    }
}

extension PageItem {
    var key: ObjectKey {
        switch self {
        case .shown(let item): item.key
        case .gone(let key, _, _): key
        case .refused(let key, _, _): key
        }
    }

    var number: Int64? {
        switch self {
        case .shown(let item): item.number
        case .gone(_, let number, _): number
        case .refused(_, let number, _): number
        }
    }
}
