import BillingModel
package import Database
package import Lanes
import Providers
package import Timing

/// The way into the outbox: a local change and its operation commit together, in the caller's transaction.
package enum OutboxTable {
    static let get = Statement(
        "outbox.get",
        """
        SELECT \(OutboxRow.columns)
        FROM outbox
        WHERE outbox.id = $1
        """
    )
    // The newest first: only the last operation of an object may take another change in.
    private static let openOfLane = Statement(
        "outbox.open_of_lane",
        """
        SELECT \(OutboxRow.columns)
        FROM outbox
        WHERE outbox.lane_id = $1
          AND outbox.state <> 'done'
          AND outbox.state IN ('queued', 'sent')
        ORDER BY outbox.id DESC
        """
    )
    private static let insert = Statement(
        "outbox.insert",
        """
        INSERT INTO outbox
            (id, connection_id, lane_id, kind, state, customer_id, content, due_at, deadline_at, created_at,
             waits_for)
        VALUES ($1, $2, $3, $4, 'queued', $5, $6, $7, $8, $7, $9)
        """
    )
    private static let setContent = Statement(
        "outbox.set_content",
        """
        UPDATE outbox
        SET content = $2
        WHERE id = $1
          AND state = 'queued'
        """
    )
    private static let cancel = Statement(
        "outbox.cancel",
        """
        UPDATE outbox
        SET state = 'done', content = NULL, due_at = NULL, waits_for = NULL, settled_at = $2, outcome = $3,
            wants_lookup = 0
        WHERE id = $1
          AND state = 'queued'
        """
    )
    private static let orphan = Statement(
        "outbox.orphan",
        """
        UPDATE outbox
        SET state = 'dead', due_at = NULL, waits_for = NULL, settled_at = $3, outcome = $4
        WHERE customer_id = $1
          AND connection_id = $2
          AND state <> 'done'
          AND state = 'queued'
          AND NOT EXISTS (
            SELECT 1
            FROM lane_objects lane
            WHERE lane.id = outbox.lane_id
              AND lane.flight_operation_id = outbox.id
        )
        """
    )

    /// Adds a change to what is owed to its object, in the order in which they come.
    ///
    /// - An update joins the object's last operation when that was never sent.
    /// - An end takes back what was never sent before it.
    package static func enqueue(
        _ new: NewOperation,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> EnqueueOutcome {
        switch new.operation.kind.effect {
        case .makes: return try make(new, now: now, in: transaction)
        case .changes: return try change(new, now: now, in: transaction)
        case .ends: return try end(new, now: now, in: transaction)
        }
    }

    private static func make(
        _ new: NewOperation,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> EnqueueOutcome {
        let id = OperationID(rawValue: try LogicalClockTable.next(in: transaction).rawValue)
        let target = new.target
        var lane = try findOrMakeLane(target, in: transaction)
        if lane.state.life == .tombstone, let local = lane.localNumber {
            // What the provider deleted stays deleted; this is another object of the same local one.
            _ = try LanesTable.rename(
                lane,
                local: nil,
                provider: lane.providerID,
                object: lane.objectNumber,
                in: transaction
            )
            lane = try LanesTable.findOrMake(
                target.type == .customer
                    ? .customer(local, on: target.connection, provider: nil)
                    : .made(target.type, local, on: target.connection),
                in: transaction
            )
        }
        let last = try openOperations(of: lane.id, in: transaction).first
        if let last, let merged = try join(new, to: last, of: lane, in: transaction) { return merged }
        return try insert(new, id, lane, after: last?.id, now: now, in: transaction)
    }

    private static func change(
        _ new: NewOperation,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> EnqueueOutcome {
        guard let lane = try lane(of: new.target, in: transaction) else { return .needsMaking }
        guard lane.state.life != .tombstone else { return .isDeleted }
        let open = try openOperations(of: lane.id, in: transaction)
        guard !open.contains(where: { $0.kind.effect == .ends }) else { return .isDeleted }
        guard lane.providerID != nil || open.contains(where: { $0.kind.effect == .makes }) else {
            return .needsMaking
        }
        if let last = open.first, let merged = try join(new, to: last, of: lane, in: transaction) {
            return merged
        }
        let id = OperationID(rawValue: try LogicalClockTable.next(in: transaction).rawValue)
        return try insert(new, id, lane, after: open.first?.id, now: now, in: transaction)
    }

    private static func end(
        _ new: NewOperation,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> EnqueueOutcome {
        guard let lane = try lane(of: new.target, in: transaction) else { return .needsMaking }
        guard lane.state.life != .tombstone else { return .isDeleted }
        let open = try openOperations(of: lane.id, in: transaction)
        if let same = open.first(where: { $0.kind == new.operation.kind }) { return .merged(into: same.id) }
        var last: OperationID?
        for operation in open {
            guard operation.state == .queued, !lane.carries(operation.id) else {
                last = last ?? operation.id
                continue
            }
            try transaction.execute(
                cancel,
                [.integer(operation.id.rawValue), .integer(now.milliseconds), .text("superseded")]
            )
        }
        if lane.type == .customer, let local = lane.localNumber {
            try orphan(local, of: lane, "customer_deleted", now: now, in: transaction)
        }
        guard lane.providerID != nil || last != nil else { return .cancelled }
        let id = OperationID(rawValue: try LogicalClockTable.next(in: transaction).rawValue)
        return try insert(new, id, lane, after: last, now: now, in: transaction)
    }

    /// What waits for a customer that will not come to be at the provider waits for a person.
    static func orphan(
        _ customer: Int64,
        of lane: Lane,
        _ outcome: String,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        try transaction.execute(
            orphan,
            [
                .integer(customer), .integer(lane.connection.rawValue), .integer(now.milliseconds),
                .text(outcome),
            ]
        )
    }

    /// Nil when neither a lane nor the provider knows the object.
    private static func lane(
        of target: LaneTarget,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Lane? {
        if target.providerID == nil {
            guard let local = target.localNumber else { return nil }
            return try LanesTable.find(local: local, target.type, on: target.connection, in: transaction)
        }
        return try findOrMakeLane(target, in: transaction)
    }

    /// `LanesTable.findOrMake`; what waited until the provider has the object goes on when `target` says that it has.
    package static func findOrMakeLane(
        _ target: LaneTarget,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Lane {
        let lane = try LanesTable.findOrMake(target, in: transaction)
        if target.localNumber != nil, target.providerID != nil {
            try OutboxWaitsTable.release(boundTo: lane, in: transaction)
        }
        return lane
    }

    /// Nil when `last` cannot take the change in: it was sent, or is just being taken out.
    private static func join(
        _ new: NewOperation,
        to last: OutboxRow,
        of lane: Lane,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> EnqueueOutcome? {
        let mayTakeIn =
            last.state == .queued && last.kind.effect != .ends && last.customer == new.customer
            && !last.wantsLookup && !lane.carries(last.id)
        guard mayTakeIn,
            let joined = OperationContent.operation(last.content)?.coalesced(with: new.operation)
        else { return nil }
        try transaction.execute(setContent, [.integer(last.id.rawValue), .bytes(joined.json())])
        return .merged(into: last.id)
    }

    private static func insert(
        _ new: NewOperation,
        _ id: OperationID,
        _ lane: Lane,
        after last: OperationID?,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> EnqueueOutcome {
        let predecessor = try OutboxWaitsTable.predecessor(
            of: new,
            on: lane.connection,
            last: last,
            in: transaction
        )
        try transaction.execute(
            insert,
            [
                .integer(id.rawValue), .integer(lane.connection.rawValue), .integer(lane.id.rawValue),
                .text(new.operation.kind.rawValue), .optional(new.customer), .bytes(new.operation.json()),
                .integer(now.milliseconds), .optional(new.deadline?.milliseconds),
                .optional(predecessor?.rawValue),
            ]
        )
        return .queued(id)
    }

    static func openOperations(
        of lane: LaneID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [OutboxRow] {
        try transaction.rows(openOfLane, [.integer(lane.rawValue)], OutboxRow.init)
    }

    static func row(
        _ id: OperationID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> OutboxRow? {
        try transaction.first(get, [.integer(id.rawValue)], OutboxRow.init)
    }
}

extension Lane {
    /// A call of that operation is in flight.
    package func carries(_ operation: OperationID) -> Bool {
        flight?.purpose == .write(operation: operation.rawValue)
    }
}
