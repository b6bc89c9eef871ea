import BillingModel
import CustomerStore
import Database
import Timing

/// An object of ours as a run walks over them.
struct WalkedObject: Sendable, Hashable {
    let number: Int64
    let id: ProviderID
    /// When its row was made here.
    let madeAt: Timestamp
}

/// What a run reads of mirrored objects.
enum RunObjectsQuery {
    // By row number, and not by the index on types: a walk over all rows in their order is one pass over the table.
    private static let chunk = Statement(
        "reconciliation.chunk",
        """
        SELECT id, provider_id, created_at
        FROM objects
        WHERE id >= $3
          AND id < $4
          AND +connection_id = $1
          AND +object_type = $2
          AND state = 'live'
        ORDER BY id
        """
    )
    private static let last = Statement("reconciliation.last_object", "SELECT MAX(id) FROM objects")
    private static let newestEvent = Statement("reconciliation.newest_event", "SELECT MAX(id) FROM inbox")
    private static let count = Statement(
        "reconciliation.count",
        """
        SELECT COUNT(*)
        FROM objects
        WHERE connection_id = $1
          AND object_type = $2
        """
    )
    private static let any = Statement(
        "reconciliation.any",
        """
        SELECT 1
        FROM objects
        WHERE connection_id = $1
          AND object_type = $2
        LIMIT 1
        """
    )

    // Any will do: in the order of the index.
    private static let customers = Statement(
        "reconciliation.customers",
        """
        SELECT provider_id
        FROM objects
        WHERE connection_id = $1
          AND object_type = 'customer'
          AND state = 'live'
          AND provider_id <> $2
        ORDER BY provider_id
        LIMIT $3
        """
    )

    /// Some living customers, in the order of their ids.
    static func customers(
        except customer: ProviderID,
        on connection: ConnectionID,
        limit: Int,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [ProviderID] {
        try transaction.rows(
            customers,
            [.integer(connection.rawValue), .text(customer.rawValue), .integer(Int64(limit))]
        ) { ProviderID($0.text(0)) }
    }

    /// Living objects of the type whose numbers lie in the chunk.
    static func chunk(
        _ chunk: Int64,
        _ type: ObjectType,
        on connection: ConnectionID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [WalkedObject] {
        let size = SeenObjectsTable.chunkSize
        return try transaction.rows(
            self.chunk,
            [
                .integer(connection.rawValue), .text(type.rawValue), .integer(chunk * size),
                .integer((chunk + 1) * size),
            ],
            object
        )
    }

    static func object(_ row: any Row) -> WalkedObject {
        WalkedObject(
            number: row.integer(0),
            id: ProviderID(row.text(1)),
            madeAt: Timestamp(milliseconds: row.integer(2))
        )
    }

    /// The same of what is one customer's.
    static func chunk(
        _ chunk: Int64,
        _ type: ObjectType,
        ofCustomer customer: ProviderID,
        on connection: ConnectionID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [WalkedObject] {
        let size = SeenObjectsTable.chunkSize
        guard let statement = ofCustomer[type] else { return [] }
        return try transaction.rows(
            statement,
            [
                .integer(connection.rawValue), .text(customer.rawValue), .integer(chunk * size),
                .integer((chunk + 1) * size),
            ],
            object
        )
    }

    private static let ofCustomer: [ObjectType: Statement] = [
        .subscription: ofCustomer("subscriptions"),
        .invoice: ofCustomer("invoices"),
        .checkoutSession: ofCustomer("checkout_sessions"),
        .paymentMethod: ofCustomer("payment_methods"),
    ]

    private static func ofCustomer(_ table: String) -> Statement {
        Statement(
            "reconciliation.\(table)_of_customer",
            """
            SELECT objects.id, objects.provider_id, objects.created_at
            FROM \(table) typed
            JOIN objects ON objects.id = typed.id
            WHERE typed.connection_id = $1
              AND typed.provider_customer_id = $2
              AND typed.id >= $3
              AND typed.id < $4
              AND objects.state = 'live'
            ORDER BY typed.id
            """
        )
    }

    static func number(
        of key: ObjectKey,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Int64? {
        try ObjectsTable.number(of: key, in: transaction)
    }

    /// The greatest row number of all.
    static func lastNumber(in transaction: any ReadTransaction) throws(DatabaseError) -> Int64 {
        try number(last, in: transaction)
    }

    /// Newest event that is stored.
    static func newestEvent(in transaction: any ReadTransaction) throws(DatabaseError) -> Int64 {
        try number(newestEvent, in: transaction)
    }

    /// Objects of the type, buried ones included: how long its list may be.
    static func count(
        _ type: ObjectType,
        on connection: ConnectionID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Int64 {
        try transaction.first(count, [.integer(connection.rawValue), .text(type.rawValue)]) {
            $0.integer(0)
        } ?? 0
    }

    static func hasAny(
        _ type: ObjectType,
        on connection: ConnectionID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Bool {
        try transaction.first(any, [.integer(connection.rawValue), .text(type.rawValue)]) { _ in true }
            ?? false
    }

    private static func number(
        _ statement: Statement,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Int64 {
        let found: Int64?? = try transaction.first(statement) { $0.optionalInteger(0) }
        return (found ?? nil) ?? 0
    }
}
