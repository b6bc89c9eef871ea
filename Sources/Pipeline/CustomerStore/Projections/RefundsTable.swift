import BillingModel
import Database
import Timing

/// Rows of `refunds`.
enum RefundsTable {
    static let table = ProjectionTable(
        name: "refunds",
        keyCount: 2,
        kinds: [
            .integer, .text, .text, .integer, .text, .text, .text,
        ],
        select: Statement(
            "refunds.select",
            """
            SELECT
                version, created_at, provider_charge_id, provider_payment_intent_id, amount, currency,
                status, reason
            FROM refunds
            WHERE id = $1
            """
        ),
        insert: Statement(
            "refunds.insert",
            """
            INSERT INTO refunds (
                id, connection_id, version, updated_at, created_at, provider_charge_id,
                provider_payment_intent_id, amount, currency, status, reason
            )
            VALUES (
                $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
            )
            """
        ),
        update: Statement(
            "refunds.update",
            """
            UPDATE refunds
            SET
                version = $2, updated_at = $3, provider_payment_intent_id = $4, amount = $5,
                currency = $6, status = $7, reason = $8
            WHERE id = $1
            """
        ),
        move: Statement(
            "refunds.move",
            """
            UPDATE refunds
            SET
                created_at = $2, provider_charge_id = $3
            WHERE id = $1
            """
        ),
        delete: Statement(
            "refunds.delete",
            """
            DELETE FROM refunds
            WHERE id = $1
            """
        )
    )

    /// Places in a row's values.
    enum Column {
        static let providerChargeId = 1
    }

    static func values(_ refund: RefundSnapshot, createdAt: Timestamp) -> [SQLValue] {
        [
            .integer(createdAt.milliseconds),
            .optional(refund.charge?.rawValue),
            .optional(refund.paymentIntent?.rawValue),
            .integer(refund.amount),
            .text(refund.currency),
            .text(refund.status.rawValue),
            .optional(refund.reason),
        ]
    }
}
