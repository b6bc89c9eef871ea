import BillingModel
import Database

/// Reads `charges`.
enum ChargesQuery {
    // The columns stand in the order in which `decode` reads them.
    private static let select = """
        SELECT
            c.id, c.version, c.created_at, c.updated_at, k.customer_id, c.provider_invoice_id, i.id,
            c.amount, c.amount_captured, c.amount_refunded, c.currency, c.status, c.failure_message,
            o.provider_id, o.connection_id, n.provider, o.state, o.freshness, o.updated_at
        FROM charges c
        JOIN objects o ON o.id = c.id
        JOIN connections n ON n.id = c.connection_id
        LEFT JOIN customer_identities k
            ON k.connection_id = c.connection_id
            AND k.provider_customer_id = c.provider_customer_id
        LEFT JOIN objects i
            ON i.connection_id = c.connection_id
            AND i.object_type = 'invoice'
            AND i.provider_id = c.provider_invoice_id
        """

    static let get = Statement(
        "charges.get",
        select + """

            WHERE c.id = $1
                AND n.site = $2
                AND n.mode = $3
            """
    )

    static let list = ObjectListQuery(
        newest: Statement("charges.list", select + listConditions + order),
        narrowed: [
            .customer: Statement(
                "charges.list_of_customer",
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
            AND ($9 IS NULL OR c.status = $9)
        """

    private static let order = """

        ORDER BY c.created_at DESC, c.id DESC
        LIMIT $8
        """

    static func decode(_ row: any Row) -> ChargeRecord {
        var row = RowCursor(row)
        let number = row.integer()
        let version = row.integer()
        let createdAt = row.time()
        let updatedAt = row.time()
        return ChargeRecord(
            number: number,
            version: version,
            customer: row.optionalInteger(),
            invoice: row.link(),
            amount: row.integer(),
            amountCaptured: row.integer(),
            amountRefunded: row.integer(),
            currency: row.text(),
            status: row.word(or: .pending),
            failureMessage: row.optionalText(),
            createdAt: createdAt,
            updatedAt: updatedAt,
            sync: row.sync(objectNumber: number)
        )
    }
}
