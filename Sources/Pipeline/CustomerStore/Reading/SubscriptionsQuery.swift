import BillingModel
import Database

/// Reads `subscriptions`.
enum SubscriptionsQuery {
    // `columns` stand in the order in which `decode` reads them.
    static let rows = ProjectionQuery<SubscriptionRecord>(
        .subscription,
        of: "subscriptions",
        as: "s",
        columns: """
            k.customer_id, s.provider_customer_id, s.status, s.provider_product_id, p.id,
            s.provider_price_id, r.id, s.start_date, s.trial_start, s.trial_end, s.current_period_start,
            s.current_period_end, s.cancel_at, s.cancel_at_period_end, s.canceled_at, s.ended_at,
            s.currency, s.collection_method, s.default_payment_method, m.id, s.payment_collection,
            s.latest_invoice_id, s.renewal_number, s.metadata
            """,
        links: [
            .customer,
            .object("product", as: "p", namedBy: "provider_product_id"),
            .object("price", as: "r", namedBy: "provider_price_id"),
            .object("payment_method", as: "m", namedBy: "default_payment_method"),
        ],
        filter: "s.status",
        narrowed: [.customer: "provider_customer_id"],
        decode: decode
    )

    private static func decode(_ row: any Row) -> SubscriptionRecord {
        var row = RowCursor(row)
        let number = row.integer()
        let version = row.integer()
        let createdAt = row.time()
        let updatedAt = row.time()
        return SubscriptionRecord(
            number: number,
            version: version,
            customer: row.optionalInteger(),
            providerCustomer: row.id(),
            status: row.word(or: .expired),
            product: row.link(),
            price: row.link(),
            startDate: row.optionalTime(),
            trialStart: row.optionalTime(),
            trialEnd: row.optionalTime(),
            currentPeriodStart: row.optionalTime(),
            currentPeriodEnd: row.optionalTime(),
            cancelAt: row.optionalTime(),
            cancelsAtPeriodEnd: row.boolean(),
            canceledAt: row.optionalTime(),
            endedAt: row.optionalTime(),
            currency: row.optionalText(),
            collectionMethod: row.optionalText(),
            defaultPaymentMethod: row.link(),
            items: [],
            paymentCollection: row.word(or: .notRequired),
            latestInvoiceNumber: row.optionalInteger(),
            latestInvoice: nil,
            renewalNumber: row.integer(),
            metadata: row.metadata(),
            createdAt: createdAt,
            updatedAt: updatedAt,
            sync: row.sync(objectNumber: number)
        )
    }
}
