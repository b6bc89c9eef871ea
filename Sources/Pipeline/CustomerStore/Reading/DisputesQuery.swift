import BillingModel
import Database

/// Reads `disputes`.
enum DisputesQuery {
    // The columns stand in the order in which `decode` reads them.
    private static let select = """
        SELECT
            d.id, d.version, d.created_at, d.updated_at, d.provider_charge_id, c.id, d.amount, d.currency,
            d.status, d.reason, o.provider_id, o.connection_id, n.provider, o.state, o.freshness,
            o.updated_at
        FROM disputes d
        JOIN objects o ON o.id = d.id
        JOIN connections n ON n.id = d.connection_id
        LEFT JOIN objects c
            ON c.connection_id = d.connection_id
            AND c.object_type = 'charge'
            AND c.provider_id = d.provider_charge_id
        """

    static let get = Statement(
        "disputes.get",
        select + """

            WHERE d.id = $1
                AND n.site = $2
                AND n.mode = $3
            """
    )

    static let list = ObjectListQuery(
        newest: Statement("disputes.list", select + listConditions + order),
        narrowed: [:],
        hasFilter: true
    )

    private static let listConditions = """

        WHERE d.connection_id = $1
            AND n.site = $2
            AND n.mode = $3
            AND o.state = 'live'
            AND d.created_at > $4
            AND d.created_at < $5
            AND (d.created_at, d.id) < ($6, $7)
            AND ($9 IS NULL OR d.status = $9)
        """

    private static let order = """

        ORDER BY d.created_at DESC, d.id DESC
        LIMIT $8
        """

    static func decode(_ row: any Row) -> DisputeRecord {
        var row = RowCursor(row)
        let number = row.integer()
        let version = row.integer()
        let createdAt = row.time()
        let updatedAt = row.time()
        return DisputeRecord(
            number: number,
            version: version,
            charge: row.link(),
            amount: row.integer(),
            currency: row.text(),
            status: row.word(or: .needsResponse),
            reason: row.optionalText(),
            createdAt: createdAt,
            updatedAt: updatedAt,
            sync: row.sync(objectNumber: number)
        )
    }
}
