import BillingModel
import Database

/// Reads `invoices`.
enum InvoicesQuery {
    // `columns` stand in the order in which `decode` reads them.
    static let rows = ProjectionQuery<InvoiceRecord>(
        .invoice,
        of: "invoices",
        as: "i",
        columns: """
            k.customer_id, i.provider_subscription_id, s.id,
            i.number, i.status, i.billing_reason, i.currency, i.subtotal, i.total, i.amount_due,
            i.amount_paid, i.amount_remaining, i.attempt_count, i.attempted, i.period_start, i.period_end,
            i.due_date, i.finalized_at, i.paid_at, i.next_payment_attempt, i.payment_url,
            (i.status = 'open' AND (i.requires_action = 1 OR i.action_required_attempt >= i.attempt_count)),
            i.error_message
            """,
        links: [
            .customer,
            .object("subscription", as: "s", namedBy: "provider_subscription_id"),
        ],
        filter: "i.status",
        narrowed: [.customer: "provider_customer_id", .subscription: "provider_subscription_id"],
        decode: decode
    )

    private static func decode(_ row: any Row) -> InvoiceRecord {
        var row = RowCursor(row)
        let number = row.integer()
        let version = row.integer()
        let createdAt = row.time()
        let updatedAt = row.time()
        return InvoiceRecord(
            number: number,
            version: version,
            customer: row.optionalInteger(),
            subscription: row.link(),
            invoiceNumber: row.optionalText(),
            status: row.word(or: .draft),
            billingReason: row.optionalText(),
            currency: row.text(),
            subtotal: row.integer(),
            total: row.integer(),
            amountDue: row.integer(),
            amountPaid: row.integer(),
            amountRemaining: row.integer(),
            attemptCount: row.integer(),
            isAttempted: row.boolean(),
            periodStart: row.optionalTime(),
            periodEnd: row.optionalTime(),
            dueDate: row.optionalTime(),
            finalizedAt: row.optionalTime(),
            paidAt: row.optionalTime(),
            nextPaymentAttempt: row.optionalTime(),
            paymentURL: row.optionalText(),
            requiresAction: row.boolean(),
            errorMessage: row.optionalText(),
            createdAt: createdAt,
            updatedAt: updatedAt,
            sync: row.sync(objectNumber: number)
        )
    }
}
