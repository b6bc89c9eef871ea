package import Database
import Lanes
package import Timing

/// Between claiming and the first byte.
package enum OutboxSendingTable {
    private static let freeze = Statement(
        "outbox.freeze",
        """
        UPDATE outbox
        SET state = 'sent', idempotency_key = $2, request_method = $3, request_path = $4, request_body = $5,
            request_api_version = $6, request_account = $7, first_sent_at = $8,
            first_attempt_at = COALESCE(first_attempt_at, $8), attempts = attempts + 1,
            key_attempts = 1, wants_lookup = 0
        WHERE id = $1
          AND state = 'queued'
        """
    )
    private static let again = Statement(
        "outbox.send_again",
        """
        UPDATE outbox
        SET attempts = attempts + 1, key_attempts = key_attempts + 1
        WHERE id = $1
          AND state = 'sent'
        """
    )
    private static let overtake = Statement(
        "outbox.overtake",
        """
        UPDATE outbox
        SET overtaken_by = $1
        WHERE lane_id = $2
          AND id < $1
          AND state <> 'done'
          AND state = 'dead'
          AND overtaken_by IS NULL
        """
    )
    private static let hold = Statement(
        "outbox.hold",
        "UPDATE outbox SET due_at = $2 WHERE id = $1 AND due_at IS NOT NULL"
    )
    private static let alert = Statement(
        "outbox.alert",
        "UPDATE outbox SET alerted_at = $2 WHERE id = $1 AND alerted_at IS NULL"
    )

    /// Freezes the request of an operation that was never sent. From the commit on these bytes go out under that
    /// key and no others, also after a crash; the attempt counts as made. Nil when the operation is no longer
    /// the caller's: then nothing may be sent.
    package static func freeze(
        _ operation: ClaimedOperation,
        as request: FrozenRequest,
        keyEpoch: UInt64,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> SentRequest? {
        guard try holds(operation, in: transaction) else { return nil }
        let key = IdempotencyKey(
            epoch: keyEpoch,
            operation: operation.id,
            generation: operation.generation
        ).text
        let changed = try transaction.execute(
            freeze,
            [
                .integer(operation.id.rawValue), .text(key), .text(request.method), .text(request.path),
                .bytes(request.body), .optional(request.apiVersion), .optional(request.account),
                .integer(now.milliseconds),
            ]
        )
        guard changed > 0 else { return nil }
        let lane = operation.flight.lane.rawValue
        try transaction.execute(overtake, [.integer(operation.id.rawValue), .integer(lane)])
        return SentRequest(request: request, key: key, firstSentAt: now, attemptsOfKey: 1)
    }

    /// Counts one more attempt with the frozen bytes. Nil as above.
    package static func sendAgain(
        _ operation: ClaimedOperation,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> SentRequest? {
        guard let sent = operation.sent, try holds(operation, in: transaction),
            try transaction.execute(again, [.integer(operation.id.rawValue)]) > 0
        else { return nil }
        return SentRequest(
            request: sent.request,
            key: sent.key,
            firstSentAt: sent.firstSentAt,
            attemptsOfKey: sent.attemptsOfKey + 1
        )
    }

    /// Renews the lease, for work that takes longer than one. False when it was lost.
    package static func hold(
        _ operation: ClaimedOperation,
        until: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Bool {
        let isHeld = try LaneFlightsTable.renew(operation.flight, until: until, in: transaction)
        guard isHeld else { return false }
        // As a claim does: out of the way of the next one.
        try transaction.execute(hold, [.integer(operation.id.rawValue), .integer(until.milliseconds)])
        return true
    }

    /// Marks an owed operation that has been failing for days, once. False when it was marked before.
    package static func alert(
        _ id: OperationID,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Bool {
        try transaction.execute(alert, [.integer(id.rawValue), .integer(now.milliseconds)]) > 0
    }

    private static func holds(
        _ operation: ClaimedOperation,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Bool {
        let flight = try LanesTable.get(operation.flight.lane, in: transaction)?.flight
        return flight?.isSame(as: operation.flight) ?? false
    }
}
