package import BillingModel
package import Database
import Timing

// The kinds of object from which something else is derived.
extension StoreUpdate {
    func apply(_ customer: CustomerSnapshot, _ row: RowToWrite) throws(DatabaseError) {
        guard let connection = connections[row.key.connection] else {
            preconditionFailure("a batch knows the connections of its objects")
        }
        let outcome = try customers.apply(
            customer,
            number: row.number,
            key: row.key,
            scope: connection.scope,
            createdAt: customer.created ?? row.fallback
        )
        note(outcome, row.key)
    }

    /// Ties a local customer to the provider's that a call of ours made or found for it. Call before `apply` of that
    /// object.
    package func bond(
        customer: Int64,
        to key: ObjectKey,
        objectNumber number: Int64
    ) throws(DatabaseError) {
        note(try customers.bond(customer, number: number, key: key), key)
    }

    private func note(_ outcome: CustomerProjection.Outcome, _ key: ObjectKey) {
        switch outcome {
        case .asBefore:
            break
        case .linked:
            // Its subscriptions, invoices and payments may have come first.
            touched.customer(key.connection, key.id, .everything)
        case .moved(let former):
            touched.customer(key.connection, key.id, .everything)
            touched.formerCustomers.insert(former)
        }
    }

    func follow(
        _ change: ProjectionTable.Change,
        _ subscription: SubscriptionSnapshot,
        _ typedRow: TypedRow,
        _ row: RowToWrite
    ) throws(DatabaseError) {
        typealias Column = SubscriptionsTable.Column
        let values = typedRow.values
        var itemsChanged = false
        switch change {
        case .unchanged:
            return
        case .inserted:
            itemsChanged = true
            // Its invoices may have come first.
            touched.subscription(row.key.connection, row.key.id, [.latestInvoice, .renewals])
            touched.customer(row.key.connection, subscription.customer, .subscriptions)
        case .updated(let old):
            itemsChanged = old[Column.itemsDigest] != values[Column.itemsDigest]
            if old[Column.trialEnd] != values[Column.trialEnd] {
                touched.subscription(row.key.connection, row.key.id, .renewals)
            }
            let derivedFrom = [
                Column.createdAt, Column.providerCustomerId, Column.status, Column.startDate, Column.trialEnd,
                Column.providerProductId, Column.providerPriceId,
            ]
            if derivedFrom.contains(where: { old[$0] != values[$0] }) {
                touched.customer(row.key.connection, subscription.customer, .subscriptions)
                touched.customer(
                    row.key.connection,
                    old.providerID(Column.providerCustomerId),
                    .subscriptions
                )
            }
        }
        if itemsChanged {
            try SubscriptionItemsTable.replace(
                subscription.items,
                ofSubscription: row.number,
                isComplete: subscription.itemsAreComplete,
                in: transaction
            )
        }
    }

    func follow(
        _ change: ProjectionTable.Change,
        _ invoice: InvoiceSnapshot,
        _ typedRow: TypedRow,
        _ row: RowToWrite
    ) throws(DatabaseError) {
        typealias Column = InvoicesTable.Column
        let values = typedRow.values
        let old: PastRow?
        switch change {
        case .unchanged: return
        case .inserted: old = nil
        case .updated(let past): old = past
        }
        func changed(_ columns: Int...) -> Bool {
            guard let old else { return true }
            return columns.contains { old[$0] != values[$0] }
        }
        let connection = row.key.connection
        if changed(
            Column.status,
            Column.amountPaid,
            Column.currency,
            Column.providerCustomerId,
            Column.paidAt
        ) {
            try noteInvoicePayment(invoice, row.key)
            // A draft or an open invoice that just appeared has no entry that could need a change.
            if invoice.revenue != nil || old != nil {
                try setEntry(revenueEntry(invoice, row), connection, .invoice, row.key.id)
            }
        }
        touchSubscriptions(of: invoice, old: old, connection, changed: changed)
        let wasDelinquent = old.map(InvoicesTable.isDelinquent) ?? false
        if wasDelinquent != invoice.isDelinquent
            || invoice.isDelinquent && changed(Column.createdAt, Column.providerCustomerId)
        {
            touched.customer(connection, invoice.customer, .delinquency)
            touched.customer(connection, old?.providerID(Column.providerCustomerId), .delinquency)
        }
    }

    private func touchSubscriptions(
        of invoice: InvoiceSnapshot,
        old: PastRow?,
        _ connection: ConnectionID,
        changed: (Int...) -> Bool
    ) {
        typealias Column = InvoicesTable.Column
        var facets: TouchedRows.SubscriptionFacets = []
        if changed(
            Column.status,
            Column.createdAt,
            Column.attemptCount,
            Column.requiresAction,
            Column.providerSubscriptionId
        ) {
            facets.insert(.latestInvoice)
        }
        if changed(Column.status, Column.billingReason, Column.periodStart, Column.providerSubscriptionId),
            invoice.billingReason == "subscription_cycle"
        {
            facets.insert(.renewals)
        }
        guard !facets.isEmpty else { return }
        if let id = invoice.subscription { touched.subscription(connection, id, facets) }
        if let id = old?.providerID(Column.providerSubscriptionId), id != invoice.subscription {
            touched.subscription(connection, id, [.latestInvoice, .renewals])
        }
    }

    func revenueEntry(_ invoice: InvoiceSnapshot, _ row: RowToWrite) -> RevenueEntry? {
        invoice.revenue.map { money in
            RevenueEntry(
                customer: invoice.customer,
                money: money,
                occurredAt: invoice.paidAt ?? invoice.created ?? row.fallback
            )
        }
    }

    // Old API versions: the invoice itself names what pays it.
    func noteInvoicePayment(_ invoice: InvoiceSnapshot, _ key: ObjectKey) throws(DatabaseError) {
        guard let reference = invoice.paymentIntent ?? invoice.charge else { return }
        try noteReference(reference, paysInvoice: key.id, key.connection)
    }

    func apply(_ payment: InvoicePaymentSnapshot, _ row: RowToWrite) throws(DatabaseError) {
        guard let invoice = payment.invoice else { return }
        for reference in [payment.paymentIntent, payment.charge] {
            guard let reference else { continue }
            try noteReference(reference, paysInvoice: invoice, row.key.connection)
        }
    }

    private func noteReference(
        _ reference: ProviderID,
        paysInvoice invoice: ProviderID,
        _ connection: ConnectionID
    ) throws(DatabaseError) {
        let isNew = try InvoicePaymentReferencesTable.insert(
            reference,
            paysInvoice: invoice,
            connection,
            in: transaction
        )
        guard isNew else { return }
        differences?.noteRow("invoice_payment_references", reference)
        touched.paymentReference(connection, reference)
    }

    func follow(_ change: ProjectionTable.Change, _ charge: ChargeSnapshot, _ row: RowToWrite) {
        if case .unchanged = change { return }
        touched.charge(row.key.connection, row.key.id)
    }

    func follow(_ change: ProjectionTable.Change, _ refund: RefundSnapshot, _ row: RowToWrite) {
        touchCharge(refund.charge, change, RefundsTable.Column.providerChargeId, row.key.connection)
    }

    func follow(_ change: ProjectionTable.Change, _ dispute: DisputeSnapshot, _ row: RowToWrite) {
        touchCharge(dispute.charge, change, DisputesTable.Column.providerChargeId, row.key.connection)
    }

    private func touchCharge(
        _ charge: ProviderID?,
        _ change: ProjectionTable.Change,
        _ column: Int,
        _ connection: ConnectionID
    ) {
        switch change {
        case .unchanged: return
        case .inserted: break
        case .updated(let old):
            if let before = old.providerID(column) { touched.charge(connection, before) }
        }
        if let charge { touched.charge(connection, charge) }
    }
}

extension InvoicesTable {
    /// What `InvoiceSnapshot.isDelinquent` says, of a row's values.
    static func isDelinquent(_ values: PastRow) -> Bool {
        values[Column.status].textValue == InvoiceStatus.open.rawValue
            && values[Column.attemptCount].integerValue ?? 0 > 0
            && values[Column.amountRemaining].integerValue ?? 0 > 0
    }
}
