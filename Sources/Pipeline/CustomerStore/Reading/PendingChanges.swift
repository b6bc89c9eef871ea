import BillingModel
package import Database
import Lanes
import Outbox
import Providers

// What readers see is what the provider has, and over it the changes that it does not show yet (provider_api 3.3
// R8). One look at an index each; objects of which nothing is owed cost no more.
extension StoreReader {
    func withPending(_ customers: [CustomerRecord]) throws(DatabaseError) -> [CustomerRecord] {
        var shown = customers
        for index in shown.indices {
            let operations = try PendingOperationsQuery.operations(
                ofLocal: shown[index].number,
                .customer,
                in: transaction
            )
            guard !operations.isEmpty else { continue }
            try apply(operations, to: &shown[index])
        }
        return shown
    }

    func withPending(_ customer: CustomerRecord?) throws(DatabaseError) -> CustomerRecord? {
        guard let customer else { return nil }
        return try withPending([customer]).first
    }

    private func apply(
        _ operations: [PendingOperation],
        to customer: inout CustomerRecord
    ) throws(DatabaseError) {
        // With several connections the one that fills the contact columns is the one that is shown.
        let connection = customer.sync.connection ?? operations[0].connection
        let own = operations.filter { $0.connection == connection }
        customer.sync.add(own)
        var snapshot = CustomerSnapshot(contactOf: customer)
        for operation in own where operation.state.isShown {
            switch operation.operation {
            case .createCustomer(let draft): snapshot = draft.fields.asPatch.folded(over: snapshot)
            case .updateCustomer(_, let patch): snapshot = patch.folded(over: snapshot)
            case .deleteCustomer, .createCheckoutSession, .updateCheckoutSession, .expireCheckoutSession,
                .cancelSubscription, nil:
                break
            }
        }
        try customer.show(snapshot, of: connection, in: transaction)
    }

    func withPending(_ session: CheckoutSessionRecord) throws(DatabaseError) -> CheckoutSessionRecord {
        guard let lane = try LanesTable.find(object: session.number, in: transaction) else { return session }
        var shown = session
        shown.publicNumber = lane.localNumber ?? session.number
        let operations = try PendingOperationsQuery.operations(ofObject: session.number, in: transaction)
        shown.sync.add(operations)
        for operation in operations where operation.state.isShown {
            guard case .updateCheckoutSession(_, let patch) = operation.operation else { continue }
            shown.metadata = patch.folded(over: shown.metadata)
        }
        return shown
    }

    /// A session under the number that it was given here.
    func madeCheckoutSession(_ number: Int64) throws(DatabaseError) -> CheckoutSessionRecord? {
        if let lane = try laneOfMadeCheckoutSession(number) {
            if let object = lane.objectNumber {
                return try one(CheckoutSessionsQuery.rows, object).map {
                    (session) throws(DatabaseError) in try withPending(session)
                }
            }
            let operations = try PendingOperationsQuery.operations(
                ofLocal: number,
                .checkoutSession,
                in: transaction
            )
            return CheckoutSessionRecord(number: number, operations)
        }
        return nil
    }

    /// There was a session of that number, and it was given up before the provider opened it: what it was to be is
    /// not kept.
    package func isCheckoutSessionGivenUp(_ number: Int64) throws(DatabaseError) -> Bool {
        guard LocalNumber.isMade(number), try laneOfMadeCheckoutSession(number) != nil else { return false }
        return try madeCheckoutSession(number) == nil
    }

    private func laneOfMadeCheckoutSession(_ number: Int64) throws(DatabaseError) -> Lane? {
        for source in try ScopeQuery.connections(scope, in: transaction) {
            let lane = try LanesTable.find(
                local: number,
                .checkoutSession,
                on: source.connection,
                in: transaction
            )
            if let lane { return lane }
        }
        return nil
    }
}

extension CustomerSnapshot {
    fileprivate init(contactOf customer: CustomerRecord) {
        self.init()
        email = customer.email
        name = customer.name
        phone = customer.phone
        details = customer.details
        language = customer.language
        defaultPaymentMethod = customer.defaultPaymentMethod?.providerID
        metadata = customer.metadata
    }
}

extension CustomerRecord {
    fileprivate mutating func show(
        _ snapshot: CustomerSnapshot,
        of connection: ConnectionID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) {
        email = snapshot.email
        name = snapshot.name
        phone = snapshot.phone
        details = snapshot.details
        language = snapshot.language
        metadata = snapshot.metadata
        guard snapshot.defaultPaymentMethod != defaultPaymentMethod?.providerID else { return }
        guard let method = snapshot.defaultPaymentMethod else {
            defaultPaymentMethod = nil
            return
        }
        let key = ObjectKey(connection: connection, type: .paymentMethod, id: method)
        let number = try ObjectsTable.number(of: key, in: transaction)
        defaultPaymentMethod = ObjectLink(number: number, providerID: method)
    }
}

extension CheckoutSessionRecord {
    /// As far as the operation that makes it says; nil when that was given up.
    fileprivate init?(number: Int64, _ operations: [PendingOperation]) {
        guard let making = operations.first(where: { $0.kind == .createCheckoutSession }) else { return nil }
        var draft = CheckoutSessionDraft(localID: "", mode: .payment)
        if case .createCheckoutSession(let stored) = making.operation { draft = stored }
        var metadata = draft.metadata
        for operation in operations where operation.state.isShown {
            guard case .updateCheckoutSession(_, let patch) = operation.operation else { continue }
            metadata = patch.folded(over: metadata)
        }
        var sync = SyncRecord(state: .notMirrored)
        sync.add(operations)
        self.init(
            number: number,
            publicNumber: number,
            version: 1,
            customer: making.customer,
            subscription: nil,
            invoice: nil,
            checkoutMode: draft.mode.rawValue,
            status: making.state == .dead ? .failed : .pending,
            paymentStatus: "unpaid",
            amountTotal: nil,
            currency: draft.currency,
            url: nil,
            clientReference: draft.clientReference,
            expiresAt: draft.expiresAt,
            metadata: metadata,
            createdAt: making.createdAt,
            updatedAt: making.createdAt,
            sync: sync
        )
    }
}

extension SyncRecord {
    /// What is owed decides over what is there: the newest change tells how the object stands.
    fileprivate mutating func add(_ operations: [PendingOperation]) {
        guard let newest = operations.last else { return }
        connection = connection ?? newest.connection
        providerID = providerID ?? newest.providerID
        if newest.state == .dead {
            state = newest.outcome == AttemptTrouble.conflict ? .conflict : .failed
            lastError = newest.outcome
        } else if state != .conflict {
            state = .pending
            lastError = operations.first { $0.state.isOpen }?.trouble
        }
    }
}
