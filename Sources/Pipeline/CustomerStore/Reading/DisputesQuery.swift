import BillingModel
import Database

/// Reads `disputes`.
enum DisputesQuery {
    // `columns` stand in the order in which `decode` reads them.
    static let rows = ProjectionQuery<DisputeRecord>(
        .dispute,
        of: "disputes",
        as: "d",
        columns: """
            d.provider_charge_id, c.id, d.amount, d.currency, d.status, d.reason
            """,
        links: [.object("charge", as: "c", namedBy: "provider_charge_id")],
        filter: "d.status",
        narrowed: [:],
        decode: decode
    )

    private static func decode(_ row: any Row) -> DisputeRecord {
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
