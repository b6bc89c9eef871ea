import BillingModel
import Database

/// Reads `products`.
enum ProductsQuery {
    // The columns stand in the order in which `decode` reads them.
    private static let select = """
        SELECT
            p.id, p.version, p.created_at, p.updated_at, p.name, p.description, p.active,
            p.provider_default_price_id, d.id, p.unit_label, p.metadata, o.provider_id, o.connection_id,
            n.provider, o.state, o.freshness, o.updated_at
        FROM products p
        JOIN objects o ON o.id = p.id
        JOIN connections n ON n.id = p.connection_id
        LEFT JOIN objects d
            ON d.connection_id = p.connection_id
            AND d.object_type = 'price'
            AND d.provider_id = p.provider_default_price_id
        """

    static let get = Statement(
        "products.get",
        select + """

            WHERE p.id = $1
                AND n.site = $2
                AND n.mode = $3
            """
    )

    static let list = ObjectListQuery(
        newest: Statement("products.list", select + listConditions + order),
        narrowed: [:],
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

    static func decode(_ row: any Row) -> ProductRecord {
        var row = RowCursor(row)
        let number = row.integer()
        let version = row.integer()
        let createdAt = row.time()
        let updatedAt = row.time()
        return ProductRecord(
            number: number,
            version: version,
            name: row.text(),
            details: row.optionalText(),
            isActive: row.boolean(),
            defaultPrice: row.link(),
            unitLabel: row.optionalText(),
            metadata: row.metadata(),
            createdAt: createdAt,
            updatedAt: updatedAt,
            sync: row.sync(objectNumber: number)
        )
    }
}
