import BillingModel
import Database

/// Reads `checkout_sessions`.
enum CheckoutSessionsQuery {
    // A delayed payment that failed leaves the session complete at the provider.
    private static let status = """
        CASE
            WHEN c.status = 'complete' AND c.delayed_payment_failed = 1 AND c.payment_status = 'unpaid'
                THEN 'failed'
            ELSE c.status
        END
        """

    // `columns` stand in the order in which `decode` reads them.
    static let rows = ProjectionQuery<CheckoutSessionRecord>(
        .checkoutSession,
        of: "checkout_sessions",
        as: "c",
        columns: """
            k.customer_id, c.provider_subscription_id, s.id,
            c.provider_invoice_id, i.id, c.mode,
            \(status),
            c.payment_status, c.amount_total, c.currency,
            c.url, c.client_reference, c.expires_at, c.metadata
            """,
        links: [
            .customer,
            .object("subscription", as: "s", namedBy: "provider_subscription_id"),
            .object("invoice", as: "i", namedBy: "provider_invoice_id"),
        ],
        filter: status,
        narrowed: [.customer: "provider_customer_id"],
        decode: decode
    )

    private static func decode(_ row: any Row) -> CheckoutSessionRecord {
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
