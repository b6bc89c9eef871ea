import BillingModel
import CustomerStore
import Database
import JSON
import Lanes
import Timing

/// Which of our objects a run has to ask for by themselves, because it read a whole list and did not meet them (R6).
struct UnmetObjects {
    private let createdSince: Timestamp?
    private let startTick: Tick
    private let startedAt: Timestamp?

    init(_ order: RunOrder, startTick: Tick, startedAt: Timestamp?) {
        createdSince = order.createdSince
        self.startTick = startTick
        self.startedAt = startedAt
    }

    /// Before the run began: what came since may be younger than its list, and the run itself may have made it.
    func wasHere(_ object: WalkedObject) -> Bool { startedAt.map { object.madeAt < $0 } ?? true }

    func among(
        _ objects: [WalkedObject],
        met: SeenBits,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [WalkedObject] {
        var unmet: [WalkedObject] = []
        for object in objects where !met.holds(object.number % SeenObjectsTable.chunkSize) {
            guard wasHere(object) else { continue }
            if let lane = try LanesTable.find(object: object.number, in: transaction),
                lane.state.observedEnd > startTick
            {
                continue
            }
            if try isOlder(object, in: transaction) { continue }
            unmet.append(object)
        }
        return unmet
    }

    /// The list left it out by its time of creation. One that does not say when it was made is asked for.
    private func isOlder(
        _ object: WalkedObject,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Bool {
        guard let createdSince,
            let json = try ObjectDocuments.json(objectNumber: object.number, in: transaction),
            // It was read when it was stored; damaged, it is asked for.
            let created = try? JSONDocument.parse(json).root["created"]?.integer
        else { return false }
        return created < createdSince.seconds
    }
}
