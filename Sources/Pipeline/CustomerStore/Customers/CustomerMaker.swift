package import BillingModel
package import Database
import Lanes
import Outbox
package import Providers
package import Timing

/// Queues that a local customer be made at a provider that has no customer for it.
package struct CustomerMaker {
    private let transaction: any WriteTransaction
    private let scope: DataScope
    private let now: Timestamp

    package init(_ transaction: any WriteTransaction, scope: DataScope, now: Timestamp) {
        self.transaction = transaction
        self.scope = scope
        self.now = now
    }

    /// Nothing when there is no such customer in the scope any more. A creation that stands in the queue already is
    /// the caller's to rule out.
    ///
    /// - Parameter localID: our public id of it.
    package func make(
        _ number: Int64,
        localID: String,
        on connection: ConnectionID
    ) throws(DatabaseError) {
        guard let local = try LocalCustomersTable.get(number, in: scope, transaction),
            let record = try StoreReader(transaction, scope: scope).customer(number)
        else { return }
        let draft = CustomerDraft.kept(local, record, localID: localID)
        _ = try OutboxTable.enqueue(
            NewOperation(.createCustomer(draft), .customer(number, on: connection, provider: nil)),
            now: now,
            in: transaction
        )
    }
}

extension CustomerDraft {
    /// What a creation would send: the draft that is kept, else what is known from the columns.
    package static func kept(
        _ local: LocalCustomer,
        _ record: CustomerRecord,
        localID: String
    ) -> CustomerDraft {
        if let kept = local.draft, case .createCustomer(let draft) = OperationContent.operation(kept) {
            return draft
        }
        var fields = CustomerFields()
        fields.email = record.email
        fields.name = record.name
        fields.phone = record.phone
        fields.details = record.details
        fields.preferredLocales = record.language.map { [$0] } ?? []
        fields.metadata = Metadata(record.metadata.entries.filter { !ProviderMark.all.contains($0.key) })
        return CustomerDraft(localID: localID, fields: fields)
    }
}
