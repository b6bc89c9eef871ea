import BillingModel
import Database

/// Reads `payment_methods`.
enum PaymentMethodsQuery {
    // `columns` stand in the order in which `decode` reads them.
    static let rows = ProjectionQuery<PaymentMethodRecord>(
        .paymentMethod,
        of: "payment_methods",
        as: "p",
        columns: """
            k.customer_id, p.type, p.brand, p.last4, p.expiry_month, p.expiry_year
            """,
        links: [.customer],
        filter: nil,
        narrowed: [.customer: "provider_customer_id"],
        decode: decode
    )

    private static func decode(_ row: any Row) -> PaymentMethodRecord {
        var row = RowCursor(row)
        let number = row.integer()
        let version = row.integer()
        let createdAt = row.time()
        let updatedAt = row.time()
        return PaymentMethodRecord(
            number: number,
            version: version,
            customer: row.optionalInteger(),
            type: row.text(),
            brand: row.optionalText(),
            last4: row.optionalText(),
            expiryMonth: row.optionalInteger(),
            expiryYear: row.optionalInteger(),
            createdAt: createdAt,
            updatedAt: updatedAt,
            sync: row.sync(objectNumber: number)
        )
    }
}
