import BillingModel
import Database
import Timing

/// Rows of `disputes`.
enum DisputesTable {
    static let table = ProjectionTable(
        name: "disputes",
        keyCount: 2,
        kinds: [
            .integer, .text, .text, .integer, .text, .text, .text,
        ],
        select: Statement(
            "disputes.select",
            """
            SELECT
                version, created_at, provider_charge_id, provider_payment_intent_id, amount, currency,
                status, reason
            FROM disputes
            WHERE id = $1
            """
        ),
        insert: Statement(
            "disputes.insert",
            """
            INSERT INTO disputes (
                id, connection_id, version, updated_at, created_at, provider_charge_id,
                provider_payment_intent_id, amount, currency, status, reason
            )
            VALUES (
                $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
            )
            """
        ),
        update: Statement(
            "disputes.update",
            """
            UPDATE disputes
            SET
                version = $2, updated_at = $3, provider_payment_intent_id = $4, amount = $5,
                currency = $6, status = $7, reason = $8
            WHERE id = $1
            """
        ),
        move: Statement(
            "disputes.move",
            """
            UPDATE disputes
            SET
                created_at = $2, provider_charge_id = $3
            WHERE id = $1
            """
        ),
        delete: Statement(
            "disputes.delete",
            """
            DELETE FROM disputes
            WHERE id = $1
            """
        )
    )

    /// Places in a row's values.
    enum Column {
        static let providerChargeId = 1
    }

    static func values(_ dispute: DisputeSnapshot, createdAt: Timestamp) -> [SQLValue] {
        [
            .integer(createdAt.milliseconds),
            .optional(dispute.charge?.rawValue),
            .optional(dispute.paymentIntent?.rawValue),
            .integer(dispute.amount),
            .text(dispute.currency),
            .text(dispute.status.rawValue),
            .optional(dispute.reason),
        ]
    }
}
