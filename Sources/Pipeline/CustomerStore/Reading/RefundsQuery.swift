import BillingModel
import Database

/// Reads `refunds`.
enum RefundsQuery {
    // `columns` stand in the order in which `decode` reads them.
    static let rows = ProjectionQuery<RefundRecord>(
        .refund,
        of: "refunds",
        as: "r",
        columns: """
            r.provider_charge_id, c.id, r.amount, r.currency, r.status, r.reason
            """,
        links: [.object("charge", as: "c", namedBy: "provider_charge_id")],
        filter: "r.status",
        narrowed: [:],
        decode: decode
    )

    private static func decode(_ row: any Row) -> RefundRecord {
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
