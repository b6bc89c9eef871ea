import BillingModel
import Database

/// Reads `customers`.
enum CustomersQuery {
    // The columns stand in the order in which `decode` reads them. A customer shows the bond to its contact
    // connection; a deleted provider customer only when none lives there.
    private static let select = """
        SELECT
            c.id, c.version, c.created_at, c.updated_at, c.site, c.live_mode, c.external_id, c.source, c.email,
            c.name, c.phone, c.description, c.language, c.currency, c.balance, c.delinquent,
            c.default_payment_method, m.id, c.metadata, c.status, c.current_subscription_id,
            c.provider_product_id, p.id, c.provider_price_id, r.id, c.is_trial, c.trial_end, c.renewal_number,
            c.subscription_date, c.activation_date, c.delinquency_date, c.lifetime_revenue, c.first_seen,
            c.last_seen, c.archived_at, c.merged_into, k.state, k.object_id, k.provider_customer_id,
            k.connection_id, n.provider, o.freshness, o.updated_at
        FROM customers c
        LEFT JOIN customer_identities k
            ON k.id = (
                SELECT x.id
                FROM customer_identities x
                WHERE x.customer_id = c.id
                    AND x.connection_id = c.contact_connection_id
                ORDER BY CASE WHEN x.state = 'missing' THEN 1 ELSE 0 END, x.id DESC
                LIMIT 1
            )
        LEFT JOIN connections n ON n.id = k.connection_id
        LEFT JOIN objects o ON o.id = k.object_id
        LEFT JOIN subscriptions s ON s.id = c.current_subscription_id
        LEFT JOIN objects m
            ON m.connection_id = c.contact_connection_id
            AND m.object_type = 'payment_method'
            AND m.provider_id = c.default_payment_method
        LEFT JOIN objects p
            ON p.connection_id = s.connection_id
            AND p.object_type = 'product'
            AND p.provider_id = c.provider_product_id
        LEFT JOIN objects r
            ON r.connection_id = s.connection_id
            AND r.object_type = 'price'
            AND r.provider_id = c.provider_price_id
        """

    static let get = Statement(
        "customers.get",
        select + """

            WHERE c.id = $1
                AND c.site = $2
                AND c.live_mode = $3
            """
    )

    static let getByExternalID = Statement(
        "customers.get_by_external_id",
        select + """

            WHERE c.external_id = $1
                AND c.site = $2
                AND c.live_mode = $3
            """
    )

    /// $1 site, $2 live, $3 created after, $4 created before, $5 and $6 the row to start behind, $7 limit, $8
    /// status or NULL.
    static let list = Statement("customers.list", select + listConditions + order)

    /// As `list`, and $9 the key of an e-mail address.
    static let listByEmail = Statement(
        "customers.list_by_email",
        select + listConditions + """

            AND c.email_key = $9
            """ + order
    )

    private static let listConditions = """

        WHERE c.site = $1
            AND c.live_mode = $2
            AND c.archived_at IS NULL
            AND c.created_at > $3
            AND c.created_at < $4
            AND (c.created_at, c.id) < ($5, $6)
            AND ($8 IS NULL OR c.status = $8)
        """

    private static let order = """

        ORDER BY c.created_at DESC, c.id DESC
        LIMIT $7
        """

    static let byProviderID = Statement(
        "customers.by_provider_id",
        """
        SELECT i.customer_id
        FROM connections n
        JOIN customer_identities i ON i.connection_id = n.id
        WHERE n.site = $1
            AND n.mode = $2
            AND i.provider_customer_id = $3
        ORDER BY i.customer_id
        """
    )

    static func decode(_ row: any Row) -> CustomerRecord {
        var row = RowCursor(row)
        let number = row.integer()
        let version = row.integer()
        let createdAt = row.time()
        let updatedAt = row.time()
        return CustomerRecord(
            number: number,
            version: version,
            site: row.text(),
            mode: row.boolean() ? .live : .test,
            externalID: row.optionalText(),
            source: row.text(),
            email: row.optionalText(),
            name: row.optionalText(),
            phone: row.optionalText(),
            details: row.optionalText(),
            language: row.optionalText(),
            currency: row.optionalText(),
            balance: row.integer(),
            isDelinquent: row.boolean(),
            defaultPaymentMethod: row.link(),
            metadata: row.metadata(),
            status: row.word(or: .notSubscribed),
            currentSubscription: row.optionalInteger(),
            product: row.link(),
            price: row.link(),
            isTrial: row.boolean(),
            trialEnd: row.optionalTime(),
            renewalNumber: row.integer(),
            subscriptionDate: row.optionalTime(),
            activationDate: row.optionalTime(),
            delinquencyDate: row.optionalTime(),
            lifetimeRevenue: MoneyColumn.money(row.text()),
            firstSeen: row.time(),
            lastSeen: row.optionalTime(),
            archivedAt: row.optionalTime(),
            mergedInto: row.optionalInteger(),
            createdAt: createdAt,
            updatedAt: updatedAt,
            sync: sync(&row)
        )
    }

    private static func sync(_ row: inout RowCursor) -> SyncRecord {
        let state = row.optionalText()
        var sync = SyncRecord(state: .notMirrored)
        switch state {
        case "linked": sync.state = .synced
        case "pending": sync.state = .pending
        case "missing": sync.state = .missing
        case "conflict": sync.state = .conflict
        default: return sync
        }
        sync.objectNumber = row.optionalInteger()
        sync.providerID = row.id()
        sync.connection = row.optionalInteger().map(ConnectionID.init(rawValue:))
        sync.provider = row.optionalText()
        sync.freshness = row.optionalText().flatMap(Freshness.init(rawValue:))
        sync.lastSyncedAt = row.optionalTime()
        return sync
    }
}
