import BillingModel
import Database

/// Reads `refunds`.
enum RefundsQuery {
    // The columns stand in the order in which `decode` reads them.
    private static let select = """
        SELECT
            r.id, r.version, r.created_at, r.updated_at, r.provider_charge_id, c.id, r.amount, r.currency,
            r.status, r.reason, o.provider_id, o.connection_id, n.provider, o.state, o.freshness,
            o.updated_at
        FROM refunds r
        JOIN objects o ON o.id = r.id
        JOIN connections n ON n.id = r.connection_id
        LEFT JOIN objects c
            ON c.connection_id = r.connection_id
            AND c.object_type = 'charge'
            AND c.provider_id = r.provider_charge_id
        """

    static let get = Statement(
        "refunds.get",
        select + """

            WHERE r.id = $1
                AND n.site = $2
                AND n.mode = $3
            """
    )

    static let list = ObjectListQuery(
        newest: Statement("refunds.list", select + listConditions + order),
        narrowed: [:],
        hasFilter: true
    )

    private static let listConditions = """

        WHERE r.connection_id = $1
            AND n.site = $2
            AND n.mode = $3
            AND o.state = 'live'
            AND r.created_at > $4
            AND r.created_at < $5
            AND (r.created_at, r.id) < ($6, $7)
            AND ($9 IS NULL OR r.status = $9)
        """

    private static let order = """

        ORDER BY r.created_at DESC, r.id DESC
        LIMIT $8
        """

    static func decode(_ row: any Row) -> RefundRecord {
        var row = RowCursor(row)
        let number = row.integer()
        let version = row.integer()
        let createdAt = row.time()
        let updatedAt = row.time()
        return RefundRecord(
            number: number,
            version: version,
            charge: row.link(),
            amount: row.integer(),
            currency: row.text(),
            status: row.word(or: .pending),
            reason: row.optionalText(),
            createdAt: createdAt,
            updatedAt: updatedAt,
            sync: row.sync(objectNumber: number)
        )
    }
}
