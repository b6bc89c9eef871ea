import BillingModel
import Database
import Timing

/// Rows of `payment_methods`.
enum PaymentMethodsTable {
    static let table = ProjectionTable(
        name: "payment_methods",
        keyCount: 2,
        kinds: [
            .integer, .text, .text, .text, .text, .integer, .integer,
        ],
        select: Statement(
            "payment_methods.select",
            """
            SELECT
                version, created_at, provider_customer_id, type, brand, last4, expiry_month, expiry_year
            FROM payment_methods
            WHERE id = $1
            """
        ),
        insert: Statement(
            "payment_methods.insert",
            """
            INSERT INTO payment_methods (
                id, connection_id, version, updated_at, created_at, provider_customer_id, type, brand,
                last4, expiry_month, expiry_year
            )
            VALUES (
                $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
            )
            """
        ),
        update: Statement(
            "payment_methods.update",
            """
            UPDATE payment_methods
            SET
                version = $2, updated_at = $3, type = $4, brand = $5, last4 = $6, expiry_month = $7,
                expiry_year = $8
            WHERE id = $1
            """
        ),
        move: Statement(
            "payment_methods.move",
            """
            UPDATE payment_methods
            SET
                created_at = $2, provider_customer_id = $3
            WHERE id = $1
            """
        ),
        delete: Statement(
            "payment_methods.delete",
            """
            DELETE FROM payment_methods
            WHERE id = $1
            """
        )
    )

    static func values(_ method: PaymentMethodSnapshot, createdAt: Timestamp) -> [SQLValue] {
        [
            .integer(createdAt.milliseconds),
            .optional(method.customer?.rawValue),
            .text(method.type),
            .optional(method.brand),
            .optional(method.last4),
            .optional(method.expiryMonth),
            .optional(method.expiryYear),
        ]
    }
}
