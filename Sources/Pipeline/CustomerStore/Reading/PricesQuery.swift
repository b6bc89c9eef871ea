import BillingModel
import Database

/// Reads `prices`.
enum PricesQuery {
    // The columns stand in the order in which `decode` reads them.
    private static let select = """
        SELECT
            p.id, p.version, p.created_at, p.updated_at, p.provider_product_id, d.id, p.currency,
            p.unit_amount, p.unit_amount_decimal, p.is_recurring, p.billing_interval, p.interval_count,
            p.is_metered, p.is_tiered, p.nickname, p.lookup_key, p.active, p.metadata, o.provider_id,
            o.connection_id, n.provider, o.state, o.freshness, o.updated_at
        FROM prices p
        JOIN objects o ON o.id = p.id
        JOIN connections n ON n.id = p.connection_id
        LEFT JOIN objects d
            ON d.connection_id = p.connection_id
            AND d.object_type = 'product'
            AND d.provider_id = p.provider_product_id
        """

    static let get = Statement(
        "prices.get",
        select + """

            WHERE p.id = $1
                AND n.site = $2
                AND n.mode = $3
            """
    )

    static let list = ObjectListQuery(
        newest: Statement("prices.list", select + listConditions + order),
        narrowed: [
            .product: Statement(
                "prices.list_of_product",
                select + listConditions + """

                    AND p.provider_product_id = $10
                    """ + order
            )
        ],
        hasFilter: true
    )

    private static let listConditions = """

        WHERE p.connection_id = $1
            AND n.site = $2
            AND n.mode = $3
            AND o.state = 'live'
            AND p.created_at > $4
            AND p.created_at < $5
            AND (p.created_at, p.id) < ($6, $7)
            AND ($9 IS NULL OR p.active = $9)
        """

    private static let order = """

        ORDER BY p.created_at DESC, p.id DESC
        LIMIT $8
        """

    static func decode(_ row: any Row) -> PriceRecord {
        var row = RowCursor(row)
        let number = row.integer()
        let version = row.integer()
        let createdAt = row.time()
        let updatedAt = row.time()
        return PriceRecord(
            number: number,
            version: version,
            product: row.link(),
            currency: row.text(),
            unitAmount: row.optionalInteger(),
            unitAmountDecimal: row.optionalText(),
            isRecurring: row.boolean(),
            interval: row.optionalText(),
            intervalCount: row.optionalInteger(),
            isMetered: row.boolean(),
            isTiered: row.boolean(),
            nickname: row.optionalText(),
            lookupKey: row.optionalText(),
            isActive: row.boolean(),
            metadata: row.metadata(),
            createdAt: createdAt,
            updatedAt: updatedAt,
            sync: row.sync(objectNumber: number)
        )
    }
}
