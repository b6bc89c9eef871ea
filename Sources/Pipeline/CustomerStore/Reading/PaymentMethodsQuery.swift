import BillingModel
import Database

/// Reads `payment_methods`.
enum PaymentMethodsQuery {
    // The columns stand in the order in which `decode` reads them.
    private static let select = """
        SELECT
            p.id, p.version, p.created_at, p.updated_at, k.customer_id, p.type, p.brand, p.last4,
            p.expiry_month, p.expiry_year, o.provider_id, o.connection_id, n.provider, o.state,
            o.freshness, o.updated_at
        FROM payment_methods p
        JOIN objects o ON o.id = p.id
        JOIN connections n ON n.id = p.connection_id
        LEFT JOIN customer_identities k
            ON k.connection_id = p.connection_id
            AND k.provider_customer_id = p.provider_customer_id
        """

    static let get = Statement(
        "payment_methods.get",
        select + """

            WHERE p.id = $1
                AND n.site = $2
                AND n.mode = $3
            """
    )

    static let list = ObjectListQuery(
        newest: Statement("payment_methods.list", select + listConditions + order),
        narrowed: [
            .customer: Statement(
                "payment_methods.list_of_customer",
                select + listConditions + """

                    AND p.provider_customer_id = $9
                    """ + order
            )
        ],
        hasFilter: false
    )

    private static let listConditions = """

        WHERE p.connection_id = $1
            AND n.site = $2
            AND n.mode = $3
            AND o.state = 'live'
            AND p.created_at > $4
            AND p.created_at < $5
            AND (p.created_at, p.id) < ($6, $7)
        """

    private static let order = """

        ORDER BY p.created_at DESC, p.id DESC
        LIMIT $8
        """

    static func decode(_ row: any Row) -> PaymentMethodRecord {
        var row = RowCursor(row)
        let number = row.integer()
        let version = row.integer()
        let createdAt = row.time()
        let updatedAt = row.time()
        return PaymentMethodRecord(
            number: number,
            version: version,
            customer: row.optionalInteger(),
            type: row.text(),
            brand: row.optionalText(),
            last4: row.optionalText(),
            expiryMonth: row.optionalInteger(),
            expiryYear: row.optionalInteger(),
            createdAt: createdAt,
            updatedAt: updatedAt,
            sync: row.sync(objectNumber: number)
        )
    }
}
