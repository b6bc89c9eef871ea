import BillingModel
import Database
import Timing

/// Rows of `invoices`. Column action_required_attempt is no snapshot's: `ObjectNotesTable` writes it.
enum InvoicesTable {
    static let table = ProjectionTable(
        name: "invoices",
        keyCount: 3,
        kinds: [
            .integer, .text, .text, .text, .text, .text, .text, .integer, .integer, .integer, .integer,
            .integer, .integer, .integer, .integer, .integer, .integer, .integer, .integer, .integer, .text,
            .integer, .text,
        ],
        select: Statement(
            "invoices.select",
            """
            SELECT
                version, created_at, provider_customer_id, provider_subscription_id, number, status,
                billing_reason, currency, subtotal, total, amount_due, amount_paid, amount_remaining,
                attempt_count, attempted, period_start, period_end, due_date, finalized_at, paid_at,
                next_payment_attempt, payment_url, requires_action, error_message
            FROM invoices
            WHERE id = $1
            """
        ),
        insert: Statement(
            "invoices.insert",
            """
            INSERT INTO invoices (
                id, connection_id, version, updated_at, created_at, provider_customer_id,
                provider_subscription_id, number, status, billing_reason, currency, subtotal, total,
                amount_due, amount_paid, amount_remaining, attempt_count, attempted, period_start,
                period_end, due_date, finalized_at, paid_at, next_payment_attempt, payment_url,
                requires_action, error_message
            )
            VALUES (
                $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
                $20, $21, $22, $23, $24, $25, $26, $27
            )
            """
        ),
        update: Statement(
            "invoices.update",
            """
            UPDATE invoices
            SET
                version = $2, updated_at = $3, number = $4, status = $5, billing_reason = $6,
                currency = $7, subtotal = $8, total = $9, amount_due = $10, amount_paid = $11,
                amount_remaining = $12, attempt_count = $13, attempted = $14, period_start = $15,
                period_end = $16, due_date = $17, finalized_at = $18, paid_at = $19,
                next_payment_attempt = $20, payment_url = $21, requires_action = $22,
                error_message = $23
            WHERE id = $1
            """
        ),
        move: Statement(
            "invoices.move",
            """
            UPDATE invoices
            SET
                created_at = $2, provider_customer_id = $3, provider_subscription_id = $4
            WHERE id = $1
            """
        ),
        delete: Statement(
            "invoices.delete",
            """
            DELETE FROM invoices
            WHERE id = $1
            """
        )
    )

    /// Places in a row's values.
    enum Column {
        static let createdAt = 0
        static let providerCustomerId = 1
        static let providerSubscriptionId = 2
        static let status = 4
        static let billingReason = 5
        static let currency = 6
        static let amountPaid = 10
        static let amountRemaining = 11
        static let attemptCount = 12
        static let attempted = 13
        static let periodStart = 14
        static let paidAt = 18
        static let requiresAction = 21
    }

    static func values(_ invoice: InvoiceSnapshot, createdAt: Timestamp) -> [SQLValue] {
        [
            .integer(createdAt.milliseconds),
            .optional(invoice.customer?.rawValue),
            .optional(invoice.subscription?.rawValue),
            .optional(invoice.number),
            .text(invoice.status.rawValue),
            .optional(invoice.billingReason),
            .text(invoice.currency),
            .integer(invoice.subtotal),
            .integer(invoice.total),
            .integer(invoice.amountDue),
            .integer(invoice.amountPaid),
            .integer(invoice.amountRemaining),
            .integer(invoice.attemptCount),
            .boolean(invoice.isAttempted),
            .optional(invoice.periodStart?.milliseconds),
            .optional(invoice.periodEnd?.milliseconds),
            .optional(invoice.dueDate?.milliseconds),
            .optional(invoice.finalizedAt?.milliseconds),
            .optional(invoice.paidAt?.milliseconds),
            .optional(invoice.nextPaymentAttempt?.milliseconds),
            .optional(invoice.paymentURL),
            .boolean(invoice.requiresAction),
            .optional(invoice.errorMessage),
        ]
    }
}
