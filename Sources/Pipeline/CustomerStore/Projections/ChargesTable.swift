import BillingModel
import Database
import Timing

/// Rows of `charges`.
enum ChargesTable {
    static let table = ProjectionTable(
        name: "charges",
        keyCount: 3,
        kinds: [
            .integer, .text, .text, .text, .integer, .integer, .integer, .text, .text, .text,
        ],
        select: Statement(
            "charges.select",
            """
            SELECT
                version, created_at, provider_customer_id, provider_payment_intent_id,
                provider_invoice_id, amount, amount_captured, amount_refunded, currency, status,
                failure_message
            FROM charges
            WHERE id = $1
            """
        ),
        insert: Statement(
            "charges.insert",
            """
            INSERT INTO charges (
                id, connection_id, version, updated_at, created_at, provider_customer_id,
                provider_payment_intent_id, provider_invoice_id, amount, amount_captured,
                amount_refunded, currency, status, failure_message
            )
            VALUES (
                $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14
            )
            """
        ),
        update: Statement(
            "charges.update",
            """
            UPDATE charges
            SET
                version = $2, updated_at = $3, provider_invoice_id = $4, amount = $5,
                amount_captured = $6, amount_refunded = $7, currency = $8, status = $9,
                failure_message = $10
            WHERE id = $1
            """
        ),
        move: Statement(
            "charges.move",
            """
            UPDATE charges
            SET
                created_at = $2, provider_customer_id = $3, provider_payment_intent_id = $4
            WHERE id = $1
            """
        ),
        delete: Statement(
            "charges.delete",
            """
            DELETE FROM charges
            WHERE id = $1
            """
        )
    )

    static func values(_ charge: ChargeSnapshot, createdAt: Timestamp) -> [SQLValue] {
        [
            .integer(createdAt.milliseconds),
            .optional(charge.customer?.rawValue),
            .optional(charge.paymentIntent?.rawValue),
            .optional(charge.invoice?.rawValue),
            .integer(charge.amount),
            .integer(charge.amountCaptured),
            .integer(charge.amountRefunded),
            .text(charge.currency),
            .text(charge.status.rawValue),
            .optional(charge.failureMessage),
        ]
    }
}
