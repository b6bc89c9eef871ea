import BillingModel
import Database

/// Reads `prices`.
enum PricesQuery {
    // `columns` stand in the order in which `decode` reads them.
    static let rows = ProjectionQuery<PriceRecord>(
        .price,
        of: "prices",
        as: "p",
        columns: """
            p.provider_product_id, d.id, p.currency, p.unit_amount, p.unit_amount_decimal,
            p.is_recurring, p.billing_interval, p.interval_count, p.is_metered, p.is_tiered, p.nickname,
            p.lookup_key, p.active, p.metadata
            """,
        links: [.object("product", as: "d", namedBy: "provider_product_id")],
        filter: "p.active",
        narrowed: [.product: "provider_product_id"],
        decode: decode
    )

    private static func decode(_ row: any Row) -> PriceRecord {
        var row = RowCursor(row)
        let number = row.integer()
        let version = row.integer()
        let createdAt = row.time()
        let updatedAt = row.time()
        return PriceRecord(
            number: number,
            version: version,
            product: row.link(),
            currency: row.text(),
            unitAmount: row.optionalInteger(),
            unitAmountDecimal: row.optionalText(),
            isRecurring: row.boolean(),
            interval: row.optionalText(),
            intervalCount: row.optionalInteger(),
            isMetered: row.boolean(),
            isTiered: row.boolean(),
            nickname: row.optionalText(),
            lookupKey: row.optionalText(),
            isActive: row.boolean(),
            metadata: row.metadata(),
            createdAt: createdAt,
            updatedAt: updatedAt,
            sync: row.sync(objectNumber: number)
        )
    }
}
