package import BillingModel
package import Database
import Lanes
package import Providers
package import Timing

/// An operation whose patch is still shown over the confirmed state, or that was given up.
package struct PendingOperation: Sendable, Hashable {
    package let id: OperationID
    package let connection: ConnectionID
    package let kind: OperationKind
    package let state: OperationState
    /// Nil when this program cannot read it.
    package let operation: ProviderOperation?
    /// The last trouble; nil when there was none.
    package let outcome: String?
    package let createdAt: Timestamp
    /// The provider's id of the object; nil until it has it.
    package let providerID: ProviderID?
    /// The local customer that it is for, when that is another object.
    package let customer: Int64?
}

extension PendingOperation {
    /// Why it was not done at its last try; nil when it was not tried, or was done.
    package var trouble: String? { state == .acknowledged ? nil : outcome }
}

/// What the outbox still owes to one object, in the order in which it goes out: for readers (R8).
package enum PendingOperationsQuery {
    private static let ofLocal = Statement(
        "outbox.pending_of_local",
        """
        SELECT outbox.id, outbox.connection_id, outbox.kind, outbox.state, outbox.content, outbox.outcome,
               outbox.created_at, lane.provider_id, outbox.customer_id
        FROM lane_objects lane
        JOIN outbox ON outbox.lane_id = lane.id AND outbox.state <> 'done'
        WHERE lane.local_id = $1
          AND lane.object_type = $2
        ORDER BY outbox.id
        """
    )
    private static let ofObject = Statement(
        "outbox.pending_of_object",
        """
        SELECT outbox.id, outbox.connection_id, outbox.kind, outbox.state, outbox.content, outbox.outcome,
               outbox.created_at, lane.provider_id, outbox.customer_id
        FROM lane_objects lane
        JOIN outbox ON outbox.lane_id = lane.id AND outbox.state <> 'done'
        WHERE lane.object_id = $1
        ORDER BY outbox.id
        """
    )

    /// - Parameter local: `customers.id`, or the number of an object made here.
    package static func operations(
        ofLocal local: Int64,
        _ type: ObjectType,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [PendingOperation] {
        try transaction.rows(ofLocal, [.integer(local), .text(type.rawValue)], operation)
    }

    /// - Parameter object: row of `objects`.
    package static func operations(
        ofObject object: Int64,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [PendingOperation] {
        try transaction.rows(ofObject, [.integer(object)], operation)
    }

    private static func operation(_ row: any Row) -> PendingOperation {
        guard let kind = OperationKind(rawValue: row.text(2)),
            let state = OperationState(rawValue: row.text(3))
        else { preconditionFailure("kinds are those that were enqueued, and outbox_state_known holds") }
        return PendingOperation(
            id: OperationID(rawValue: row.integer(0)),
            connection: ConnectionID(rawValue: row.integer(1)),
            kind: kind,
            state: state,
            operation: OperationContent.operation(row.bytes(4)),
            outcome: row.optionalText(5),
            createdAt: Timestamp(milliseconds: row.integer(6)),
            providerID: row.optionalText(7).map { ProviderID($0) },
            customer: row.optionalInteger(8)
        )
    }
}
