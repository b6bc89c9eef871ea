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
        let (writer, step, order) = (desk.writer, desk.step, desk.order)
        let makes = desk.connection.makesCustomers && [.customers, .all].contains(order.scope)
        let place = place
        let next = try desk.write { transaction throws(DatabaseError) -> (Place, wakes: Bool)? in
            guard var ledger = try RunLedger(writer.run, step: step, in: transaction) else { return nil }
            let outward = OutwardWriter(transaction: transaction, writer: writer, order: order, now: now)
            var wakes = false
            let next: Place
            switch place {
            case .owed(let after):
                let last = try outward.enterOwed(after: after, limit: Self.batch, into: &ledger)
                next = last.map { .owed(after: $0) } ?? (makes ? .localOnly(after: 0) : .done)
            case .localOnly(let after):
                let last = try outward.enterLocalOnly(after: after, limit: Self.batch, into: &ledger)
                wakes = last != nil && order.mode == .apply
                next = last.map { .localOnly(after: $0) } ?? .done
            case .done:
                next = .done
            }
            try ledger.close(now: now, in: transaction)
            return (next, wakes)
        }
        guard let next else {
            desk.drop()
            return nil
        }
        self.place = next.0
        if next.wakes { desk.owe() }
        return now
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

    /// Nil when there are no more.
    func enterOwed(
        after: OperationID,
        limit: Int,
        into ledger: inout RunLedger
    ) throws(DatabaseError) -> OperationID? {
        let operations = try RunOutwardQuery.owed(
            after: after,
            on: order.connection,
            type: order.scope.owedType,
            customer: order.customerID,
            limit: limit,
            in: transaction
        )
        for operation in operations {
            let isDead = operation.state == .dead
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
        return operations.last?.id
    }

    /// Nil when there are no more.
    func enterLocalOnly(
        after: Int64,
        limit: Int,
        into ledger: inout RunLedger
    ) throws(DatabaseError) -> Int64? {
        let numbers = try RunOutwardQuery.localOnly(
            after: after,
            on: writer.connection,
            limit: limit,
            in: transaction
        )
        for number in numbers {
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
        return numbers.last
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
