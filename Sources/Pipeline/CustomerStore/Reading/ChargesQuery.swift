import BillingModel
import Database

/// Reads `charges`.
enum ChargesQuery {
    // `columns` stand in the order in which `decode` reads them.
    static let rows = ProjectionQuery<ChargeRecord>(
        .charge,
        of: "charges",
        as: "c",
        columns: """
            k.customer_id, c.provider_invoice_id, i.id, c.amount, c.amount_captured, c.amount_refunded,
            c.currency, c.status, c.failure_message
            """,
        links: [
            .customer,
            .object("invoice", as: "i", namedBy: "provider_invoice_id"),
        ],
        filter: "c.status",
        narrowed: [.customer: "provider_customer_id"],
        decode: decode
    )

    private static func decode(_ row: any Row) -> ChargeRecord {
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
