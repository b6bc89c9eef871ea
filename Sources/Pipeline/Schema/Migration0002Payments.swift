/// The second migration's tables of payments and revenue.
extension Migration0002CustomerStore {
    static let charges = """
        CREATE TABLE charges (
            id INTEGER PRIMARY KEY,
            connection_id BIGINT NOT NULL,
            version BIGINT NOT NULL,
            updated_at BIGINT NOT NULL,
            created_at BIGINT NOT NULL,
            provider_customer_id TEXT,
            provider_invoice_id TEXT,
            provider_payment_intent_id TEXT,
            amount BIGINT NOT NULL,
            amount_captured BIGINT NOT NULL,
            amount_refunded BIGINT NOT NULL,
            currency TEXT NOT NULL,
            status TEXT NOT NULL,
            failure_message TEXT,
            CONSTRAINT charges_status_known CHECK (\(oneOf("status", "succeeded", "pending", "failed")))
        );
        CREATE INDEX charges_newest ON charges (connection_id, created_at, id);
        CREATE INDEX charges_of_customer ON charges (connection_id, provider_customer_id)
            WHERE provider_customer_id IS NOT NULL;
        CREATE INDEX charges_of_payment_intent ON charges (connection_id, provider_payment_intent_id)
            WHERE provider_payment_intent_id IS NOT NULL;
        """

    static let refunds = """
        CREATE TABLE refunds (
            id INTEGER PRIMARY KEY,
            connection_id BIGINT NOT NULL,
            version BIGINT NOT NULL,
            updated_at BIGINT NOT NULL,
            created_at BIGINT NOT NULL,
            provider_charge_id TEXT,
            provider_payment_intent_id TEXT,
            amount BIGINT NOT NULL,
            currency TEXT NOT NULL,
            status TEXT NOT NULL,
            reason TEXT,
            CONSTRAINT refunds_status_known
                CHECK (\(oneOf("status", "pending", "requires_action", "succeeded", "failed", "canceled")))
        );
        CREATE INDEX refunds_newest ON refunds (connection_id, created_at, id);
        CREATE INDEX refunds_of_charge ON refunds (connection_id, provider_charge_id)
            WHERE provider_charge_id IS NOT NULL;
        """

    static let disputes = """
        CREATE TABLE disputes (
            id INTEGER PRIMARY KEY,
            connection_id BIGINT NOT NULL,
            version BIGINT NOT NULL,
            updated_at BIGINT NOT NULL,
            created_at BIGINT NOT NULL,
            provider_charge_id TEXT,
            provider_payment_intent_id TEXT,
            amount BIGINT NOT NULL,
            currency TEXT NOT NULL,
            status TEXT NOT NULL,
            reason TEXT
        );
        CREATE INDEX disputes_newest ON disputes (connection_id, created_at, id);
        CREATE INDEX disputes_of_charge ON disputes (connection_id, provider_charge_id)
            WHERE provider_charge_id IS NOT NULL;
        """

    // What is known to pay an invoice: a charge or a payment intent named by an invoice or by an
    // invoice_payment. A charge named here, or whose payment intent is, is not a one-off payment.
    static let invoicePaymentReferences = """
        CREATE TABLE invoice_payment_references (
            connection_id BIGINT NOT NULL,
            payment_reference TEXT NOT NULL,
            provider_invoice_id TEXT NOT NULL,
            PRIMARY KEY (connection_id, payment_reference)
        )
        """

    // Set, never incremented: a replay writes the same row again. No row means an amount of zero. Refunds and
    // lost disputes are negative.
    static let revenueEntries = """
        CREATE TABLE revenue_entries (
            connection_id BIGINT NOT NULL,
            kind TEXT NOT NULL,
            provider_ref TEXT NOT NULL,
            provider_customer_id TEXT,
            currency TEXT NOT NULL,
            amount BIGINT NOT NULL,
            occurred_at BIGINT NOT NULL,
            PRIMARY KEY (connection_id, kind, provider_ref),
            CONSTRAINT revenue_entries_kind_known CHECK (\(oneOf("kind", "invoice", "charge", "refund", "dispute")))
        );
        CREATE INDEX revenue_entries_of_customer ON revenue_entries (connection_id, provider_customer_id)
            WHERE provider_customer_id IS NOT NULL;
        """
}
