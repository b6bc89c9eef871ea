import BillingModel
import Database
import Timing

/// A local customer as the provider's customer that is linked to it finds it.
struct LinkedCustomer {
    let identity: Int64
    let identityState: String
    let object: Int64?
    let customer: Int64
    let version: Int64
    let contactConnection: ConnectionID?
    /// Made by an event and claimed by nobody: it may give way to the customer that the application names.
    let isUnclaimed: Bool
    let contact: CustomerContact

    /// The provider deleted its customer.
    var isGone: Bool { identityState == CustomerIdentitiesTable.State.missing.rawValue }
}

/// The columns of a local customer that the provider's customer fills.
struct CustomerContact: Equatable {
    /// In the order of the statements: e-mail, name, phone, description, language, currency, balance,
    /// delinquent, default payment method, metadata; last the e-mail's key, which an index holds.
    let values: [SQLValue]

    private static let numbers: Set<Int> = [6, 7]
    private static let count = 11

    init(_ customer: CustomerSnapshot) {
        values = [
            .optional(customer.email),
            .optional(customer.name),
            .optional(customer.phone),
            .optional(customer.details),
            .optional(customer.language),
            .optional(customer.currency),
            .integer(customer.balance),
            .boolean(customer.isDelinquent),
            .optional(customer.defaultPaymentMethod?.rawValue),
            .optional(MetadataColumn.text(customer.metadata)),
            .optional(customer.email.flatMap(EmailKey.make)),
        ]
    }

    private static let names = [
        "email", "name", "phone", "description", "language", "currency", "balance", "delinquent",
        "default_payment_method", "metadata", "email_key",
    ]

    /// Names of the columns that differ.
    func differences(from other: CustomerContact) -> [String] {
        zip(Self.names, zip(values, other.values)).compactMap { $1.0 == $1.1 ? nil : $0 }
    }

    var emailKey: SQLValue { values[Self.count - 1] }

    /// The same, to be found by another address than it says.
    func found(by key: String?) -> CustomerContact {
        var values = values
        values[Self.count - 1] = .optional(key)
        return CustomerContact(values: values)
    }

    private init(values: [SQLValue]) {
        self.values = values
    }

    var withoutEmailKey: ArraySlice<SQLValue> { values[..<(Self.count - 1)] }

    init(row: any Row, from column: Int) {
        values = (0..<Self.count).map { position in
            if row.isNull(column + position) { return .null }
            return Self.numbers.contains(position)
                ? .integer(row.integer(column + position)) : .text(row.text(column + position))
        }
    }
}

/// An e-mail address as it is compared: without outer blanks, in lower case.
package enum EmailKey {
    /// Nil when nothing is left to compare.
    package static func make(_ address: String) -> String? {
        var text = Substring(address)
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text.isEmpty ? nil : text.lowercased()
    }
}

/// Local customers and their bonds to the provider's.
enum CustomersTable {
    /// The local customer of a provider's, if one is linked.
    static func linked(
        _ connection: ConnectionID,
        _ provider: ProviderID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> LinkedCustomer? {
        try transaction.first(selectLinked, [.integer(connection.rawValue), .text(provider.rawValue)]) {
            row in
            LinkedCustomer(
                identity: row.integer(0),
                identityState: row.text(1),
                object: row.optionalInteger(2),
                customer: row.integer(3),
                version: row.integer(4),
                contactConnection: row.optionalInteger(5).map(ConnectionID.init(rawValue:)),
                isUnclaimed: row.text(6) == "provider" && row.isNull(7),
                contact: CustomerContact(row: row, from: 8)
            )
        }
    }

    /// Makes a local customer for a provider's; returns its number.
    static func create(
        in scope: DataScope,
        createdAt: Timestamp,
        now: Timestamp,
        _ transaction: any WriteTransaction
    ) throws(DatabaseError) -> Int64 {
        try transaction.insert(
            insert,
            [
                .text(scope.site), .boolean(scope.mode.isLive), .integer(createdAt.milliseconds),
                .integer(now.milliseconds),
            ]
        )
    }

    static func setContact(
        _ contact: CustomerContact,
        of customer: Int64,
        from connection: ConnectionID,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        try transaction.execute(
            updateContact,
            [.integer(customer), .integer(connection.rawValue), .integer(now.milliseconds)]
                + contact.withoutEmailKey
        )
    }

    /// A customer of this scope that lives and whose number the application used; false for any other.
    static func exists(
        _ customer: Int64,
        in scope: DataScope,
        _ transaction: any ReadTransaction
    ) throws(DatabaseError) -> Bool {
        try transaction.first(
            selectInScope,
            [.integer(customer), .text(scope.site), .boolean(scope.mode.isLive)]
        ) { _ in true } ?? false
    }

    /// Whether there is such a row, whatever became of the customer.
    static func isKnown(
        _ customer: Int64,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Bool {
        try transaction.first(selectKnown, [.integer(customer)]) { _ in true } ?? false
    }

    /// The connection that fills the contact columns, nil when none does.
    static func contactConnection(
        of customer: Int64,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> ConnectionID? {
        let connection = try transaction.first(selectContactConnection, [.integer(customer)]) {
            $0.optionalInteger(0)
        }
        return (connection ?? nil).map(ConnectionID.init(rawValue:))
    }

    static func archive(
        _ customer: Int64,
        mergedInto other: Int64,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        try transaction.execute(
            updateMerged,
            [.integer(customer), .integer(other), .integer(now.milliseconds)]
        )
    }

    /// The provider deleted its customer: nothing can be owed there any more. Ours lives on.
    static func clearDelinquent(
        _ customer: Int64,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        try transaction.execute(updateNotDelinquent, [.integer(customer), .integer(now.milliseconds)])
    }

    private static let selectLinked = Statement(
        "customers.linked",
        """
        SELECT
            i.id, i.state, i.object_id, c.id, c.version, c.contact_connection_id, c.source, c.external_id,
            c.email, c.name, c.phone, c.description, c.language, c.currency, c.balance, c.delinquent,
            c.default_payment_method, c.metadata, c.email_key
        FROM customer_identities i
        JOIN customers c ON c.id = i.customer_id
        WHERE i.connection_id = $1
            AND i.provider_customer_id = $2
        """
    )

    private static let insert = Statement(
        "customers.insert_from_provider",
        """
        INSERT INTO customers (site, live_mode, created_at, first_seen, version, updated_at, source)
        VALUES ($1, $2, $3, $3, 1, $4, 'provider')
        """
    )

    private static let updateContact = Statement(
        "customers.set_contact",
        """
        UPDATE customers
        SET
            contact_connection_id = $2, updated_at = $3, version = version + 1, email = $4, name = $5,
            phone = $6, description = $7, language = $8, currency = $9, balance = $10, delinquent = $11,
            default_payment_method = $12, metadata = $13
        WHERE id = $1
        """
    )

    // Apart from the other columns, because an index holds it.
    private static let updateEmailKey = Statement(
        "customers.set_email_key",
        """
        UPDATE customers
        SET email_key = $2
        WHERE id = $1
        """
    )

    static func setEmailKey(
        _ contact: CustomerContact,
        of customer: Int64,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        try transaction.execute(updateEmailKey, [.integer(customer), contact.emailKey])
    }

    private static let selectInScope = Statement(
        "customers.in_scope",
        """
        SELECT id
        FROM customers
        WHERE id = $1
            AND site = $2
            AND live_mode = $3
            AND archived_at IS NULL
        """
    )

    private static let selectKnown = Statement("customers.known", "SELECT id FROM customers WHERE id = $1")

    private static let selectContactConnection = Statement(
        "customers.contact_connection",
        """
        SELECT contact_connection_id
        FROM customers
        WHERE id = $1
        """
    )

    private static let updateMerged = Statement(
        "customers.archive_merged",
        """
        UPDATE customers
        SET merged_into = $2, archived_at = $3, updated_at = $3, version = version + 1
        WHERE id = $1
        """
    )

    private static let updateNotDelinquent = Statement(
        "customers.clear_delinquent",
        """
        UPDATE customers
        SET delinquent = 0, updated_at = $2, version = version + 1
        WHERE id = $1
        """
    )
}
