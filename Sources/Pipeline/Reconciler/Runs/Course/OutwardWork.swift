import BillingModel
import CustomerStore
import Database
import Lanes
import Outbox
import Providers
import Timing

/// Finds what the provider lacks of the scope's kind of object, and in mode `apply` queues it: customers that only we
/// have, and what the outbox still owes. Asks nobody.
final class OutwardWork: StepWork {
    private static let batch = 200

    private enum Place: Sendable {
        case owed(after: OperationID)
        case localOnly(after: Int64)
        case done
    }

    private enum Batch: Sendable {
        case owed([OwedOperation])
        case localOnly([Int64])
    }

    private let desk: RunDesk
    private var place = Place.owed(after: OperationID(rawValue: 0))

    /// A kill begins it anew: what was found is known as found.
    init(_ desk: RunDesk) {
        self.desk = desk
    }

    var isDone: Bool {
        if case .done = place { true } else { false }
    }

    func advance(now: Timestamp) throws(DatabaseError) -> Timestamp? {
        guard !isDone, !desk.isOver else { return nil }
        let batch = try found()
        let (writer, step, order) = (desk.writer, desk.step, desk.order)
        let isKept = try desk.write { transaction throws(DatabaseError) in
            guard var ledger = try RunLedger(writer.run, step: step, in: transaction) else { return false }
            let outward = OutwardWriter(transaction: transaction, writer: writer, order: order, now: now)
            switch batch {
            case .owed(let operations): try outward.enter(owed: operations, into: &ledger)
            case .localOnly(let numbers): try outward.enter(localOnly: numbers, into: &ledger)
            }
            try ledger.close(now: now, in: transaction)
            return true
        }
        guard isKept else {
            desk.drop()
            return nil
        }
        switch batch {
        case .owed(let operations):
            let makes = desk.connection.makesCustomers && [.customers, .all].contains(order.scope)
            place = operations.last.map { .owed(after: $0.id) } ?? (makes ? .localOnly(after: 0) : .done)
        case .localOnly(let numbers):
            place = numbers.last.map { .localOnly(after: $0) } ?? .done
            if !numbers.isEmpty, order.mode == .apply { desk.owe() }
        }
        return now
    }

    /// What comes next, on a reader: the walks pass many rows of which nothing is to be told.
    private func found() throws(DatabaseError) -> Batch {
        let (place, order, connection) = (place, desk.order, desk.writer.connection)
        return try desk.surroundings.database.read { transaction throws(DatabaseError) in
            switch place {
            case .owed(let after):
                .owed(
                    try RunOutwardQuery.owed(
                        after: after,
                        on: order.connection,
                        type: order.scope.owedType,
                        customer: order.customerID,
                        limit: Self.batch,
                        in: transaction
                    )
                )
            case .localOnly(let after):
                .localOnly(
                    try RunOutwardQuery.localOnly(
                        after: after,
                        on: connection,
                        limit: Self.batch,
                        in: transaction
                    )
                )
            case .done:
                .localOnly([])
            }
        }
    }

    func answered(_ ticket: Int, _ answer: PageAnswer, now: Timestamp) {}

    func written(_ ticket: Int, _ result: Result<PageOutcome, DatabaseError>, now: Timestamp) {}
}

/// One batch of what the provider lacks, in the caller's transaction.
struct OutwardWriter {
    let transaction: any WriteTransaction
    let writer: PageWriter
    let order: RunOrder
    let now: Timestamp

    /// Without those that were carried out since they were looked up.
    func enter(owed operations: [OwedOperation], into ledger: inout RunLedger) throws(DatabaseError) {
        for operation in operations {
            let isDead: Bool
            switch try RunOutwardQuery.state(of: operation.id, in: transaction) {
            case .queued, .sent: isDead = false
            case .dead: isDead = true
            case .acknowledged, .done, nil: continue
            }
            let action: Finding.Action = isDead ? .failed : order.mode == .apply ? .queued : .wouldPush
            let isNew = try ledger.add(
                (operation.kind.objectType, name(of: operation)),
                nil,
                local: RunLedger.text(operation.kind.rawValue),
                remote: nil,
                action,
                in: transaction
            )
            guard isNew else { continue }
            if isDead {
                ledger.addition.counters.failed += 1
            } else {
                ledger.addition.counters.queued += 1
            }
        }
    }

    /// Without those that were sent, archived or joined with another since they were looked up.
    func enter(localOnly numbers: [Int64], into ledger: inout RunLedger) throws(DatabaseError) {
        for number in numbers {
            guard try RunOutwardQuery.isLocalOnly(number, on: writer.connection, in: transaction) else {
                continue
            }
            let localID = PublicID(.customer, number).text(epoch: writer.epoch)
            if order.mode == .apply {
                let maker = CustomerMaker(transaction, scope: writer.connection.scope, now: now)
                try maker.make(number, localID: localID, on: order.connection)
            }
            let isNew = try ledger.add(
                (.customer, localID),
                nil,
                local: RunLedger.text(OperationKind.createCustomer.rawValue),
                remote: nil,
                order.mode == .apply ? .queued : .wouldPush,
                in: transaction
            )
            if isNew { ledger.addition.counters.queued += 1 }
        }
    }

    private func name(of operation: OwedOperation) -> String {
        if let id = operation.providerID { return id.rawValue }
        // A lane has one of the two names.
        let number = operation.localNumber ?? 0
        switch operation.kind.objectType {
        case .checkoutSession: return PublicID(.checkoutSession, number).text(epoch: writer.epoch)
        case .subscription: return PublicID(.subscription, number).text(epoch: writer.epoch)
        default: return PublicID(.customer, number).text(epoch: writer.epoch)
        }
    }
}
