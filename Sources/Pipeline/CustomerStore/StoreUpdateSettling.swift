import BillingModel
import Database
import Timing

// What `finish` does, in the order in which one follows from the other.
extension StoreUpdate {
    /// Makes one line of the ledger say `entry`; nil and an amount of zero mean no line.
    func setEntry(
        _ entry: RevenueEntry?,
        _ connection: ConnectionID,
        _ kind: RevenueEntry.Kind,
        _ reference: ProviderID
    ) throws(DatabaseError) {
        let wanted = entry.flatMap { $0.money.amount == 0 ? nil : $0 }
        let present = try RevenueEntriesTable.entry(connection, kind, reference, in: transaction)
        guard wanted != present else { return }
        note(wanted, present, reference)
        if let wanted {
            try RevenueEntriesTable.put(wanted, connection, kind, reference, in: transaction)
        } else {
            try RevenueEntriesTable.remove(connection, kind, reference, in: transaction)
        }
        touched.customer(connection, wanted?.customer, .revenue)
        touched.customer(connection, present?.customer, .revenue)
    }

    private func note(_ wanted: RevenueEntry?, _ present: RevenueEntry?, _ reference: ProviderID) {
        guard let differences else { return }
        guard let wanted, let present else { return differences.noteRow("revenue_entries", reference) }
        differences.note("revenue_entries", wanted.differences(from: present), reference)
    }

    func settleCharges() throws(DatabaseError) {
        for reference in touched.paymentReferences {
            touched.charge(reference.connection, reference.id)
            let charges = try PaymentsQuery.charges(
                ofPaymentIntent: reference.id,
                reference.connection,
                in: transaction
            )
            for charge in charges { touched.charge(reference.connection, charge) }
        }
        for name in touched.charges { try settleCharge(name) }
    }

    private func settleCharge(_ name: TouchedRows.Name) throws(DatabaseError) {
        let charge = try PaymentsQuery.charge(name.connection, name.id, in: transaction)
        let refunds = try PaymentsQuery.refunds(ofCharge: name.id, name.connection, in: transaction)
        let disputes = try PaymentsQuery.disputes(ofCharge: name.id, name.connection, in: transaction)
        // A payment intent without charges is in the set of touched charges as well, and is none.
        guard charge != nil || !refunds.isEmpty || !disputes.isEmpty else {
            try setEntry(nil, name.connection, .charge, name.id)
            try setEntry(nil, name.connection, .refund, name.id)
            return
        }
        let paysInvoice = try InvoicePaymentReferencesTable.contains(
            name.id,
            orIntent: charge?.paymentIntent,
            name.connection,
            in: transaction
        )
        let revenue = ChargeRevenue(
            charge: charge,
            paysInvoice: paysInvoice,
            refunds: refunds,
            disputes: disputes
        )
        try setEntry(revenue.charge, name.connection, .charge, name.id)
        try setEntry(revenue.refund, name.connection, .refund, name.id)
        for dispute in revenue.disputes {
            try setEntry(dispute.entry, name.connection, .dispute, dispute.id)
        }
    }

    func settleSubscriptions() throws(DatabaseError) {
        for (name, facets) in touched.subscriptions {
            guard
                let present = try SubscriptionFactsQuery.present(name.connection, name.id, in: transaction)
            else { continue }
            var facts = present.facts
            if facets.contains(.latestInvoice) {
                let latest = try SubscriptionFactsQuery.latestInvoice(
                    name.connection,
                    name.id,
                    in: transaction
                )
                facts.latestInvoice = latest?.number
                facts.paymentCollection = latest?.paymentCollection ?? .notRequired
            }
            if facets.contains(.renewals) {
                facts.renewalNumber = try SubscriptionFactsQuery.renewals(
                    name.connection,
                    name.id,
                    trialEnd: present.trialEnd,
                    in: transaction
                )
            }
            guard facts != present.facts else { continue }
            differences?.note("subscriptions", facts.differences(from: present.facts), name.id)
            try SubscriptionFactsQuery.write(facts, of: present.number, now: now, in: transaction)
            if facts.renewalNumber != present.facts.renewalNumber {
                touched.customer(name.connection, present.customer, .subscriptions)
            }
        }
    }

    func settleCustomers() throws(DatabaseError) {
        var facets: [Int64: TouchedRows.CustomerFacets] = [:]
        for (name, touchedFacets) in touched.customers {
            // Not arrived yet: its arrival computes everything.
            guard
                let customer = try CustomerIdentitiesTable.customer(name.connection, name.id, in: transaction)
            else { continue }
            facets[customer, default: []].formUnion(touchedFacets)
        }
        for customer in touched.formerCustomers { facets[customer] = .everything }
        for (customer, facets) in facets { try settleCustomer(customer, facets) }
    }

    private func settleCustomer(
        _ customer: Int64,
        _ facets: TouchedRows.CustomerFacets
    ) throws(DatabaseError) {
        guard let present = try CustomerFactsQuery.present(customer, in: transaction) else { return }
        var facts = present
        if facets.contains(.subscriptions) {
            let subscriptions = try CustomerFactsQuery.subscriptions(ofCustomer: customer, in: transaction)
            try facts.take(subscriptions) { number throws(DatabaseError) in
                try CustomerFactsQuery.providerID(ofObject: number, in: transaction)
            }
        }
        if facets.contains(.delinquency) {
            facts.delinquencyDate = try CustomerFactsQuery.delinquencyDate(
                ofCustomer: customer,
                in: transaction
            )
        }
        if facets.contains(.revenue) {
            facts.lifetimeRevenue = try RevenueEntriesTable.total(ofCustomer: customer, in: transaction)
        }
        guard facts != present else { return }
        differences?.note("customers", facts.differences(from: present), nil)
        try CustomerFactsQuery.write(facts, of: customer, now: now, in: transaction)
    }
}
