package import BillingModel
package import Database
package import Lanes
import Providers
package import Timing

/// The way out of the outbox: which operations may be carried out now.
package enum OutboxClaimsTable {
    // Only the first open operation of an object, only while nothing of the object is in flight, only with the
    // ids that the request needs. A lease that ran out counts as none.
    private static let claimable = Statement(
        "outbox.claimable",
        """
        SELECT \(OutboxRow.columns), lane.local_id, lane.provider_id, customer.provider_id
        FROM outbox
        JOIN lane_objects lane ON lane.id = outbox.lane_id
        LEFT JOIN lane_objects customer
            ON customer.local_id = outbox.customer_id
            AND customer.object_type = 'customer'
            AND customer.connection_id = outbox.connection_id
        WHERE outbox.connection_id = $1
          AND outbox.due_at <= $2
          AND outbox.waits_for IS NULL
          AND (lane.flight IS NULL OR lane.flight_until <= $2)
          AND (lane.provider_id IS NOT NULL OR instr($4, ',' || outbox.kind || ',') > 0)
          AND (outbox.customer_id IS NULL OR customer.provider_id IS NOT NULL)
          AND NOT EXISTS (
            SELECT 1
            FROM outbox earlier
            WHERE earlier.lane_id = outbox.lane_id
              AND earlier.id < outbox.id
              AND earlier.state <> 'done'
              AND earlier.state IN ('queued', 'sent')
          )
        ORDER BY outbox.due_at, outbox.id
        LIMIT $3
        """
    )
    private static let setDue = Statement(
        "outbox.set_due",
        "UPDATE outbox SET due_at = $2 WHERE id = $1 AND due_at IS NOT NULL"
    )
    private static let nextDue = Statement(
        "outbox.next_due",
        """
        SELECT MIN(due_at)
        FROM outbox
        WHERE connection_id = $1
          AND due_at IS NOT NULL
          AND waits_for IS NULL
        """
    )
    private static let freeLeased = Statement(
        "outbox.free_leased",
        """
        UPDATE outbox
        SET due_at = $2
        WHERE due_at IS NOT NULL
          AND id IN (
            SELECT flight_operation_id
            FROM lane_objects
            WHERE flight IS NOT NULL
              AND flight_owner <> $1
              AND flight_operation_id IS NOT NULL
          )
        """
    )
    private static let doubtForeign = Statement(
        "outbox.doubt_foreign",
        """
        UPDATE outbox
        SET wants_lookup = 1
        WHERE due_at IS NOT NULL
          AND waits_for IS NULL
          AND state = 'sent'
          AND substr(idempotency_key, 1, length($1)) <> $1
        """
    )

    private static let making =
        "," + OperationKind.allCases.filter { $0.effect == .makes }.map { "\($0.rawValue)," }.joined()

    /// Takes up to `limit` operations of a connection, longest due first; each holds its object until it is
    /// settled or `leaseMilliseconds` have passed. Whether the connection is paused is the caller's to ask
    /// (`ConnectionLanesTable.standing`): one probe must be able to pass a pause.
    package static func claim(
        on connection: ConnectionID,
        owner: LeaseOwner,
        limit: Int,
        leaseMilliseconds: Int64,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> [ClaimedOperation] {
        let found = try transaction.rows(
            claimable,
            [
                .integer(connection.rawValue), .integer(now.milliseconds), .integer(Int64(limit)),
                .text(making),
            ]
        ) { row in
            let names = OutboxRow.columnCount
            return (
                OutboxRow(row), row.optionalInteger(names),
                row.optionalText(names + 1).map { ProviderID($0) },
                row.optionalText(names + 2).map { ProviderID($0) }
            )
        }
        var claimed: [ClaimedOperation] = []
        for (operation, local, provider, customer) in found {
            let until = now.adding(milliseconds: leaseMilliseconds)
            let flight = try LaneFlightsTable.take(
                operation.lane,
                operation: operation.id.rawValue,
                owner: owner,
                until: until,
                now: now,
                in: transaction
            )
            guard let flight else { continue }
            // Out of the way of the next claim, and claimable again by itself if nobody settles it.
            try transaction.execute(
                setDue,
                [.integer(operation.id.rawValue), .integer(until.milliseconds)]
            )
            claimed.append(
                ClaimedOperation(
                    id: operation.id,
                    connection: operation.connection,
                    kind: operation.kind,
                    operation: OperationContent.operation(operation.content),
                    localNumber: local,
                    providerID: provider,
                    customerID: customer,
                    sent: operation.sent,
                    generation: operation.generation,
                    attempts: operation.attempts,
                    firstAttemptAt: operation.firstAttemptAt,
                    wantsLookup: operation.wantsLookup,
                    createdAt: operation.createdAt,
                    deadline: operation.deadline,
                    alertedAt: operation.alertedAt,
                    flight: flight
                )
            )
        }
        return claimed
    }

    /// When the next operation of the connection falls due, leased ones included, those that wait for another one
    /// not; nil when there is none.
    package static func nextDue(
        on connection: ConnectionID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Timestamp? {
        let due: Int64?? = try transaction.first(nextDue, [.integer(connection.rawValue)]) {
            $0.optionalInteger(0)
        }
        return (due ?? nil).map(Timestamp.init(milliseconds:))
    }

    /// At the start of a process, before anything is claimed: what a dead process held is free at once, and what
    /// was sent under the keys of another copy of the file is looked up first.
    package static func rescue(
        owner: LeaseOwner,
        keyEpoch: UInt64,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Int {
        try transaction.execute(freeLeased, [.integer(owner.rawValue), .integer(now.milliseconds)])
        try transaction.execute(doubtForeign, [.text("\(IdempotencyKey.prefix)\(keyEpoch)_")])
        try OutboxWaitsTable.releaseForgotten(in: transaction)
        return try LaneFlightsTable.rescue(from: owner, now: now, in: transaction)
    }
}
