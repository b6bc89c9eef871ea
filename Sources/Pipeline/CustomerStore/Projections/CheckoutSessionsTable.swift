import BillingModel
import Database
import Timing

/// Rows of `checkout_sessions`. Column delayed_payment_failed is no snapshot's: `ObjectNotesTable` writes it.
enum CheckoutSessionsTable {
    static let table = ProjectionTable(
        name: "checkout_sessions",
        keyCount: 2,
        kinds: [
            .integer, .text, .text, .text, .text, .text, .text, .integer, .text, .text, .text, .integer,
            .text,
        ],
        select: Statement(
            "checkout_sessions.select",
            """
            SELECT
                version, created_at, provider_customer_id, provider_subscription_id,
                provider_invoice_id, mode, status, payment_status, amount_total, currency, url,
                client_reference, expires_at, metadata
            FROM checkout_sessions
            WHERE id = $1
            """
        ),
        insert: Statement(
            "checkout_sessions.insert",
            """
            INSERT INTO checkout_sessions (
                id, connection_id, version, updated_at, created_at, provider_customer_id,
                provider_subscription_id, provider_invoice_id, mode, status, payment_status,
                amount_total, currency, url, client_reference, expires_at, metadata
            )
            VALUES (
                $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17
            )
            """
        ),
        update: Statement(
            "checkout_sessions.update",
            """
            UPDATE checkout_sessions
            SET
                version = $2, updated_at = $3, provider_subscription_id = $4, provider_invoice_id = $5,
                mode = $6, status = $7, payment_status = $8, amount_total = $9, currency = $10,
                url = $11, client_reference = $12, expires_at = $13, metadata = $14
            WHERE id = $1
            """
        ),
        move: Statement(
            "checkout_sessions.move",
            """
            UPDATE checkout_sessions
            SET
                created_at = $2, provider_customer_id = $3
            WHERE id = $1
            """
        ),
        delete: Statement(
            "checkout_sessions.delete",
            """
            DELETE FROM checkout_sessions
            WHERE id = $1
            """
        )
    )

    static func values(_ session: CheckoutSessionSnapshot, createdAt: Timestamp) -> [SQLValue] {
        [
            .integer(createdAt.milliseconds),
            .optional(session.customer?.rawValue),
            .optional(session.subscription?.rawValue),
            .optional(session.invoice?.rawValue),
            .text(session.mode),
            .text(session.status.rawValue),
            .text(session.paymentStatus),
            .optional(session.amountTotal),
            .optional(session.currency),
            .optional(session.url),
            .optional(session.clientReference),
            .optional(session.expiresAt?.milliseconds),
            .optional(MetadataColumn.text(session.metadata)),
        ]
    }
}
