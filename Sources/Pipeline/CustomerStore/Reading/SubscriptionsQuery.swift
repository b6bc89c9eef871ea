import BillingModel
import Database

/// Reads `subscriptions`.
enum SubscriptionsQuery {
    // The columns stand in the order in which `decode` reads them.
    private static let select = """
        SELECT
            s.id, s.version, s.created_at, s.updated_at, k.customer_id, s.provider_customer_id, s.status,
            s.provider_product_id, p.id, s.provider_price_id, r.id, s.start_date, s.trial_start,
            s.trial_end, s.current_period_start, s.current_period_end, s.cancel_at,
            s.cancel_at_period_end, s.canceled_at, s.ended_at, s.currency, s.collection_method,
            s.default_payment_method, m.id, s.payment_collection, s.latest_invoice_id, s.renewal_number,
            s.metadata, o.provider_id, o.connection_id, n.provider, o.state, o.freshness, o.updated_at
        FROM subscriptions s
        JOIN objects o ON o.id = s.id
        JOIN connections n ON n.id = s.connection_id
        LEFT JOIN customer_identities k
            ON k.connection_id = s.connection_id
            AND k.provider_customer_id = s.provider_customer_id
        LEFT JOIN objects p
            ON p.connection_id = s.connection_id
            AND p.object_type = 'product'
            AND p.provider_id = s.provider_product_id
        LEFT JOIN objects r
            ON r.connection_id = s.connection_id
            AND r.object_type = 'price'
            AND r.provider_id = s.provider_price_id
        LEFT JOIN objects m
            ON m.connection_id = s.connection_id
            AND m.object_type = 'payment_method'
            AND m.provider_id = s.default_payment_method
        """

    static let get = Statement(
        "subscriptions.get",
        select + """

            WHERE s.id = $1
                AND n.site = $2
                AND n.mode = $3
            """
    )

    static let list = ObjectListQuery(
        newest: Statement("subscriptions.list", select + listConditions + order),
        narrowed: [
            .customer: Statement(
                "subscriptions.list_of_customer",
                select + listConditions + """

                    AND s.provider_customer_id = $10
                    """ + order
            )
        ],
        hasFilter: true
    )

    private static let listConditions = """

        WHERE s.connection_id = $1
            AND n.site = $2
            AND n.mode = $3
            AND o.state = 'live'
            AND s.created_at > $4
            AND s.created_at < $5
            AND (s.created_at, s.id) < ($6, $7)
            AND ($9 IS NULL OR s.status = $9)
        """

    private static let order = """

        ORDER BY s.created_at DESC, s.id DESC
        LIMIT $8
        """

    static func decode(_ row: any Row) -> SubscriptionRecord {
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
