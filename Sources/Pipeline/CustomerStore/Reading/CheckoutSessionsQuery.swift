import BillingModel
import Database

/// Reads `checkout_sessions`.
enum CheckoutSessionsQuery {
    // The columns stand in the order in which `decode` reads them.
    private static let select = """
        SELECT
            c.id, c.version, c.created_at, c.updated_at, k.customer_id, c.provider_subscription_id, s.id,
            c.provider_invoice_id, i.id, c.mode,
            CASE
                WHEN c.status = 'complete' AND c.delayed_payment_failed = 1 AND c.payment_status = 'unpaid'
                    THEN 'failed'
                ELSE c.status
            END,
            c.payment_status, c.amount_total, c.currency,
            c.url, c.client_reference, c.expires_at, c.metadata, o.provider_id, o.connection_id,
            n.provider, o.state, o.freshness, o.updated_at
        FROM checkout_sessions c
        JOIN objects o ON o.id = c.id
        JOIN connections n ON n.id = c.connection_id
        LEFT JOIN customer_identities k
            ON k.connection_id = c.connection_id
            AND k.provider_customer_id = c.provider_customer_id
        LEFT JOIN objects s
            ON s.connection_id = c.connection_id
            AND s.object_type = 'subscription'
            AND s.provider_id = c.provider_subscription_id
        LEFT JOIN objects i
            ON i.connection_id = c.connection_id
            AND i.object_type = 'invoice'
            AND i.provider_id = c.provider_invoice_id
        """

    static let get = Statement(
        "checkout_sessions.get",
        select + """

            WHERE c.id = $1
                AND n.site = $2
                AND n.mode = $3
            """
    )

    static let list = ObjectListQuery(
        newest: Statement("checkout_sessions.list", select + listConditions + order),
        narrowed: [
            .customer: Statement(
                "checkout_sessions.list_of_customer",
                select + listConditions + """

                    AND c.provider_customer_id = $10
                    """ + order
            )
        ],
        hasFilter: true
    )

    private static let listConditions = """

        WHERE c.connection_id = $1
            AND n.site = $2
            AND n.mode = $3
            AND o.state = 'live'
            AND c.created_at > $4
            AND c.created_at < $5
            AND (c.created_at, c.id) < ($6, $7)
            AND ($9 IS NULL OR $9 = CASE
                WHEN c.status = 'complete' AND c.delayed_payment_failed = 1 AND c.payment_status = 'unpaid'
                    THEN 'failed'
                ELSE c.status
            END)
        """

    private static let order = """

        ORDER BY c.created_at DESC, c.id DESC
        LIMIT $8
        """

    static func decode(_ row: any Row) -> CheckoutSessionRecord {
        var row = RowCursor(row)
        let number = row.integer()
        let version = row.integer()
        let createdAt = row.time()
        let updatedAt = row.time()
        return CheckoutSessionRecord(
            number: number,
            publicNumber: number,
            version: version,
            customer: row.optionalInteger(),
            subscription: row.link(),
            invoice: row.link(),
            checkoutMode: row.text(),
            status: row.word(or: .open),
            paymentStatus: row.text(),
            amountTotal: row.optionalInteger(),
            currency: row.optionalText(),
            url: row.optionalText(),
            clientReference: row.optionalText(),
            expiresAt: row.optionalTime(),
            metadata: row.metadata(),
            createdAt: createdAt,
            updatedAt: updatedAt,
            sync: row.sync(objectNumber: number)
        )
    }
}
