import BillingModel
import Database

// What a rebuild asks for: rows compared also where the row that they follow from did not change.
extension StoreUpdate {
    /// `apply`, and everything that follows from the object looked at again.
    func rederive(
        objectNumber number: Int64,
        key: ObjectKey,
        object: DecodedObject,
        at second: Int64
    ) throws(DatabaseError) {
        if case .subscription(let subscription) = object.content {
            try rederiveItems(of: subscription, number, key)
        }
        try apply(objectNumber: number, key: key, object: object, at: second)
        switch object.content {
        case .customer:
            touched.customer(key.connection, key.id, .everything)
        case .subscription:
            touched.subscription(key.connection, key.id, [.latestInvoice, .renewals])
        case .invoice(let invoice):
            try rederiveMoney(of: invoice, number, key, at: second)
        case .charge:
            touched.charge(key.connection, key.id)
        case .refund(let refund):
            try touchUnknownCharge(refund.charge, key.connection)
        case .dispute(let dispute):
            try touchUnknownCharge(dispute.charge, key.connection)
        case .product, .price, .checkoutSession, .paymentMethod, .coupon, .discount, .invoicePayment,
            .creditNote, .unmodelled, .unusable:
            break
        }
    }

    // The row only holds a digest of the items, which does not tell what became of theirs.
    private func rederiveItems(
        of subscription: SubscriptionSnapshot,
        _ number: Int64,
        _ key: ObjectKey
    ) throws(DatabaseError) {
        let stored = try SubscriptionItemsTable.stored(ofSubscription: number, in: transaction)
        let changes = SubscriptionItemsTable.changes(
            stored,
            subscription.items,
            subscription.itemsAreComplete
        )
        guard !changes.isEmpty else { return }
        for fields in changes {
            if fields.isEmpty {
                differences?.noteRow(SubscriptionItemsTable.name, key.id)
            } else {
                differences?.note(SubscriptionItemsTable.name, fields, key.id)
            }
        }
        try SubscriptionItemsTable.replace(
            subscription.items,
            ofSubscription: number,
            isComplete: subscription.itemsAreComplete,
            in: transaction
        )
    }

    private func rederiveMoney(
        of invoice: InvoiceSnapshot,
        _ number: Int64,
        _ key: ObjectKey,
        at second: Int64
    ) throws(DatabaseError) {
        let row = RowToWrite(number: number, key: key, second: second)
        try noteInvoicePayment(invoice, key)
        try setEntry(revenueEntry(invoice, row), key.connection, .invoice, key.id)
    }

    // A charge that is known is looked at when its own turn comes.
    private func touchUnknownCharge(
        _ charge: ProviderID?,
        _ connection: ConnectionID
    ) throws(DatabaseError) {
        guard let charge, try PaymentsQuery.charge(connection, charge, in: transaction) == nil else { return }
        touched.charge(connection, charge)
    }
}
