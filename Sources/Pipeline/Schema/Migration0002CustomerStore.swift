import Database

/// Customers, the typed projections of provider objects, and the revenue ledger.
///
/// A typed row has its object's number (`objects.id`) as its own; other objects are named by provider id, to
/// be met by (connection_id, provider id), because they may arrive later. No provider JSON here: it is read
/// through `objects.state_event_id`. Times are milliseconds since 1970 UTC, money is in minor units.
enum Migration0002CustomerStore {
    static let migration = Migration(
        number: 2,
        name: "customer_store",
        statements: [
            customers, customerIdentities, subscriptions, subscriptionItems, products, prices, coupons,
            discounts,
            invoices, checkoutSessions, paymentMethods, charges, refunds, disputes, invoicePaymentReferences,
            revenueEntries,
        ]
    )

    // Local customers. contact_connection_id is the connection whose customer fills the contact columns: the
    // lowest of the linked ones; NULL when none is linked. lifetime_revenue is JSON, {"usd":2900}.
    private static let customers = """
        CREATE TABLE customers (
            id INTEGER PRIMARY KEY,
            site TEXT NOT NULL,
            live_mode BIGINT NOT NULL,
            created_at BIGINT NOT NULL,
            version BIGINT NOT NULL,
            updated_at BIGINT NOT NULL,
            external_id TEXT,
            source TEXT NOT NULL,
            contact_connection_id BIGINT,
            email TEXT,
            email_key TEXT,
            name TEXT,
            phone TEXT,
            description TEXT,
            language TEXT,
            currency TEXT,
            balance BIGINT NOT NULL DEFAULT 0,
            delinquent BIGINT NOT NULL DEFAULT 0,
            default_payment_method TEXT,
            metadata TEXT,
            status TEXT NOT NULL DEFAULT 'not_subscribed',
            current_subscription_id BIGINT,
            provider_product_id TEXT,
            provider_price_id TEXT,
            is_trial BIGINT NOT NULL DEFAULT 0,
            trial_end BIGINT,
            renewal_number BIGINT NOT NULL DEFAULT 0,
            subscription_date BIGINT,
            activation_date BIGINT,
            delinquency_date BIGINT,
            lifetime_revenue TEXT NOT NULL DEFAULT '{}',
            first_seen BIGINT NOT NULL,
            last_seen BIGINT,
            archived_at BIGINT,
            merged_into BIGINT,
            CONSTRAINT customers_source_known
                CHECK (\(oneOf("source", "api", "auto", "dashboard", "provider", "import"))),
            CONSTRAINT customers_status_known
                CHECK (\(oneOf("status", "not_subscribed", "sandbox", "payment_pending", "in_trial", "active", "past_due", "canceled")))
        );
        CREATE INDEX customers_newest ON customers (site, live_mode, created_at, id);
        CREATE INDEX customers_by_email ON customers (site, live_mode, email_key) WHERE email_key IS NOT NULL;
        CREATE UNIQUE INDEX customers_by_external_id ON customers (site, live_mode, external_id)
            WHERE external_id IS NOT NULL;
        """

    // Which local customer a provider's customer is. object_id is NULL until an event brought the object.
    private static let customerIdentities = """
        CREATE TABLE customer_identities (
            id INTEGER PRIMARY KEY,
            connection_id BIGINT NOT NULL,
            provider_customer_id TEXT NOT NULL,
            customer_id BIGINT NOT NULL,
            object_id BIGINT,
            state TEXT NOT NULL,
            CONSTRAINT customer_identities_state_known
                CHECK (\(oneOf("state", "linked", "pending", "missing", "conflict")))
        );
        CREATE UNIQUE INDEX customer_identities_by_provider_customer
            ON customer_identities (connection_id, provider_customer_id);
        CREATE INDEX customer_identities_of_customer ON customer_identities (customer_id);
        """

    // items_digest tells whether the items differ without reading them. The columns from payment_collection on
    // are derived from the invoices that are known.
    private static let subscriptions = """
        CREATE TABLE subscriptions (
            id INTEGER PRIMARY KEY,
            connection_id BIGINT NOT NULL,
            version BIGINT NOT NULL,
            updated_at BIGINT NOT NULL,
            created_at BIGINT NOT NULL,
            provider_customer_id TEXT,
            status TEXT NOT NULL,
            start_date BIGINT,
            trial_start BIGINT,
            trial_end BIGINT,
            current_period_start BIGINT,
            current_period_end BIGINT,
            cancel_at BIGINT,
            cancel_at_period_end BIGINT NOT NULL,
            canceled_at BIGINT,
            ended_at BIGINT,
            currency TEXT,
            collection_method TEXT,
            default_payment_method TEXT,
            provider_product_id TEXT,
            provider_price_id TEXT,
            items_digest BIGINT NOT NULL,
            metadata TEXT,
            payment_collection TEXT NOT NULL DEFAULT 'not_required',
            latest_invoice_id BIGINT,
            renewal_number BIGINT NOT NULL DEFAULT 0,
            CONSTRAINT subscriptions_status_known
                CHECK (\(oneOf("status", "not_started", "payment_pending", "in_trial", "active", "past_due", "unpaid", "paused", "canceled", "expired"))),
            CONSTRAINT subscriptions_payment_collection_known
                CHECK (\(oneOf("payment_collection", "not_required", "processing", "action_required", "failed")))
        );
        CREATE INDEX subscriptions_newest ON subscriptions (connection_id, created_at, id);
        CREATE INDEX subscriptions_of_customer ON subscriptions (connection_id, provider_customer_id);
        """

    private static let subscriptionItems = """
        CREATE TABLE subscription_items (
            id INTEGER PRIMARY KEY,
            subscription_id BIGINT NOT NULL,
            position BIGINT NOT NULL,
            provider_item_id TEXT NOT NULL,
            provider_price_id TEXT,
            provider_product_id TEXT,
            quantity BIGINT,
            unit_amount BIGINT,
            currency TEXT,
            billing_interval TEXT,
            interval_count BIGINT,
            is_metered BIGINT NOT NULL,
            current_period_start BIGINT,
            current_period_end BIGINT
        );
        CREATE INDEX subscription_items_of_subscription ON subscription_items (subscription_id);
        """

    private static let products = """
        CREATE TABLE products (
            id INTEGER PRIMARY KEY,
            connection_id BIGINT NOT NULL,
            version BIGINT NOT NULL,
            updated_at BIGINT NOT NULL,
            created_at BIGINT NOT NULL,
            name TEXT NOT NULL,
            description TEXT,
            active BIGINT NOT NULL,
            provider_default_price_id TEXT,
            unit_label TEXT,
            metadata TEXT
        );
        CREATE INDEX products_newest ON products (connection_id, created_at, id);
        """

    private static let prices = """
        CREATE TABLE prices (
            id INTEGER PRIMARY KEY,
            connection_id BIGINT NOT NULL,
            version BIGINT NOT NULL,
            updated_at BIGINT NOT NULL,
            created_at BIGINT NOT NULL,
            provider_product_id TEXT,
            currency TEXT NOT NULL,
            unit_amount BIGINT,
            unit_amount_decimal TEXT,
            is_recurring BIGINT NOT NULL,
            billing_interval TEXT,
            interval_count BIGINT,
            is_metered BIGINT NOT NULL,
            is_tiered BIGINT NOT NULL,
            nickname TEXT,
            lookup_key TEXT,
            active BIGINT NOT NULL,
            metadata TEXT
        );
        CREATE INDEX prices_newest ON prices (connection_id, created_at, id);
        """

    private static let coupons = """
        CREATE TABLE coupons (
            id INTEGER PRIMARY KEY,
            connection_id BIGINT NOT NULL,
            version BIGINT NOT NULL,
            updated_at BIGINT NOT NULL,
            created_at BIGINT NOT NULL,
            name TEXT,
            percent_off TEXT,
            amount_off BIGINT,
            currency TEXT,
            duration TEXT NOT NULL,
            duration_months BIGINT,
            is_valid BIGINT NOT NULL,
            metadata TEXT
        )
        """

    private static let discounts = """
        CREATE TABLE discounts (
            id INTEGER PRIMARY KEY,
            connection_id BIGINT NOT NULL,
            version BIGINT NOT NULL,
            updated_at BIGINT NOT NULL,
            created_at BIGINT NOT NULL,
            provider_customer_id TEXT,
            provider_subscription_id TEXT,
            provider_coupon_id TEXT,
            provider_promotion_code_id TEXT,
            start_at BIGINT,
            end_at BIGINT
        );
        CREATE INDEX discounts_of_customer ON discounts (connection_id, provider_customer_id);
        """

    // action_required_attempt: the latest attempt_count of which an event told that the customer must
    // authenticate; NULL when none did. Kept when later snapshots forget it.
    private static let invoices = """
        CREATE TABLE invoices (
            id INTEGER PRIMARY KEY,
            connection_id BIGINT NOT NULL,
            version BIGINT NOT NULL,
            updated_at BIGINT NOT NULL,
            created_at BIGINT NOT NULL,
            provider_customer_id TEXT,
            provider_subscription_id TEXT,
            number TEXT,
            status TEXT NOT NULL,
            billing_reason TEXT,
            currency TEXT NOT NULL,
            subtotal BIGINT NOT NULL,
            total BIGINT NOT NULL,
            amount_due BIGINT NOT NULL,
            amount_paid BIGINT NOT NULL,
            amount_remaining BIGINT NOT NULL,
            attempt_count BIGINT NOT NULL,
            attempted BIGINT NOT NULL,
            period_start BIGINT,
            period_end BIGINT,
            due_date BIGINT,
            finalized_at BIGINT,
            paid_at BIGINT,
            next_payment_attempt BIGINT,
            payment_url TEXT,
            requires_action BIGINT NOT NULL,
            error_message TEXT,
            action_required_attempt BIGINT,
            CONSTRAINT invoices_status_known
                CHECK (\(oneOf("status", "draft", "open", "paid", "canceled", "uncollectible")))
        );
        CREATE INDEX invoices_newest ON invoices (connection_id, created_at, id);
        CREATE INDEX invoices_of_customer ON invoices (connection_id, provider_customer_id);
        CREATE INDEX invoices_of_subscription
            ON invoices (connection_id, provider_subscription_id, created_at)
            WHERE provider_subscription_id IS NOT NULL;
        """

    private static let checkoutSessions = """
        CREATE TABLE checkout_sessions (
            id INTEGER PRIMARY KEY,
            connection_id BIGINT NOT NULL,
            version BIGINT NOT NULL,
            updated_at BIGINT NOT NULL,
            created_at BIGINT NOT NULL,
            provider_customer_id TEXT,
            provider_subscription_id TEXT,
            provider_invoice_id TEXT,
            mode TEXT NOT NULL,
            status TEXT NOT NULL,
            payment_status TEXT NOT NULL,
            amount_total BIGINT,
            currency TEXT,
            url TEXT,
            client_reference TEXT,
            expires_at BIGINT,
            metadata TEXT,
            delayed_payment_failed BIGINT NOT NULL DEFAULT 0,
            CONSTRAINT checkout_sessions_status_known CHECK (\(oneOf("status", "open", "complete", "expired")))
        );
        CREATE INDEX checkout_sessions_newest ON checkout_sessions (connection_id, created_at, id);
        CREATE INDEX checkout_sessions_of_customer ON checkout_sessions (connection_id, provider_customer_id)
            WHERE provider_customer_id IS NOT NULL;
        """

    private static let paymentMethods = """
        CREATE TABLE payment_methods (
            id INTEGER PRIMARY KEY,
            connection_id BIGINT NOT NULL,
            version BIGINT NOT NULL,
            updated_at BIGINT NOT NULL,
            created_at BIGINT NOT NULL,
            provider_customer_id TEXT,
            type TEXT NOT NULL,
            brand TEXT,
            last4 TEXT,
            expiry_month BIGINT,
            expiry_year BIGINT
        );
        CREATE INDEX payment_methods_newest ON payment_methods (connection_id, created_at, id);
        CREATE INDEX payment_methods_of_customer ON payment_methods (connection_id, provider_customer_id)
            WHERE provider_customer_id IS NOT NULL;
        """
}
