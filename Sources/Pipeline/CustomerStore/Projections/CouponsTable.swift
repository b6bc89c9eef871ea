import BillingModel
import Database
import Timing

/// Rows of `coupons`.
enum CouponsTable {
    static let table = ProjectionTable(
        name: "coupons",
        keyCount: 1,
        kinds: [
            .integer, .text, .text, .integer, .text, .text, .integer, .integer, .text,
        ],
        select: Statement(
            "coupons.select",
            """
            SELECT
                version, created_at, name, percent_off, amount_off, currency, duration, duration_months,
                is_valid, metadata
            FROM coupons
            WHERE id = $1
            """
        ),
        insert: Statement(
            "coupons.insert",
            """
            INSERT INTO coupons (
                id, connection_id, version, updated_at, created_at, name, percent_off, amount_off,
                currency, duration, duration_months, is_valid, metadata
            )
            VALUES (
                $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
            )
            """
        ),
        update: Statement(
            "coupons.update",
            """
            UPDATE coupons
            SET
                version = $2, updated_at = $3, name = $4, percent_off = $5, amount_off = $6,
                currency = $7, duration = $8, duration_months = $9, is_valid = $10, metadata = $11
            WHERE id = $1
            """
        ),
        move: Statement(
            "coupons.move",
            """
            UPDATE coupons
            SET
                created_at = $2
            WHERE id = $1
            """
        ),
        delete: Statement(
            "coupons.delete",
            """
            DELETE FROM coupons
            WHERE id = $1
            """
        )
    )

    static func values(_ coupon: CouponSnapshot, createdAt: Timestamp) -> [SQLValue] {
        [
            .integer(createdAt.milliseconds),
            .optional(coupon.name),
            .optional(coupon.percentOff),
            .optional(coupon.amountOff),
            .optional(coupon.currency),
            .text(coupon.duration),
            .optional(coupon.durationMonths),
            .boolean(coupon.isValid),
            .optional(MetadataColumn.text(coupon.metadata)),
        ]
    }
}
