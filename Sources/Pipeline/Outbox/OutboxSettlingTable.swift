package import BillingModel
package import Database
package import Lanes
import Providers
package import Timing

/// After the answer, or instead of it.
package enum OutboxSettlingTable {
    private static let finish = Statement(
        "outbox.finish",
        """
        UPDATE outbox
        SET state = 'done', content = NULL, request_method = NULL, request_path = NULL, request_body = NULL,
            request_api_version = NULL, request_account = NULL, due_at = NULL, waits_for = NULL, settled_at = $2,
            outcome = $3, message = NULL, wants_lookup = 0
        WHERE id = $1
          AND state IN ('queued', 'sent', 'acknowledged')
        """
    )
    private static let acknowledge = Statement(
        "outbox.acknowledge",
        """
        UPDATE outbox
        SET state = 'acknowledged', acknowledged_tick = $2, acknowledged_at = $3, due_at = NULL, waits_for = NULL, settled_at = NULL,
            outcome = 'acknowledged', message = NULL, wants_lookup = 0
        WHERE id = $1
          AND state IN ('queued', 'sent', 'dead')
        """
    )
    private static let doubt = Statement(
        "outbox.doubt",
        """
        UPDATE outbox
        SET state = CASE WHEN request_method IS NULL THEN 'queued' ELSE 'sent' END, wants_lookup = 1,
            due_at = CASE WHEN $3 = 1 THEN due_at ELSE $2 END, settled_at = NULL
        WHERE id = $1
          AND state IN ('queued', 'sent', 'dead')
        """
    )
    private static let delay = Statement(
        "outbox.delay",
        """
        UPDATE outbox
        SET due_at = $2, outcome = $3, message = $4, wants_lookup = $5, key_attempts = $6,
            first_attempt_at = COALESCE(first_attempt_at, $7)
        WHERE id = $1
          AND state IN ('queued', 'sent')
        """
    )
    private static let thaw = Statement(
        "outbox.thaw",
        """
        UPDATE outbox
        SET state = 'queued', generation = $2, request_method = NULL, request_path = NULL,
            request_body = NULL, request_api_version = NULL, request_account = NULL, first_sent_at = NULL,
            key_attempts = 0, wants_lookup = 0, due_at = $3, outcome = $4, message = $5
        WHERE id = $1
          AND state IN ('queued', 'sent')
        """
    )
    private static let become = Statement(
        "outbox.become",
        """
        UPDATE outbox
        SET kind = $2, content = $3, due_at = $4, outcome = NULL, message = NULL, wants_lookup = 0
        WHERE id = $1
          AND state = 'queued'
        """
    )
    private static let bury = Statement(
        "outbox.bury",
        """
        UPDATE outbox
        SET state = 'dead', due_at = NULL, waits_for = NULL, settled_at = $2, outcome = $3, message = $4
        WHERE id = $1
          AND state IN ('queued', 'sent')
        """
    )
    private static let acknowledgedOfLane = Statement(
        "outbox.acknowledged_of_lane",
        """
        SELECT id
        FROM outbox
        WHERE lane_id = $1
          AND state <> 'done'
          AND state = 'acknowledged'
          AND acknowledged_tick < $2
        """
    )
    private static let acknowledgements = Statement(
        "outbox.acknowledgements",
        """
        SELECT id, acknowledged_at, idempotency_key
        FROM outbox
        WHERE lane_id = $1
          AND state <> 'done'
          AND state = 'acknowledged'
        """
    )
    private static let moveToLane = Statement(
        "outbox.move_to_lane",
        "UPDATE outbox SET lane_id = $2 WHERE lane_id = $1"
    )

    /// Ends one try and gives the object free. False when the lease was lost: then nothing was changed, and what
    /// became of the call is found out by whoever holds the operation now.
    ///
    /// - Parameter makingReads: what only a read can tell is read (`ConfirmPolicy.makesReads`).
    package static func settle(
        _ operation: ClaimedOperation,
        as outcome: AttemptOutcome,
        makingReads: Bool = true,
        schedule: ReadSchedule = .standard,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Bool {
        guard try LaneFlightsTable.end(operation.flight, in: transaction) else { return false }
        try record(outcome, of: operation.id, now: now, in: transaction)
        let isReadOwed: Bool
        switch outcome {
        case .done: isReadOwed = false
        // An acknowledged patch ends with a read; a refused one was shown until now, and what is true instead only
        // a read can tell (R7).
        case .acknowledged, .dead: isReadOwed = true
        // An event may have acknowledged it meanwhile, and left the read to whoever held the object.
        case .retry, .lookUp, .renew, .became, .putBack:
            isReadOwed = try OutboxTable.row(operation.id, in: transaction)?.state == .acknowledged
        }
        if isReadOwed, !makingReads {
            try LaneReadsTable.doubt(operation.flight.lane, in: transaction)
        } else if isReadOwed {
            let due = now.adding(milliseconds: schedule.confirmMilliseconds)
            try LaneReadsTable.markDirty(
                operation.flight.lane,
                for: .write,
                due: due,
                now: now,
                in: transaction
            )
        }
        return true
    }

    /// The same without the lease, which the caller ended in this transaction, as a read of the answer does.
    package static func record(
        _ outcome: AttemptOutcome,
        of id: OperationID,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        guard let row = try OutboxTable.row(id, in: transaction) else { return }
        switch outcome {
        case .done(let made):
            if let made { try bind(row.lane, to: made, in: transaction) }
            try finish(id, "done", now: now, in: transaction)
        case .acknowledged(let made):
            if let made { try bind(row.lane, to: made, in: transaction) }
            try acknowledge(id, now: now, in: transaction)
        case .retry(let time, let trouble):
            try delay(row, until: time, trouble, now: now, in: transaction)
        case .lookUp(let time, let trouble):
            try transaction.execute(
                delay,
                [
                    .integer(id.rawValue), .integer(time.milliseconds), .text(trouble.code),
                    .optional(trouble.message), .boolean(true), .integer(Int64(row.attemptsOfKey)),
                    .integer(now.milliseconds),
                ]
            )
        case .renew(let time, let trouble):
            try thaw(row, generation: row.generation + 1, until: time, trouble, in: transaction)
        case .became(let change, let provider):
            try bind(row.lane, to: provider, in: transaction)
            try transaction.execute(
                become,
                [
                    .integer(id.rawValue), .text(change.kind.rawValue), .bytes(change.json()),
                    .integer(now.milliseconds),
                ]
            )
        case .putBack(let time, let step):
            try OutboxUnsentTable.putBack(row, until: time, step, in: transaction)
        case .dead(let trouble):
            try transaction.execute(
                bury,
                [
                    .integer(id.rawValue), .integer(now.milliseconds), .text(trouble.code),
                    .optional(trouble.message),
                ]
            )
            // What waits for an object that was not made goes on waiting: for a person who has it tried again.
            if row.kind.effect != .makes { try OutboxWaitsTable.release(after: id, in: transaction) }
        }
    }

    /// An event carried the key of one of our requests (R1): whatever was thought of it, the provider did it.
    /// Returns the operation's lane when that was news, nil when not. Its call may still be in flight: then
    /// whoever holds the lane sees to the read that the patch waits for, else the caller does.
    ///
    /// What was to be made is looked up when the event is of something else: nobody can go on without its id.
    ///
    /// - Parameter object: what the event is of. One request may tell of several objects.
    package static func acknowledge(
        _ key: IdempotencyKey,
        toldBy object: ObjectKey,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Lane? {
        guard let row = try OutboxTable.row(key.operation, in: transaction),
            row.connection == object.connection,
            let stored = row.key.flatMap({ IdempotencyKey($0) }), stored.epoch == key.epoch
        else { return nil }
        switch row.state {
        case .queued, .sent, .dead:
            if row.kind.effect == .makes {
                guard let lane = try LanesTable.get(row.lane, in: transaction) else { return nil }
                if row.kind.objectType == object.type {
                    try bind(row.lane, to: object.id, in: transaction)
                } else if lane.providerID == nil {
                    try doubt(row, lane.carries(row.id), now: now, in: transaction)
                    return nil
                }
            }
            try acknowledge(row.id, now: now, in: transaction)
            return try LanesTable.get(row.lane, in: transaction)
        case .acknowledged, .done:
            return nil
        }
    }

    /// A read that began at `start` became the confirmed state: what was acknowledged before is contained in it
    /// or superseded by it (R3). Returns how many ended.
    package static func finishAcknowledged(
        of lane: LaneID,
        before start: Tick,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Int {
        let ids = try transaction.rows(
            acknowledgedOfLane,
            [.integer(lane.rawValue), .integer(start.rawValue)]
        ) { OperationID(rawValue: $0.integer(0)) }
        for id in ids { try finish(id, "confirmed", now: now, in: transaction) }
        return ids.count
    }

    /// Where nothing is read (`ConfirmPolicy.never`), an acknowledged patch ends at an event of its object in a
    /// later second than the acknowledgement, or at the one that carries its key (provider_api 3.6).
    package static func finishAcknowledged(
        of lane: LaneID,
        atEventOf second: Int64,
        carrying key: IdempotencyKey?,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        let waiting = try transaction.rows(acknowledgements, [.integer(lane.rawValue)]) { row in
            (
                OperationID(rawValue: row.integer(0)), row.optionalInteger(1),
                row.optionalText(2).flatMap { IdempotencyKey($0) }
            )
        }
        for (id, acknowledgedAt, own) in waiting {
            let isOlder = acknowledgedAt.map { $0 / 1_000 < second } ?? true
            if isOlder || (key != nil && own == key) {
                try finish(id, "told", now: now, in: transaction)
            }
        }
    }

    /// The object is gone (R4): what was not sent will not be. What was sent keeps its place until it is answered.
    package static func cancelUnsent(
        of lane: Lane,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        for operation in try OutboxTable.openOperations(of: lane.id, in: transaction)
        where operation.state == .queued && !lane.carries(operation.id) {
            try finish(operation.id, "object_deleted", now: now, in: transaction)
        }
        _ = try finishAcknowledged(
            of: lane.id,
            before: Tick(rawValue: .max),
            now: now,
            in: transaction
        )
    }

    /// The provider has the object, under that id. A lane that knew only the id is taken in.
    package static func bind(
        _ id: LaneID,
        to provider: ProviderID,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        guard let lane = try LanesTable.get(id, in: transaction), lane.providerID == nil else { return }
        let key = ObjectKey(connection: lane.connection, type: lane.type, id: provider)
        var object = lane.objectNumber
        if let other = try LanesTable.find(key, in: transaction) {
            try transaction.execute(moveToLane, [.integer(other.id.rawValue), .integer(id.rawValue)])
            try LanesTable.remove(other.id, in: transaction)
            object = object ?? other.objectNumber
            var taken = lane
            taken.state = other.state
            // A call of this lane may be under way, and answers what was asked of this lane.
            taken.state.dirty += lane.state.dirty
            taken.reads = other.reads.joined(by: lane.reads)
            taken.lastRead = other.lastRead
            try LanesTable.save(taken, in: transaction)
        }
        _ = try LanesTable.rename(
            lane,
            local: lane.localNumber,
            provider: provider,
            object: object,
            in: transaction
        )
        try OutboxWaitsTable.release(boundTo: lane, in: transaction)
    }

    private static func acknowledge(
        _ id: OperationID,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        let tick = try LogicalClockTable.next(in: transaction)
        try transaction.execute(
            acknowledge,
            [.integer(id.rawValue), .integer(tick.rawValue), .integer(now.milliseconds)]
        )
        try OutboxWaitsTable.release(after: id, in: transaction)
    }

    private static func doubt(
        _ row: OutboxRow,
        _ isInFlight: Bool,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        try transaction.execute(
            doubt,
            [.integer(row.id.rawValue), .integer(now.milliseconds), .boolean(isInFlight)]
        )
    }

    private static func delay(
        _ row: OutboxRow,
        until time: Timestamp,
        _ trouble: AttemptTrouble,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        let attempts = trouble.mayHaveBeenExecuted ? row.attemptsOfKey : max(row.attemptsOfKey - 1, 0)
        if row.state == .sent, attempts == 0 {
            // Nothing under this key ever reached the provider, so other bytes may go out under it.
            return try thaw(row, generation: row.generation, until: time, trouble, in: transaction)
        }
        try transaction.execute(
            delay,
            [
                .integer(row.id.rawValue), .integer(time.milliseconds), .text(trouble.code),
                .optional(trouble.message), .boolean(row.wantsLookup), .integer(Int64(attempts)),
                .integer(now.milliseconds),
            ]
        )
    }

    private static func thaw(
        _ row: OutboxRow,
        generation: Int,
        until time: Timestamp,
        _ trouble: AttemptTrouble,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        try transaction.execute(
            thaw,
            [
                .integer(row.id.rawValue), .integer(Int64(generation)), .integer(time.milliseconds),
                .text(trouble.code), .optional(trouble.message),
            ]
        )
    }

    private static func finish(
        _ id: OperationID,
        _ outcome: String,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        try transaction.execute(
            finish,
            [.integer(id.rawValue), .integer(now.milliseconds), .text(outcome)]
        )
        try OutboxWaitsTable.release(after: id, in: transaction)
    }
}
