import BillingModel
package import Database
import Lanes
import Providers
package import Timing

/// What an operator does with stored operations: look, retry and discard dead letters.
package enum OutboxAdministration {
    private static let columns = """
        outbox.id, outbox.connection_id, outbox.lane_id, outbox.kind, outbox.state, lane.local_id,
        lane.provider_id, outbox.customer_id, outbox.idempotency_key, outbox.generation, outbox.attempts,
        lane.flight IS NOT NULL AND lane.flight_operation_id = outbox.id, outbox.wants_lookup, outbox.due_at,
        outbox.deadline_at, outbox.first_sent_at, outbox.outcome, outbox.message, outbox.alerted_at,
        outbox.created_at, outbox.settled_at, outbox.waits_for
        """
    // Dead letters are few among many: said in so many words, their index finds them without a walk over the outbox.
    private static let list = Statement("outbox.list", listing("($6 IS NULL OR outbox.state = $6)"))
    private static let listDead = Statement("outbox.list_dead", listing("outbox.state = 'dead'"))

    private static func listing(_ state: String) -> String {
        """
        SELECT \(columns)
        FROM outbox
        JOIN lane_objects lane ON lane.id = outbox.lane_id
        WHERE outbox.id < $1
          AND \(state)
          AND ($2 IS NULL OR outbox.kind = $2)
          AND ($3 IS NULL OR instr($3, ',' || outbox.connection_id || ',') > 0)
          AND ($4 IS NULL OR outbox.customer_id = $4
            OR lane.local_id = $4 AND lane.object_type = 'customer')
        ORDER BY outbox.id DESC
        LIMIT $5
        """
    }
    private static let get = Statement(
        "outbox.show",
        """
        SELECT \(columns)
        FROM outbox
        JOIN lane_objects lane ON lane.id = outbox.lane_id
        WHERE outbox.id = $1
        """
    )
    // The three days in which it is tried begin anew.
    private static let redriveSent = Statement(
        "outbox.redrive_sent",
        """
        UPDATE outbox
        SET state = 'sent', due_at = $2, first_attempt_at = $2, settled_at = NULL, wants_lookup = $3
        WHERE id = $1
          AND state = 'dead'
          AND request_method IS NOT NULL
        """
    )
    private static let redriveQueued = Statement(
        "outbox.redrive_queued",
        """
        UPDATE outbox
        SET state = 'queued', due_at = $2, first_attempt_at = NULL, settled_at = NULL, wants_lookup = 0
        WHERE id = $1
          AND state = 'dead'
          AND request_method IS NULL
        """
    )
    private static let hurry = Statement(
        "outbox.hurry",
        "UPDATE outbox SET due_at = $2 WHERE id = $1 AND due_at > $2"
    )
    private static let discard = Statement(
        "outbox.discard",
        """
        UPDATE outbox
        SET state = 'done', content = NULL, request_method = NULL, request_path = NULL, request_body = NULL,
            request_api_version = NULL, request_account = NULL, due_at = NULL, waits_for = NULL, settled_at = $2,
            outcome = 'discarded', wants_lookup = 0
        WHERE id = $1
          AND state IN ('dead', 'queued')
        """
    )
    private static let abandon = Statement(
        "outbox.abandon",
        """
        UPDATE outbox
        SET state = 'dead', due_at = NULL, waits_for = NULL, settled_at = $2, outcome = 'creation_discarded'
        WHERE lane_id = $1
          AND state <> 'done'
          AND state = 'queued'
        """
    )
    private static let sweep = Statement(
        "outbox.sweep",
        """
        DELETE FROM outbox
        WHERE id IN (
            SELECT id
            FROM outbox
            WHERE state = 'done'
              AND settled_at < $1
            ORDER BY settled_at
            LIMIT $2
        )
        """
    )
    private static let depthOf = Statement(
        "outbox.depth",
        """
        SELECT
            (SELECT COUNT(*) FROM outbox WHERE due_at IS NOT NULL AND waits_for IS NULL)
                + (SELECT COUNT(*) FROM outbox WHERE waits_for IS NOT NULL),
            (SELECT COUNT(*) FROM outbox WHERE state <> 'done' AND state = 'acknowledged'),
            (SELECT COUNT(*) FROM outbox WHERE state = 'dead'),
            (SELECT MIN(oldest)
             FROM (SELECT MIN(created_at) AS oldest FROM outbox WHERE due_at IS NOT NULL AND waits_for IS NULL
                UNION ALL
                SELECT MIN(created_at) FROM outbox WHERE waits_for IS NOT NULL) AS ages)
        """
    )

    /// Newest first, operations before `before`, at most `limit`.
    package static func list(
        _ filter: StoredOperationFilter,
        before: OperationID?,
        limit: Int,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [StoredOperation] {
        let connections = filter.connections.map { connections in
            "," + connections.map { "\($0.rawValue)," }.joined()
        }
        let values: [SQLValue] = [
            .integer(before?.rawValue ?? .max), .optional(filter.kind?.rawValue), .optional(connections),
            .optional(filter.customer), .integer(Int64(limit)),
        ]
        guard filter.state != .dead else { return try transaction.rows(listDead, values, stored) }
        return try transaction.rows(list, values + [.optional(filter.state?.rawValue)], stored)
    }

    package static func get(
        _ id: OperationID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> StoredOperation? {
        try transaction.first(get, [.integer(id.rawValue)], stored)
    }

    /// Tries a dead letter again, or one that waits for its next try at once. What may have reached the provider
    /// is looked up before it is sent. It goes back to its old place, before newer changes of the object that wait;
    /// when one of them has gone out, it is refused.
    package static func retry(
        _ id: OperationID,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> OperationActOutcome {
        guard let row = try OutboxTable.row(id, in: transaction) else { return .notFound }
        let time = SQLValue.integer(now.milliseconds)
        switch row.state {
        case .dead:
            if let obstacle = try obstacle(row, in: transaction) { return obstacle }
            try transaction.execute(
                redriveSent,
                [.integer(id.rawValue), time, .boolean(row.attemptsOfKey > 0)]
            )
            try transaction.execute(redriveQueued, [.integer(id.rawValue), time])
        case .queued, .sent:
            guard try !isInFlight(row, in: transaction) else { return .refused(row.state) }
            try transaction.execute(hurry, [.integer(id.rawValue), time])
        case .acknowledged, .done:
            return .refused(row.state)
        }
        return .done
    }

    /// Gives an operation up that is dead or was never sent; it stays listed as done with the outcome
    /// `discarded`. What waits for an object that it would have made dies with it.
    package static func discard(
        _ id: OperationID,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> OperationActOutcome {
        guard let row = try OutboxTable.row(id, in: transaction) else { return .notFound }
        switch row.state {
        case .dead, .queued:
            guard try !isInFlight(row, in: transaction) else { return .refused(row.state) }
            try transaction.execute(discard, [.integer(id.rawValue), .integer(now.milliseconds)])
            try abandonDependants(of: row, now: now, in: transaction)
            try OutboxWaitsTable.release(after: id, in: transaction)
            return .done
        case .sent, .acknowledged, .done:
            return .refused(row.state)
        }
    }

    /// Lets go of operations that were done before `time`, at most `limit`; returns how many went. Keep them as long
    /// as the provider may tell of them by key (30 days).
    package static func sweepDone(
        before time: Timestamp,
        limit: Int,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Int {
        try transaction.execute(sweep, [.integer(time.milliseconds), .integer(Int64(limit))])
    }

    package static func depth(in transaction: any ReadTransaction) throws(DatabaseError) -> OutboxDepth {
        try transaction.first(depthOf) { row in
            OutboxDepth(
                open: Int(row.integer(0)),
                acknowledged: Int(row.integer(1)),
                dead: Int(row.integer(2)),
                oldest: row.optionalInteger(3).map(Timestamp.init(milliseconds:))
            )
        } ?? OutboxDepth(open: 0, acknowledged: 0, dead: 0, oldest: nil)
    }

    /// Why a dead letter must not be sent any more.
    private static func obstacle(
        _ row: OutboxRow,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> OperationActOutcome? {
        guard let lane = try LanesTable.get(row.lane, in: transaction) else { return .unmade }
        let isMadeAnew = try isBeingMade(lane, in: transaction)
        switch row.kind.effect {
        case .makes:
            if row.overtakenBy != nil || lane.providerID != nil || isMadeAnew { return .overtaken }
        case .changes:
            if row.overtakenBy != nil { return .overtaken }
            if lane.providerID == nil, !isMadeAnew { return .unmade }
        case .ends:
            if lane.providerID == nil, !isMadeAnew { return .unmade }
        }
        guard let number = row.customer else { return nil }
        let customer = try LanesTable.find(
            local: number,
            .customer,
            on: row.connection,
            in: transaction
        )
        guard let customer else { return .unmade }
        if customer.providerID != nil { return nil }
        return try isBeingMade(customer, in: transaction) ? nil : .unmade
    }

    private static func abandonDependants(
        of row: OutboxRow,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        guard row.kind.effect == .makes, let lane = try LanesTable.get(row.lane, in: transaction),
            lane.providerID == nil, try !isBeingMade(lane, in: transaction)
        else { return }
        try transaction.execute(abandon, [.integer(lane.id.rawValue), .integer(now.milliseconds)])
        if lane.type == .customer, let local = lane.localNumber {
            try OutboxTable.orphan(local, of: lane, "creation_discarded", now: now, in: transaction)
        }
    }

    /// An operation that makes the object waits, or is on its way.
    private static func isBeingMade(
        _ lane: Lane,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Bool {
        try OutboxTable.openOperations(of: lane.id, in: transaction).contains { $0.kind.effect == .makes }
    }

    private static func isInFlight(
        _ row: OutboxRow,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Bool {
        try LanesTable.get(row.lane, in: transaction)?.carries(row.id) ?? false
    }

    private static func stored(_ row: any Row) -> StoredOperation {
        guard let kind = OperationKind(rawValue: row.text(3)),
            let state = OperationState(rawValue: row.text(4))
        else { preconditionFailure("kinds are those that were enqueued, and outbox_state_known holds") }
        return StoredOperation(
            id: OperationID(rawValue: row.integer(0)),
            connection: ConnectionID(rawValue: row.integer(1)),
            lane: LaneID(rawValue: row.integer(2)),
            kind: kind,
            state: state,
            localNumber: row.optionalInteger(5),
            providerID: row.optionalText(6).map { ProviderID($0) },
            customer: row.optionalInteger(7),
            idempotencyKey: row.optionalText(8),
            generation: Int(row.integer(9)),
            attempts: Int(row.integer(10)),
            isInFlight: row.boolean(11),
            wantsLookup: row.boolean(12),
            dueAt: row.optionalInteger(13).map(Timestamp.init(milliseconds:)),
            waitsFor: row.optionalInteger(21).map(OperationID.init(rawValue:)),
            deadline: row.optionalInteger(14).map(Timestamp.init(milliseconds:)),
            firstSentAt: row.optionalInteger(15).map(Timestamp.init(milliseconds:)),
            outcome: row.optionalText(16),
            message: row.optionalText(17),
            alertedAt: row.optionalInteger(18).map(Timestamp.init(milliseconds:)),
            createdAt: Timestamp(milliseconds: row.integer(19)),
            settledAt: row.optionalInteger(20).map(Timestamp.init(milliseconds:))
        )
    }
}
