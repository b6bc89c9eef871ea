import BillingModel
import Database
import Timing

/// Rows of `products`.
enum ProductsTable {
    static let table = ProjectionTable(
        name: "products",
        keyCount: 1,
        kinds: [
            .integer, .text, .text, .integer, .text, .text, .text,
        ],
        select: Statement(
            "products.select",
            """
            SELECT
                version, created_at, name, description, active, provider_default_price_id, unit_label,
                metadata
            FROM products
            WHERE id = $1
            """
        ),
        insert: Statement(
            "products.insert",
            """
            INSERT INTO products (
                id, connection_id, version, updated_at, created_at, name, description, active,
                provider_default_price_id, unit_label, metadata
            )
            VALUES (
                $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
            )
            """
        ),
        update: Statement(
            "products.update",
            """
            UPDATE products
            SET
                version = $2, updated_at = $3, name = $4, description = $5, active = $6,
                provider_default_price_id = $7, unit_label = $8, metadata = $9
            WHERE id = $1
            """
        ),
        move: Statement(
            "products.move",
            """
            UPDATE products
            SET
                created_at = $2
            WHERE id = $1
            """
        ),
        delete: Statement(
            "products.delete",
            """
            DELETE FROM products
            WHERE id = $1
            """
        )
    )

    static func values(_ product: ProductSnapshot, createdAt: Timestamp) -> [SQLValue] {
        [
            .integer(createdAt.milliseconds),
            .text(product.name),
            .optional(product.details),
            .boolean(product.isActive),
            .optional(product.defaultPrice?.rawValue),
            .optional(product.unitLabel),
            .optional(MetadataColumn.text(product.metadata)),
        ]
    }
}
