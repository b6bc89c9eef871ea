import BillingModel
import Database
import Outbox
import Providers

/// An operation that the provider has not done yet.
struct OwedOperation: Sendable, Hashable {
    let id: OperationID
    let kind: OperationKind
    let state: OperationState
    /// The provider's id of the object; nil until it has it.
    let providerID: ProviderID?
    /// `customers.id`, or the number of an object made here.
    let localNumber: Int64?
}

/// What the provider lacks: customers that only we have, and operations that it has not done. The walks are for a
/// reader; whoever writes what they gave asks once more, one by one.
enum RunOutwardQuery {
    // What was linked once and is no more was deleted at the provider: only a billing call makes it anew.
    private static let localOnly = localOnly(
        "reconciliation.local_only_customers",
        "customers.id > $1",
        "ORDER BY customers.id LIMIT $5"
    )
    private static let isLocalOnly = localOnly("reconciliation.is_local_only", "customers.id = $1", "")

    private static func localOnly(_ name: String, _ number: String, _ end: String) -> Statement {
        Statement(
            name,
            """
            SELECT customers.id
            FROM customers
            WHERE \(number)
              AND customers.site = $2
              AND customers.live_mode = $3
              AND customers.source = 'api'
              AND customers.archived_at IS NULL
              AND customers.merged_into IS NULL
              AND NOT EXISTS (
                SELECT 1 FROM customer_identities WHERE customer_identities.customer_id = customers.id
              )
              AND NOT EXISTS (
                SELECT 1
                FROM lane_objects lane
                JOIN outbox ON outbox.lane_id = lane.id AND outbox.state <> 'done'
                WHERE lane.local_id = customers.id AND lane.object_type = 'customer' AND lane.connection_id = $4
              )
            \(end)
            """
        )
    }
    private static let state = Statement("reconciliation.state", "SELECT state FROM outbox WHERE id = $1")
    // The states as the index outbox_owed has them. A session that is still to be made has no row yet: its operation names the customer.
    private static let owed = Statement(
        "reconciliation.owed_operations",
        """
        SELECT outbox.id, outbox.kind, outbox.state, lane.provider_id, lane.local_id
        FROM outbox
        JOIN lane_objects lane ON lane.id = outbox.lane_id
        WHERE outbox.id > $1
          AND outbox.connection_id = $2
          AND (outbox.state = 'queued' OR outbox.state = 'sent' OR outbox.state = 'dead')
          AND ($3 IS NULL OR lane.object_type = $3)
          AND ($4 IS NULL
            OR lane.object_type = 'customer' AND lane.provider_id = $4
            OR EXISTS (SELECT 1 FROM objects
                LEFT JOIN subscriptions ON subscriptions.id = objects.id
                LEFT JOIN checkout_sessions ON checkout_sessions.id = objects.id
                WHERE objects.connection_id = lane.connection_id AND objects.object_type = lane.object_type
                  AND objects.provider_id = lane.provider_id
                  AND $4 IN (subscriptions.provider_customer_id, checkout_sessions.provider_customer_id))
            OR EXISTS (SELECT 1 FROM customer_identities
                WHERE customer_identities.customer_id = outbox.customer_id
                  AND customer_identities.connection_id = $2
                  AND customer_identities.provider_customer_id = $4))
        ORDER BY outbox.id
        LIMIT $5
        """
    )

    /// Numbers of customers that no provider has and nothing makes, in their order.
    static func localOnly(
        after number: Int64,
        on connection: Connection,
        limit: Int,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [Int64] {
        try transaction.rows(
            localOnly,
            [
                .integer(number), .text(connection.scope.site), .boolean(connection.scope.mode.isLive),
                .integer(connection.id.rawValue), .integer(Int64(limit)),
            ]
        ) { $0.integer(0) }
    }

    /// Whether that one still is.
    static func isLocalOnly(
        _ number: Int64,
        on connection: Connection,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Bool {
        try transaction.first(
            isLocalOnly,
            [
                .integer(number), .text(connection.scope.site), .boolean(connection.scope.mode.isLive),
                .integer(connection.id.rawValue),
            ]
        ) { _ in true } ?? false
    }

    /// What an operation has come to; nil when it was removed.
    static func state(
        of operation: OperationID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> OperationState? {
        try transaction.first(state, [.integer(operation.rawValue)]) { row in
            OperationState(rawValue: row.text(0))
        } ?? nil
    }

    /// - Parameters:
    ///   - type: only what makes or changes objects of this kind; nil for all.
    ///   - customer: only what makes or changes this one, its subscriptions and its checkout sessions; nil for all.
    static func owed(
        after operation: OperationID,
        on connection: ConnectionID,
        type: ObjectType?,
        customer: ProviderID?,
        limit: Int,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [OwedOperation] {
        try transaction.rows(
            owed,
            [
                .integer(operation.rawValue), .integer(connection.rawValue), .optional(type?.rawValue),
                .optional(customer?.rawValue), .integer(Int64(limit)),
            ]
        ) { row in
            guard let kind = OperationKind(rawValue: row.text(1)),
                let state = OperationState(rawValue: row.text(2))
            else { preconditionFailure("kinds are those that were enqueued, and outbox_state_known holds") }
            return OwedOperation(
                id: OperationID(rawValue: row.integer(0)),
                kind: kind,
                state: state,
                providerID: row.optionalText(3).map { ProviderID($0) },
                localNumber: row.optionalInteger(4)
            )
        }
    }
}
