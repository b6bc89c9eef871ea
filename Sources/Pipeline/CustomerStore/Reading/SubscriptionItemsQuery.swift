import BillingModel
import Database

/// Reads `subscription_items`.
enum SubscriptionItemsQuery {
    static func items(
        ofSubscription subscription: Int64,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [SubscriptionItemRecord] {
        try transaction.rows(select, [.integer(subscription)]) { row in
            var row = RowCursor(row)
            return SubscriptionItemRecord(
                number: row.integer(),
                providerID: ProviderID(row.text()),
                price: row.link(),
                product: row.link(),
                quantity: row.optionalInteger(),
                unitAmount: row.optionalInteger(),
                currency: row.optionalText(),
                interval: row.optionalText(),
                intervalCount: row.optionalInteger(),
                isMetered: row.boolean(),
                currentPeriodStart: row.optionalTime(),
                currentPeriodEnd: row.optionalTime()
            )
        }
    }

    private static let select = Statement(
        "subscription_items.of_subscription",
        """
        SELECT
            i.id, i.provider_item_id, i.provider_price_id, r.id, i.provider_product_id, p.id, i.quantity,
            i.unit_amount, i.currency, i.billing_interval, i.interval_count, i.is_metered,
            i.current_period_start, i.current_period_end
        FROM subscription_items i
        JOIN subscriptions s ON s.id = i.subscription_id
        LEFT JOIN objects r
            ON r.connection_id = s.connection_id
            AND r.object_type = 'price'
            AND r.provider_id = i.provider_price_id
        LEFT JOIN objects p
            ON p.connection_id = s.connection_id
            AND p.object_type = 'product'
            AND p.provider_id = i.provider_product_id
        WHERE i.subscription_id = $1
        ORDER BY i.position, i.id
        """
    )
}
