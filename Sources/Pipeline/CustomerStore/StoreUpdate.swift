package import BillingModel
package import Database
package import Timing

/// One batch of changes to the typed tables. Made per apply batch on the writing thread, inside its
/// transaction: `apply`, `note` and `tombstone` as often as needed in any order, then `finish` once.
///
/// Everything it writes is a function of the objects' visible states and of the notes, so any order of arrival
/// and any replay end in the same rows. When a call throws, the batch's transaction must be undone.
package final class StoreUpdate {
    let transaction: any WriteTransaction
    let connections: [ConnectionID: Connection]
    let customers: CustomerProjection
    let now: Timestamp
    /// What is told of each difference that is written; nil but for a rebuild.
    let differences: ProjectionDifferences?
    var touched = TouchedRows()

    /// `connections`: every row of table `connections` that an object of the batch may belong to.
    package convenience init(
        transaction: any WriteTransaction,
        connections: [ConnectionID: Connection],
        epoch: StoreEpoch,
        now: Timestamp
    ) {
        self.init(
            transaction: transaction,
            connections: connections,
            epoch: epoch,
            now: now,
            differences: nil
        )
    }

    init(
        transaction: any WriteTransaction,
        connections: [ConnectionID: Connection],
        epoch: StoreEpoch,
        now: Timestamp,
        differences: ProjectionDifferences?
    ) {
        self.transaction = transaction
        self.connections = connections
        self.now = now
        self.differences = differences
        customers = CustomerProjection(
            transaction: transaction,
            epoch: epoch,
            now: now,
            differences: differences
        )
    }

    /// Makes the object's typed row say what its visible state says. `second` (Unix seconds, of the event that
    /// brought the state) stands in for a time of creation where the object has none. An unusable or
    /// unmodelled object changes nothing.
    ///
    /// - Parameter typedRow: made from `object` and `second` before; nil: made here.
    package func apply(
        objectNumber number: Int64,
        key: ObjectKey,
        object: DecodedObject,
        at second: Int64,
        typedRow: TypedRow? = nil
    ) throws(DatabaseError) {
        let row = RowToWrite(number: number, key: key, second: second)
        switch object.content {
        case .customer(let customer): return try apply(customer, row)
        case .invoicePayment(let payment): return try apply(payment, row)
        default: break
        }
        guard let typedRow = typedRow ?? TypedRow(object, at: second) else { return }
        let change = try write(typedRow, row)
        switch object.content {
        case .subscription(let subscription): try follow(change, subscription, typedRow, row)
        case .invoice(let invoice): try follow(change, invoice, typedRow, row)
        case .charge(let charge): follow(change, charge, row)
        case .refund(let refund): follow(change, refund, row)
        case .dispute(let dispute): follow(change, dispute, row)
        default: break
        }
    }

    /// Remembers what an event's type told beyond its snapshot. Call after `apply` of the same object; the
    /// `object` is the event's own snapshot, also when that is not the visible state.
    package func note(
        _ note: ObjectNote,
        objectNumber number: Int64,
        key: ObjectKey,
        object: DecodedObject
    ) throws(DatabaseError) {
        var attempt: Int64 = 0
        if case .invoice(let invoice) = object.content {
            attempt = invoice.attemptCount
            if let subscription = invoice.subscription {
                touched.subscription(key.connection, subscription, .latestInvoice)
            }
        }
        _ = try ObjectNotesTable.write(note, attempt: attempt, on: number, now: now, in: transaction)
    }

    /// Computes what follows from what changed: the ledger of touched charges, then the subscriptions, then
    /// the customers, each once.
    package func finish() throws(DatabaseError) {
        try settleCharges()
        try settleSubscriptions()
        try settleCustomers()
        touched = TouchedRows()
    }

    private func write(
        _ typedRow: TypedRow,
        _ row: RowToWrite
    ) throws(DatabaseError) -> ProjectionTable.Change {
        let table = typedRow.table
        let change = try table.write(
            row.number,
            connection: row.key.connection,
            values: typedRow.values,
            keepsCreation: typedRow.keepsCreation,
            now: now,
            in: transaction
        )
        if let differences {
            switch change {
            case .unchanged:
                break
            case .inserted:
                differences.noteRow(table.name, row.key.id)
            case .updated(let old):
                var changed = table.changedColumns(from: old, to: typedRow.values)
                if typedRow.keepsCreation { changed.removeAll { $0 == table.columns.first } }
                differences.note(table.name, changed, row.key.id)
            }
        }
        return change
    }
}

/// Which typed row, and what its time of creation is when the object does not say.
struct RowToWrite {
    let number: Int64
    let key: ObjectKey
    let fallback: Timestamp

    init(number: Int64, key: ObjectKey, second: Int64) {
        self.number = number
        self.key = key
        fallback = Timestamp(seconds: second) ?? Timestamp(milliseconds: 0)
    }
}

/// What `finish` has to look at again.
struct TouchedRows {
    /// A provider object by its id, where the kind is clear.
    struct Name: Hashable {
        let connection: ConnectionID
        let id: ProviderID
    }

    struct SubscriptionFacets: OptionSet {
        let rawValue: Int
        static let latestInvoice = SubscriptionFacets(rawValue: 1)
        static let renewals = SubscriptionFacets(rawValue: 2)
    }

    struct CustomerFacets: OptionSet {
        let rawValue: Int
        static let subscriptions = CustomerFacets(rawValue: 1)
        static let delinquency = CustomerFacets(rawValue: 2)
        static let revenue = CustomerFacets(rawValue: 4)
        static let everything: CustomerFacets = [.subscriptions, .delinquency, .revenue]
    }

    var charges: Set<Name> = []
    /// Charges and payment intents that were found to pay an invoice.
    var paymentReferences: Set<Name> = []
    var subscriptions: [Name: SubscriptionFacets] = [:]
    var customers: [Name: CustomerFacets] = [:]
    /// Local customers that lost their provider customer to another.
    var formerCustomers: Set<Int64> = []

    mutating func charge(_ connection: ConnectionID, _ id: ProviderID) {
        charges.insert(Name(connection: connection, id: id))
    }

    mutating func paymentReference(_ connection: ConnectionID, _ id: ProviderID) {
        paymentReferences.insert(Name(connection: connection, id: id))
    }

    mutating func subscription(_ connection: ConnectionID, _ id: ProviderID, _ facets: SubscriptionFacets) {
        subscriptions[Name(connection: connection, id: id), default: []].formUnion(facets)
    }

    mutating func customer(_ connection: ConnectionID, _ id: ProviderID?, _ facets: CustomerFacets) {
        guard let id else { return }
        customers[Name(connection: connection, id: id), default: []].formUnion(facets)
    }
}
