package import BillingModel
package import Database
package import Timing

/// A local customer as whoever writes it has to know it.
package struct LocalCustomer: Sendable, Hashable {
    package let number: Int64
    package let version: Int64
    package let externalID: String?
    /// Made by the application, not by an event.
    package let isOurs: Bool
    package let isArchived: Bool
    /// What a creation at a provider would send, as an operation's JSON; nil when it is not kept.
    package let draft: [UInt8]?
}

/// The columns that the application fills while no provider's customer does.
package struct LocalContact: Sendable, Hashable {
    package var email: String?
    package var name: String?
    package var phone: String?
    package var details: String?
    package var language: String?
    package var metadata = Metadata()

    package init() {}
}

/// A living customer of a provider that is this local one.
package struct ProviderLink: Sendable, Hashable {
    package let connection: ConnectionID
    package let provider: ProviderID
    /// Row of `objects`; nil until the object arrived.
    package let object: Int64?
}

/// Customers as the application writes them; what providers say of them is `StoreUpdate`'s.
package enum LocalCustomersTable {
    private static let columns = "id, version, external_id, source, archived_at, draft"

    private static let insert = Statement(
        "customers.insert_local",
        """
        INSERT INTO customers
            (site, live_mode, created_at, first_seen, version, updated_at, source, external_id)
        VALUES ($1, $2, $3, $3, 1, $3, 'api', $4)
        """
    )
    private static let get = Statement(
        "customers.local",
        """
        SELECT \(columns)
        FROM customers
        WHERE id = $1
            AND site = $2
            AND live_mode = $3
            AND merged_into IS NULL
        """
    )
    private static let getByExternalID = Statement(
        "customers.local_by_external_id",
        """
        SELECT \(columns)
        FROM customers
        WHERE external_id = $1
            AND site = $2
            AND live_mode = $3
        """
    )
    private static let getByEmail = Statement(
        "customers.local_by_email",
        """
        SELECT \(columns)
        FROM customers
        WHERE email_key = $1
            AND site = $2
            AND live_mode = $3
            AND archived_at IS NULL
            AND (source = 'api' OR external_id IS NOT NULL)
        ORDER BY id
        """
    )
    private static let setContact = Statement(
        "customers.set_local_contact",
        """
        UPDATE customers
        SET email = $2, name = $3, phone = $4, description = $5, language = $6, metadata = $7, email_key = $8,
            draft = $9
        WHERE id = $1
        """
    )
    private static let setEmailKey = Statement(
        "customers.set_local_email_key",
        "UPDATE customers SET email_key = $2, draft = NULL WHERE id = $1"
    )
    private static let setExternalID = Statement(
        "customers.set_external_id",
        "UPDATE customers SET external_id = $2 WHERE id = $1"
    )
    private static let touch = Statement(
        "customers.touch",
        "UPDATE customers SET version = version + 1, updated_at = $2 WHERE id = $1"
    )
    private static let archive = Statement(
        "customers.archive",
        """
        UPDATE customers
        SET archived_at = $2, updated_at = $2, version = version + 1, draft = NULL
        WHERE id = $1
            AND archived_at IS NULL
        """
    )
    private static let selectLinks = Statement(
        "customer_identities.living",
        """
        SELECT connection_id, provider_customer_id, object_id
        FROM customer_identities
        WHERE customer_id = $1
            AND state IN ('linked', 'pending')
        ORDER BY connection_id, id
        """
    )
    private static let selectSubscriptions = Statement(
        "subscriptions.to_cancel",
        """
        SELECT o.connection_id, o.provider_id, o.id
        FROM customer_identities i
        JOIN subscriptions s
            ON s.connection_id = i.connection_id
            AND s.provider_customer_id = i.provider_customer_id
        JOIN objects o ON o.id = s.id
        WHERE i.customer_id = $1
            AND s.status NOT IN ('canceled', 'expired')
            AND o.state = 'live'
        ORDER BY o.id
        """
    )
    private static let selectSessions = Statement(
        "checkout_sessions.to_expire",
        """
        SELECT o.connection_id, o.provider_id, o.id
        FROM customer_identities i
        JOIN checkout_sessions c
            ON c.connection_id = i.connection_id
            AND c.provider_customer_id = i.provider_customer_id
        JOIN objects o ON o.id = c.id
        WHERE i.customer_id = $1
            AND c.status = 'open'
            AND o.state = 'live'
        ORDER BY o.id
        """
    )

    /// Makes a customer without any contact; returns its number.
    package static func create(
        externalID: String?,
        in scope: DataScope,
        now: Timestamp,
        _ transaction: any WriteTransaction
    ) throws(DatabaseError) -> Int64 {
        try transaction.insert(
            insert,
            [
                .text(scope.site), .boolean(scope.mode.isLive), .integer(now.milliseconds),
                .optional(externalID),
            ]
        )
    }

    /// Nil when it is of another scope, or another customer took its place.
    package static func get(
        _ number: Int64,
        in scope: DataScope,
        _ transaction: any ReadTransaction
    ) throws(DatabaseError) -> LocalCustomer? {
        let values: [SQLValue] = [.integer(number), .text(scope.site), .boolean(scope.mode.isLive)]
        return try transaction.first(get, values, customer)
    }

    /// An archived customer keeps its external id.
    package static func get(
        externalID: String,
        in scope: DataScope,
        _ transaction: any ReadTransaction
    ) throws(DatabaseError) -> LocalCustomer? {
        let values: [SQLValue] = [.text(externalID), .text(scope.site), .boolean(scope.mode.isLive)]
        return try transaction.first(getByExternalID, values, customer)
    }

    /// Those that the application made or named. One that only events told of does not count: anybody can type an
    /// address into a payment page.
    package static func customers(
        withEmail email: String,
        in scope: DataScope,
        _ transaction: any ReadTransaction
    ) throws(DatabaseError) -> [LocalCustomer] {
        guard let key = EmailKey.make(email) else { return [] }
        return try transaction.rows(
            getByEmail,
            [.text(key), .text(scope.site), .boolean(scope.mode.isLive)],
            customer
        )
    }

    /// For a customer whose contact columns no provider fills.
    package static func setContact(
        _ contact: LocalContact,
        draft: [UInt8],
        of customer: Int64,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        try transaction.execute(
            setContact,
            [
                .integer(customer), .optional(contact.email), .optional(contact.name),
                .optional(contact.phone),
                .optional(contact.details), .optional(contact.language),
                .optional(MetadataColumn.text(contact.metadata)),
                .optional(contact.email.flatMap(EmailKey.make)), .bytes(draft),
            ]
        )
    }

    /// For a customer whose contact columns a provider fills: the address by which it is found, ahead of the provider.
    package static func setEmailKey(
        _ email: String?,
        of customer: Int64,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        try transaction.execute(
            setEmailKey,
            [.integer(customer), .optional(email.flatMap(EmailKey.make))]
        )
    }

    package static func setExternalID(
        _ externalID: String,
        of customer: Int64,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        try transaction.execute(setExternalID, [.integer(customer), .text(externalID)])
    }

    /// One step of the version, for whatever the application changed.
    package static func touch(
        _ customer: Int64,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        try transaction.execute(touch, [.integer(customer), .integer(now.milliseconds)])
    }

    package static func archive(
        _ customer: Int64,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        try transaction.execute(archive, [.integer(customer), .integer(now.milliseconds)])
    }

    package static func links(
        of customer: Int64,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [ProviderLink] {
        try transaction.rows(selectLinks, [.integer(customer)], link)
    }

    /// Subscriptions of the customer that have not ended.
    package static func subscriptions(
        of customer: Int64,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [ProviderLink] {
        try transaction.rows(selectSubscriptions, [.integer(customer)], link)
    }

    /// Checkout sessions of the customer that somebody could still pay.
    package static func openSessions(
        of customer: Int64,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [ProviderLink] {
        try transaction.rows(selectSessions, [.integer(customer)], link)
    }

    private static func link(_ row: any Row) -> ProviderLink {
        ProviderLink(
            connection: ConnectionID(rawValue: row.integer(0)),
            provider: ProviderID(row.text(1)),
            object: row.optionalInteger(2)
        )
    }

    private static func customer(_ row: any Row) -> LocalCustomer {
        LocalCustomer(
            number: row.integer(0),
            version: row.integer(1),
            externalID: row.optionalText(2),
            isOurs: row.text(3) == "api",
            isArchived: !row.isNull(4),
            draft: row.isNull(5) ? nil : row.bytes(5)
        )
    }
}
