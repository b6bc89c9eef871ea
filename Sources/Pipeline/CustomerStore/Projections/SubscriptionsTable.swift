import BillingModel
import Database
import Timing

/// Rows of `subscriptions`: what a subscription says of itself; its derived columns are `SubscriptionFactsQuery`'s.
enum SubscriptionsTable {
    static let table = ProjectionTable(
        name: "subscriptions",
        keyCount: 2,
        kinds: [
            .integer, .text, .text, .integer, .integer, .integer, .integer, .integer, .integer, .integer,
            .integer, .integer, .text, .text, .text, .text, .text, .integer, .text,
        ],
        select: Statement(
            "subscriptions.select",
            """
            SELECT
                version, created_at, provider_customer_id, status, start_date, trial_start, trial_end,
                current_period_start, current_period_end, cancel_at, cancel_at_period_end, canceled_at,
                ended_at, currency, collection_method, default_payment_method, provider_product_id,
                provider_price_id, items_digest, metadata
            FROM subscriptions
            WHERE id = $1
            """
        ),
        insert: Statement(
            "subscriptions.insert",
            """
            INSERT INTO subscriptions (
                id, connection_id, version, updated_at, created_at, provider_customer_id, status,
                start_date, trial_start, trial_end, current_period_start, current_period_end, cancel_at,
                cancel_at_period_end, canceled_at, ended_at, currency, collection_method,
                default_payment_method, provider_product_id, provider_price_id, items_digest, metadata
            )
            VALUES (
                $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
                $20, $21, $22, $23
            )
            """
        ),
        update: Statement(
            "subscriptions.update",
            """
            UPDATE subscriptions
            SET
                version = $2, updated_at = $3, status = $4, start_date = $5, trial_start = $6,
                trial_end = $7, current_period_start = $8, current_period_end = $9, cancel_at = $10,
                cancel_at_period_end = $11, canceled_at = $12, ended_at = $13, currency = $14,
                collection_method = $15, default_payment_method = $16, provider_product_id = $17,
                provider_price_id = $18, items_digest = $19, metadata = $20
            WHERE id = $1
            """
        ),
        move: Statement(
            "subscriptions.move",
            """
            UPDATE subscriptions
            SET
                created_at = $2, provider_customer_id = $3
            WHERE id = $1
            """
        ),
        delete: Statement(
            "subscriptions.delete",
            """
            DELETE FROM subscriptions
            WHERE id = $1
            """
        )
    )

    /// Places in a row's values.
    enum Column {
        static let createdAt = 0
        static let providerCustomerId = 1
        static let status = 2
        static let startDate = 3
        static let trialEnd = 5
        static let providerProductId = 15
        static let providerPriceId = 16
        static let itemsDigest = 17
    }

    static func values(_ subscription: SubscriptionSnapshot, createdAt: Timestamp) -> [SQLValue] {
        [
            .integer(createdAt.milliseconds),
            .optional(subscription.customer?.rawValue),
            .text(subscription.status.rawValue),
            .optional(subscription.startDate?.milliseconds),
            .optional(subscription.trialStart?.milliseconds),
            .optional(subscription.trialEnd?.milliseconds),
            .optional(subscription.currentPeriodStart?.milliseconds),
            .optional(subscription.currentPeriodEnd?.milliseconds),
            .optional(subscription.cancelAt?.milliseconds),
            .boolean(subscription.cancelsAtPeriodEnd),
            .optional(subscription.canceledAt?.milliseconds),
            .optional(subscription.endedAt?.milliseconds),
            .optional(subscription.currency),
            .optional(subscription.collectionMethod),
            .optional(subscription.defaultPaymentMethod?.rawValue),
            .optional(subscription.items.first?.product?.rawValue),
            .optional(subscription.items.first?.price?.rawValue),
            .integer(SubscriptionItemsTable.digest(subscription.items)),
            .optional(MetadataColumn.text(subscription.metadata)),
        ]
    }
}
