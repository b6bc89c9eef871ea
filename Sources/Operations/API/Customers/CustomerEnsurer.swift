import BillingModel
import CustomerStore
import Database
import JSON
import Lanes
import Outbox
import Providers
import Timing

/// Queues that a local customer be made at a provider.
struct CustomerEnsurer {
    let transaction: any WriteTransaction
    let now: Timestamp

    init(_ transaction: any WriteTransaction, now: Timestamp) {
        self.transaction = transaction
        self.now = now
    }

    func make(_ draft: CustomerDraft, _ number: Int64, on connection: ConnectionID) throws(DatabaseError) {
        _ = try OutboxTable.enqueue(
            NewOperation(.createCustomer(draft), .customer(number, on: connection, provider: nil)),
            now: now,
            in: transaction
        )
    }

    /// For a billing call: the provider's id of the customer, or nil when a creation stands in the queue, which is
    /// put there now unless it did already (catalogue R17). False never happens twice: one creation per lane.
    func ensure(
        _ local: LocalCustomer,
        _ record: CustomerRecord,
        localID: String,
        on connection: ConnectionID
    ) throws(DatabaseError) -> ProviderID? {
        let links = try LocalCustomersTable.links(of: local.number, in: transaction)
        if let link = links.first(where: { $0.connection == connection }) {
            _ = try OutboxTable.findOrMakeLane(.customer(local.number, link), in: transaction)
            return link.provider
        }
        let lane = try LanesTable.find(local: local.number, .customer, on: connection, in: transaction)
        if let lane, lane.state.life != .tombstone, let provider = lane.providerID { return provider }
        let pending = try PendingOperationsQuery.operations(
            ofLocal: local.number,
            .customer,
            in: transaction
        )
        let isQueued = pending.contains { operation in
            operation.connection == connection && operation.kind == .createCustomer
                && operation.state != .dead
        }
        if !isQueued {
            try make(.kept(local, record, localID: localID), local.number, on: connection)
        }
        return nil
    }
}

extension LaneTarget {
    static func customer(_ number: Int64, _ link: ProviderLink) -> LaneTarget {
        .customer(number, on: link.connection, provider: link.provider, object: link.object)
    }
}

extension CustomerPatch {
    /// Without what would change nothing, so that a patch that says what is so anyway keeps the version and sends
    /// nothing (catalogue R10). `fields` is what is known of those that `record` does not show.
    func differing(from record: CustomerRecord, _ fields: CustomerFields?) -> CustomerPatch {
        var patch = self
        if patch.email.foldedText(over: record.email) == record.email { patch.email = .keep }
        if patch.name.foldedText(over: record.name) == record.name { patch.name = .keep }
        if patch.phone.foldedText(over: record.phone) == record.phone { patch.phone = .keep }
        if patch.details.foldedText(over: record.details) == record.details { patch.details = .keep }
        if case .set(let locales) = patch.preferredLocales, locales == [record.language].compactMap(\.self) {
            patch.preferredLocales = .keep
        }
        if patch.preferredLocales == .clear, record.language == nil { patch.preferredLocales = .keep }
        let method = record.defaultPaymentMethod?.providerID
        if patch.defaultPaymentMethod.folded(over: method) == method { patch.defaultPaymentMethod = .keep }
        var metadata = MetadataPatch()
        for entry in patch.metadata.entries where !isSame(entry.value, record.metadata[entry.key]) {
            metadata.set(entry.key, to: entry.value)
        }
        patch.metadata = metadata
        guard let fields else { return patch }
        if patch.address.folded(over: fields.address) == fields.address { patch.address = AddressPatch() }
        if patch.shipping.folded(over: fields.shipping) == fields.shipping { patch.shipping = .keep }
        if (patch.taxExempt ?? fields.taxExempt) == fields.taxExempt { patch.taxExempt = nil }
        return patch
    }

    // Providers compare bytes; Swift's texts compare canonically.
    private func isSame(_ one: String?, _ other: String?) -> Bool {
        switch (one, other) {
        case (nil, nil): true
        case (let one?, let other?): one.utf8.elementsEqual(other.utf8)
        case (nil, _), (_, nil): false
        }
    }
}
