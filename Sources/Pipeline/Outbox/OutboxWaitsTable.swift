import BillingModel
import Database
import Lanes

/// Which operation waits for which: those that cannot go out yet are not looked at when work is claimed.
enum OutboxWaitsTable {
    private static let release = Statement(
        "outbox.release",
        "UPDATE outbox SET waits_for = NULL WHERE waits_for = $1"
    )
    private static let releaseObject = Statement(
        "outbox.release_object",
        "UPDATE outbox SET waits_for = NULL WHERE lane_id = $1 AND state <> 'done' AND waits_for IS NOT NULL"
    )
    private static let releaseCustomer = Statement(
        "outbox.release_customer",
        """
        UPDATE outbox
        SET waits_for = NULL
        WHERE customer_id = $1
          AND connection_id = $2
          AND state <> 'done'
          AND waits_for IS NOT NULL
        """
    )
    private static let releaseForgotten = Statement(
        "outbox.release_forgotten",
        """
        UPDATE outbox
        SET waits_for = NULL
        WHERE waits_for IS NOT NULL
          AND NOT EXISTS (
            SELECT 1
            FROM outbox earlier
            WHERE earlier.id = outbox.waits_for
              AND earlier.state IN ('queued', 'sent', 'dead')
          )
        """
    )

    /// What a new operation waits for, besides `last`, the open one of its object that goes before it: its
    /// customer's creation.
    static func predecessor(
        of new: NewOperation,
        on connection: ConnectionID,
        last: OperationID?,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> OperationID? {
        if let last { return last }
        guard let number = new.customer,
            let customer = try LanesTable.find(local: number, .customer, on: connection, in: transaction),
            customer.providerID == nil
        else { return nil }
        return try OutboxTable.openOperations(of: customer.id, in: transaction)
            .first { $0.kind.effect == .makes }?.id
    }

    /// The operation ended, well or not.
    static func release(after id: OperationID, in transaction: any WriteTransaction) throws(DatabaseError) {
        try transaction.execute(release, [.integer(id.rawValue)])
    }

    /// The provider has the object now.
    static func release(boundTo lane: Lane, in transaction: any WriteTransaction) throws(DatabaseError) {
        try transaction.execute(releaseObject, [.integer(lane.id.rawValue)])
        guard lane.type == .customer, let number = lane.localNumber else { return }
        try transaction.execute(
            releaseCustomer,
            [.integer(number), .integer(lane.connection.rawValue)]
        )
    }

    /// At the start of a process: nobody waits for what is no longer there.
    static func releaseForgotten(in transaction: any WriteTransaction) throws(DatabaseError) {
        try transaction.execute(releaseForgotten, [])
    }
}
