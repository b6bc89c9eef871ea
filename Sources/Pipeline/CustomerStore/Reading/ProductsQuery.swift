import BillingModel
import Database

/// Reads `products`.
enum ProductsQuery {
    // `columns` stand in the order in which `decode` reads them.
    static let rows = ProjectionQuery<ProductRecord>(
        .product,
        of: "products",
        as: "p",
        columns: """
            p.name, p.description, p.active, p.provider_default_price_id, d.id, p.unit_label, p.metadata
            """,
        links: [.object("price", as: "d", namedBy: "provider_default_price_id")],
        filter: "p.active",
        narrowed: [:],
        decode: decode
    )

    private static func decode(_ row: any Row) -> ProductRecord {
        var row = RowCursor(row)
        let number = row.integer()
        let version = row.integer()
        let createdAt = row.time()
        let updatedAt = row.time()
        return ProductRecord(
            number: number,
            version: version,
            name: row.text(),
            details: row.optionalText(),
            isActive: row.boolean(),
            defaultPrice: row.link(),
            unitLabel: row.optionalText(),
            metadata: row.metadata(),
            createdAt: createdAt,
            updatedAt: updatedAt,
            sync: row.sync(objectNumber: number)
        )
    }
}
