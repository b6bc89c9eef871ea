package import BillingModel
package import Database

extension StoreUpdate {
    /// The provider's object is gone. The local customer lives on, unlinked; products, prices and coupons keep
    /// their rows, because others still name them; any other typed row goes, and with it what followed from it.
    ///
    /// `lastSnapshot` is the object that the deleting event brought, with the event's Unix second: what stays
    /// says that, also when the deletion is the first that arrives. Without it, what stays keeps what it said.
    package func tombstone(
        objectNumber number: Int64,
        key: ObjectKey,
        lastSnapshot: DecodedObject? = nil,
        at second: Int64 = 0
    ) throws(DatabaseError) {
        switch key.type {
        case .customer:
            if let lastSnapshot, try !customers.isGone(key) {
                try apply(objectNumber: number, key: key, object: lastSnapshot, at: second)
            }
            var contact: CustomerSnapshot?
            if case .customer(let snapshot) = lastSnapshot?.content { contact = snapshot }
            try customers.tombstone(contact, number: number, key: key)
        case .product, .price, .coupon:
            if let lastSnapshot {
                try apply(objectNumber: number, key: key, object: lastSnapshot, at: second)
            }
        case .subscription:
            let old = try SubscriptionsTable.table.remove(number, in: transaction)
            try SubscriptionItemsTable.removeAll(ofSubscription: number, in: transaction)
            touched.customer(
                key.connection,
                old?.providerID(SubscriptionsTable.Column.providerCustomerId),
                .subscriptions
            )
        case .invoice:
            try tombstoneInvoice(number, key)
        case .charge:
            _ = try ChargesTable.table.remove(number, in: transaction)
            touched.charge(key.connection, key.id)
        case .refund:
            let old = try RefundsTable.table.remove(number, in: transaction)
            if let charge = old?.providerID(RefundsTable.Column.providerChargeId) {
                touched.charge(key.connection, charge)
            }
        case .dispute:
            _ = try DisputesTable.table.remove(number, in: transaction)
            try setEntry(nil, key.connection, .dispute, key.id)
        case .discount:
            _ = try DiscountsTable.table.remove(number, in: transaction)
        case .checkoutSession:
            _ = try CheckoutSessionsTable.table.remove(number, in: transaction)
        case .paymentMethod:
            _ = try PaymentMethodsTable.table.remove(number, in: transaction)
        default:
            // A type without projection has no row.
            break
        }
    }

    private func tombstoneInvoice(_ number: Int64, _ key: ObjectKey) throws(DatabaseError) {
        guard let old = try InvoicesTable.table.remove(number, in: transaction) else { return }
        if let subscription = old.providerID(InvoicesTable.Column.providerSubscriptionId) {
            touched.subscription(key.connection, subscription, [.latestInvoice, .renewals])
        }
        touched.customer(
            key.connection,
            old.providerID(InvoicesTable.Column.providerCustomerId),
            .delinquency
        )
        try setEntry(nil, key.connection, .invoice, key.id)
    }
}
