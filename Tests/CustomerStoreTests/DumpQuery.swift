import Database

/// The whole store as comparable lines.
enum DumpQuery {
    static let statements: [Statement] = [
        dump(
            "customers",
            """
            SELECT json_array(
                (SELECT group_concat(connection_id || '/' || provider_customer_id || '/' || state)
                    FROM customer_identities i WHERE i.customer_id = c.id),
                site, live_mode, created_at, external_id, source, contact_connection_id, email, email_key, name,
                phone, description, language, currency, balance, delinquent, default_payment_method, metadata,
                status, (SELECT provider_id FROM objects o WHERE o.id = c.current_subscription_id),
                provider_product_id, provider_price_id, is_trial, trial_end, renewal_number, subscription_date,
                activation_date, delinquency_date, lifetime_revenue, first_seen, last_seen)
            FROM customers c
            """
        ),
        dump(
            "subscriptions",
            """
            SELECT json_array(
                o.connection_id, o.provider_id, s.created_at, provider_customer_id, status, start_date,
                trial_start, trial_end, current_period_start, current_period_end, cancel_at,
                cancel_at_period_end, canceled_at, ended_at, currency, collection_method,
                default_payment_method, provider_product_id, provider_price_id, items_digest, metadata,
                payment_collection, renewal_number,
                (SELECT provider_id FROM objects n WHERE n.id = s.latest_invoice_id))
            FROM subscriptions s
            JOIN objects o ON o.id = s.id
            """
        ),
        dump(
            "subscription_items",
            """
            SELECT json_array(
                o.provider_id, position, provider_item_id, provider_price_id, provider_product_id, quantity,
                unit_amount, currency, billing_interval, interval_count, is_metered, current_period_start,
                current_period_end)
            FROM subscription_items i
            JOIN objects o ON o.id = i.subscription_id
            """
        ),
        dump(
            "invoices",
            """
            SELECT json_array(
                o.connection_id, o.provider_id, i.created_at, provider_customer_id, provider_subscription_id,
                number, status, billing_reason, currency, subtotal, total, amount_due, amount_paid,
                amount_remaining, attempt_count, attempted, period_start, period_end, due_date, finalized_at,
                paid_at, next_payment_attempt, payment_url, requires_action, error_message,
                action_required_attempt)
            FROM invoices i
            JOIN objects o ON o.id = i.id
            """
        ),
        dump(
            "revenue_entries",
            """
            SELECT json_array(connection_id, kind, provider_ref, provider_customer_id, currency, amount)
            FROM revenue_entries
            """
        ),
    ]

    private static func dump(_ name: String, _ sql: String) -> Statement { Statement(name, sql) }
}
