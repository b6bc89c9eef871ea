import BillingModel
import Database
import Timing

/// Rows of `discounts`.
enum DiscountsTable {
    static let table = ProjectionTable(
        name: "discounts",
        keyCount: 2,
        kinds: [
            .integer, .text, .text, .text, .text, .integer, .integer,
        ],
        select: Statement(
            "discounts.select",
            """
            SELECT
                version, created_at, provider_customer_id, provider_subscription_id, provider_coupon_id,
                provider_promotion_code_id, start_at, end_at
            FROM discounts
            WHERE id = $1
            """
        ),
        insert: Statement(
            "discounts.insert",
            """
            INSERT INTO discounts (
                id, connection_id, version, updated_at, created_at, provider_customer_id,
                provider_subscription_id, provider_coupon_id, provider_promotion_code_id, start_at,
                end_at
            )
            VALUES (
                $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
            )
            """
        ),
        update: Statement(
            "discounts.update",
            """
            UPDATE discounts
            SET
                version = $2, updated_at = $3, provider_subscription_id = $4, provider_coupon_id = $5,
                provider_promotion_code_id = $6, start_at = $7, end_at = $8
            WHERE id = $1
            """
        ),
        move: Statement(
            "discounts.move",
            """
            UPDATE discounts
            SET
                created_at = $2, provider_customer_id = $3
            WHERE id = $1
            """
        ),
        delete: Statement(
            "discounts.delete",
            """
            DELETE FROM discounts
            WHERE id = $1
            """
        )
    )

    static func values(_ discount: DiscountSnapshot, createdAt: Timestamp) -> [SQLValue] {
        [
            .integer(createdAt.milliseconds),
            .optional(discount.customer?.rawValue),
            .optional(discount.subscription?.rawValue),
            .optional(discount.coupon?.rawValue),
            .optional(discount.promotionCode?.rawValue),
            .optional(discount.start?.milliseconds),
            .optional(discount.end?.milliseconds),
        ]
    }
}
