import BillingModel
import Database
import Timing

/// Rows of `prices`.
enum PricesTable {
    static let table = ProjectionTable(
        name: "prices",
        keyCount: 1,
        kinds: [
            .integer, .text, .text, .integer, .text, .integer, .text, .integer, .integer, .integer, .text,
            .text, .integer, .text,
        ],
        select: Statement(
            "prices.select",
            """
            SELECT
                version, created_at, provider_product_id, currency, unit_amount, unit_amount_decimal,
                is_recurring, billing_interval, interval_count, is_metered, is_tiered, nickname,
                lookup_key, active, metadata
            FROM prices
            WHERE id = $1
            """
        ),
        insert: Statement(
            "prices.insert",
            """
            INSERT INTO prices (
                id, connection_id, version, updated_at, created_at, provider_product_id, currency,
                unit_amount, unit_amount_decimal, is_recurring, billing_interval, interval_count,
                is_metered, is_tiered, nickname, lookup_key, active, metadata
            )
            VALUES (
                $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18
            )
            """
        ),
        update: Statement(
            "prices.update",
            """
            UPDATE prices
            SET
                version = $2, updated_at = $3, provider_product_id = $4, currency = $5,
                unit_amount = $6, unit_amount_decimal = $7, is_recurring = $8, billing_interval = $9,
                interval_count = $10, is_metered = $11, is_tiered = $12, nickname = $13,
                lookup_key = $14, active = $15, metadata = $16
            WHERE id = $1
            """
        ),
        move: Statement(
            "prices.move",
            """
            UPDATE prices
            SET
                created_at = $2
            WHERE id = $1
            """
        ),
        delete: Statement(
            "prices.delete",
            """
            DELETE FROM prices
            WHERE id = $1
            """
        )
    )

    static func values(_ price: PriceSnapshot, createdAt: Timestamp) -> [SQLValue] {
        [
            .integer(createdAt.milliseconds),
            .optional(price.product?.rawValue),
            .text(price.currency),
            .optional(price.unitAmount),
            .optional(price.unitAmountDecimal),
            .boolean(price.isRecurring),
            .optional(price.interval),
            .optional(price.intervalCount),
            .boolean(price.isMetered),
            .boolean(price.isTiered),
            .optional(price.nickname),
            .optional(price.lookupKey),
            .boolean(price.isActive),
            .optional(MetadataColumn.text(price.metadata)),
        ]
    }
}
