import BillingModel
import Database

/// Which local customer a provider's customer is.
enum CustomerIdentitiesTable {
    enum State: String {
        case linked
        /// Deleted at the provider.
        case missing
        /// It names a local customer that another provider customer of the connection already is.
        case conflict
    }

    static func insert(
        _ connection: ConnectionID,
        _ provider: ProviderID,
        customer: Int64,
        object: Int64,
        state: State,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        try transaction.execute(
            insertIdentity,
            [
                .integer(connection.rawValue), .text(provider.rawValue), .integer(customer), .integer(object),
                .text(state.rawValue),
            ]
        )
    }

    static func update(
        _ identity: Int64,
        customer: Int64,
        object: Int64,
        state: State,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        try transaction.execute(
            updateIdentity,
            [.integer(identity), .integer(customer), .integer(object), .text(state.rawValue)]
        )
    }

    /// Whether a living provider customer of that connection is linked to the local customer.
    static func isTaken(
        _ customer: Int64,
        on connection: ConnectionID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Bool {
        try transaction.first(
            selectTaken,
            [.integer(customer), .integer(connection.rawValue)]
        ) { _ in true } ?? false
    }

    /// The local customer of a provider's; nil while it has not arrived.
    static func customer(
        _ connection: ConnectionID,
        _ provider: ProviderID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Int64? {
        try transaction.first(
            selectCustomer,
            [.integer(connection.rawValue), .text(provider.rawValue)]
        ) { $0.integer(0) }
    }

    private static let insertIdentity = Statement(
        "customer_identities.insert",
        """
        INSERT INTO customer_identities (connection_id, provider_customer_id, customer_id, object_id, state)
        VALUES ($1, $2, $3, $4, $5)
        """
    )

    private static let updateIdentity = Statement(
        "customer_identities.update",
        """
        UPDATE customer_identities
        SET customer_id = $2, object_id = $3, state = $4
        WHERE id = $1
        """
    )

    private static let selectTaken = Statement(
        "customer_identities.taken",
        """
        SELECT id
        FROM customer_identities
        WHERE customer_id = $1
            AND connection_id = $2
            AND state IN ('linked', 'pending')
        """
    )

    private static let selectCustomer = Statement(
        "customer_identities.customer",
        """
        SELECT customer_id
        FROM customer_identities
        WHERE connection_id = $1
            AND provider_customer_id = $2
        """
    )
}
