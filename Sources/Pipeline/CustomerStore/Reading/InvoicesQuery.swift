import BillingModel
import Database

/// Reads `invoices`.
enum InvoicesQuery {
    // The columns stand in the order in which `decode` reads them.
    private static let select = """
        SELECT
            i.id, i.version, i.created_at, i.updated_at, k.customer_id, i.provider_subscription_id, s.id,
            i.number, i.status, i.billing_reason, i.currency, i.subtotal, i.total, i.amount_due,
            i.amount_paid, i.amount_remaining, i.attempt_count, i.attempted, i.period_start, i.period_end,
            i.due_date, i.finalized_at, i.paid_at, i.next_payment_attempt, i.payment_url,
            (i.status = 'open' AND (i.requires_action = 1 OR i.action_required_attempt >= i.attempt_count)),
            i.error_message, o.provider_id, o.connection_id, n.provider, o.state, o.freshness,
            o.updated_at
        FROM invoices i
        JOIN objects o ON o.id = i.id
        JOIN connections n ON n.id = i.connection_id
        LEFT JOIN customer_identities k
            ON k.connection_id = i.connection_id
            AND k.provider_customer_id = i.provider_customer_id
        LEFT JOIN objects s
            ON s.connection_id = i.connection_id
            AND s.object_type = 'subscription'
            AND s.provider_id = i.provider_subscription_id
        """

    static let get = Statement(
        "invoices.get",
        select + """

            WHERE i.id = $1
                AND n.site = $2
                AND n.mode = $3
            """
    )

    static let list = ObjectListQuery(
        newest: Statement("invoices.list", select + listConditions + order),
        narrowed: [
            .customer: Statement(
                "invoices.list_of_customer",
                select + listConditions + """

                    AND i.provider_customer_id = $10
                    """ + order
            ),
            .subscription: Statement(
                "invoices.list_of_subscription",
                select + listConditions + """

                    AND i.provider_subscription_id = $10
                    """ + order
            ),
        ],
        hasFilter: true
    )

    private static let listConditions = """

        WHERE i.connection_id = $1
            AND n.site = $2
            AND n.mode = $3
            AND o.state = 'live'
            AND i.created_at > $4
            AND i.created_at < $5
            AND (i.created_at, i.id) < ($6, $7)
            AND ($9 IS NULL OR i.status = $9)
        """

    private static let order = """

        ORDER BY i.created_at DESC, i.id DESC
        LIMIT $8
        """

    static func decode(_ row: any Row) -> InvoiceRecord {
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
