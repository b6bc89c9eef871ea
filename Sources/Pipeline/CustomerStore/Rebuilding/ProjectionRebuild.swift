package import BillingModel
package import Database
import JSON
import Outbox
import Providers
package import Timing

/// Makes every typed row anew from the JSON of its object, batch by batch, and tells what differed: after an
/// upgrade that reads more out of an object, and to show that the rows are what they should be.
///
/// Tombstones, erased objects and customers that something is owed to stay as they are. What only events told
/// (that an attempt wants authentication, that a delayed payment failed) is in no object's JSON and stays, too.
package struct ProjectionRebuild: Sendable {
    /// Where a rebuild is; it may stop and go on there at any time.
    package struct Position: Sendable, Hashable {
        /// What is derived from others comes after them.
        package var stage: Int
        /// Objects up to this number are done in the stage.
        package var number: Int64

        package static let start = Position(stage: 0, number: 0)

        package init(stage: Int, number: Int64) {
            self.stage = stage
            self.number = number
        }
    }

    package struct Batch: Sendable {
        /// Objects whose rows were compared.
        package var compared = 0
        /// Left alone, because changes of them are owed to the provider.
        package var pending = 0
        /// Without JSON, or with one that cannot be decoded.
        package var unreadable = 0
        /// Rows that differed.
        package var differing = 0
        package var differences: [ProjectionDifference] = []
        /// Nil at the end.
        package var next: Position?
        /// 0 to 1, of the whole rebuild.
        package var done = 1.0

        package init() {}
    }

    // Which objects come in which stage: those that nothing else here is derived from, then what their rows make up
    // for charges and subscriptions, then customers.
    private static let stages: [@Sendable (ObjectType) -> Bool] = [
        { ![.charge, .subscription, .customer].contains($0) },
        { [.charge, .subscription].contains($0) },
        { $0 == .customer },
    ]
    // Of the numbers between two objects of a stage; looking at one costs a microsecond.
    private static let numbersPerBatch: Int64 = 5_000

    private enum Ending: Error {
        /// Takes back what a dry run wrote.
        case undone(Batch)
        case failed(DatabaseError)
    }

    private let connections: [ConnectionID: Connection]
    private let visible: Set<ConnectionID>
    private let epoch: StoreEpoch
    private let isDry: Bool

    /// - Parameters:
    ///   - connections: every row of table `connections`.
    ///   - visible: whose objects are rebuilt; nil means all.
    ///   - isDry: nothing is written. A difference in what is derived from other rows is told as those rows stand.
    package init(
        connections: [Connection],
        visible: [ConnectionID]?,
        epoch: StoreEpoch,
        isDry: Bool
    ) {
        self.connections = Dictionary(uniqueKeysWithValues: connections.map { ($0.id, $0) })
        self.visible = Set(visible ?? connections.map(\.id))
        self.epoch = epoch
        self.isDry = isDry
    }

    /// Compares at most `limit` objects behind `position`, and mends what differs unless this is a dry run.
    package func batch(
        from position: Position,
        limit: Int,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Batch {
        guard isDry else { return try write(position, limit, now, transaction) }
        do throws(Ending) {
            return try transaction.savepoint { () throws(Ending) -> Batch in
                let batch: Batch
                do throws(DatabaseError) {
                    batch = try write(position, limit, now, transaction)
                } catch {
                    throw .failed(error)
                }
                throw .undone(batch)
            }
        } catch {
            switch error {
            case .undone(let batch): return batch
            case .failed(let error): throw error
            }
        }
    }

    private func write(
        _ position: Position,
        _ limit: Int,
        _ now: Timestamp,
        _ transaction: any WriteTransaction
    ) throws(DatabaseError) -> Batch {
        var batch = Batch()
        guard Self.stages.indices.contains(position.stage), position.number >= 0 else { return batch }
        let last = try RebuildQuery.lastNumber(in: transaction)
        let differences = ProjectionDifferences()
        let update = StoreUpdate(
            transaction: transaction,
            connections: connections,
            epoch: epoch,
            now: now,
            differences: differences
        )
        var reached = min(position.number &+ Self.numbersPerBatch, max(last, position.number))
        if position.number < last {
            let isOfStage = Self.stages[position.stage]
            for candidate in try RebuildQuery.live(position.number + 1...reached, in: transaction)
            where isOfStage(candidate.key.type) && visible.contains(candidate.key.connection) {
                guard batch.compared + batch.pending + batch.unreadable < limit else {
                    reached = candidate.number - 1
                    break
                }
                try rebuild(candidate, update, &batch, in: transaction)
            }
        }
        try update.finish()
        batch.differing = differences.rows
        batch.differences = differences.list
        batch.next = Self.next(behind: Position(stage: position.stage, number: reached), last: last)
        batch.done = batch.next.map { Self.done($0, last: last) } ?? 1
        return batch
    }

    private func rebuild(
        _ candidate: RebuildQuery.Candidate,
        _ update: StoreUpdate,
        _ batch: inout Batch,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) {
        let key = candidate.key
        guard connections[key.connection]?.provider == StripeDecoder.provider,
            let json = try ObjectDocuments.json(objectNumber: candidate.number, in: transaction),
            // It was read when it was stored; one that is damaged is told of, and its rows stay.
            let document = try? JSONDocument.parse(json)
        else {
            batch.unreadable += 1
            return
        }
        if key.type == .customer, try isOwed(key, in: transaction) {
            batch.pending += 1
            return
        }
        let object = StripeDecoder.decode(type: key.type.rawValue, document.root)
        if case .unusable = object.content {
            batch.unreadable += 1
            return
        }
        batch.compared += 1
        try update.rederive(
            objectNumber: candidate.number,
            key: key,
            object: object,
            at: candidate.secondMax
        )
    }

    // Its columns are ahead of what the provider's object says.
    private func isOwed(_ key: ObjectKey, in transaction: any ReadTransaction) throws(DatabaseError) -> Bool {
        guard
            let customer = try CustomerIdentitiesTable.customer(key.connection, key.id, in: transaction)
        else { return false }
        return try !PendingOperationsQuery.operations(ofLocal: customer, .customer, in: transaction).isEmpty
    }

    private static func next(behind position: Position, last: Int64) -> Position? {
        if position.number < last { return position }
        let stage = position.stage + 1
        return stages.indices.contains(stage) && last > 0 ? Position(stage: stage, number: 0) : nil
    }

    private static func done(_ position: Position, last: Int64) -> Double {
        (Double(position.stage) + Double(position.number) / Double(max(last, 1))) / Double(stages.count)
    }
}
