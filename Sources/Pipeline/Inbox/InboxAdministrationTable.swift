import BillingModel
package import Database
import Packing
package import Timing

/// What an operator does with stored events: look, replay, retry and discard dead letters.
package enum InboxAdministration {
    private static let columns = """
        inbox.id, inbox.connection_id, inbox.endpoint, inbox.event_id, inbox.event_type, inbox.api_version,
        inbox.occurred_at, inbox.received_at, inbox.state, inbox.attempts, inbox.due_at, inbox.settled_at,
        inbox.reason, inbox_bodies.id IS NOT NULL
        """
    // Dead letters are few among many: said in so many words, their index finds them without a walk over the inbox.
    private static let list = Statement("inbox.list", listing("($7 IS NULL OR inbox.state = $7)"))
    private static let listDead = Statement("inbox.list_dead", listing("inbox.state = 'dead'"))

    private static func listing(_ state: String) -> String {
        """
        SELECT \(columns)
        FROM inbox
        LEFT JOIN inbox_bodies ON inbox_bodies.id = inbox.id
        WHERE inbox.id < $1
          AND \(state)
          AND ($2 IS NULL OR inbox.event_type = $2)
          AND ($3 IS NULL OR inbox.endpoint = $3)
          AND ($4 IS NULL OR inbox.event_id = $4)
          AND ($5 IS NULL OR instr($5, ',' || inbox.connection_id || ',') > 0)
        ORDER BY inbox.id DESC
        LIMIT $6
        """
    }
    private static let get = Statement(
        "inbox.get",
        """
        SELECT \(columns)
        FROM inbox
        LEFT JOIN inbox_bodies ON inbox_bodies.id = inbox.id
        WHERE inbox.id = $1
        """
    )
    private static let body = Statement(
        "inbox_bodies.get",
        "SELECT body, packing, unpacked_bytes FROM inbox_bodies WHERE id = $1"
    )
    private static let act = Statement(
        "inbox.act",
        """
        UPDATE inbox
        SET state = $3, attempts = 0, due_at = $4, settled_at = $5, reason = $6
        WHERE id = $1 AND state = $2
        """
    )
    private static let counts = Statement(
        "inbox.counts",
        """
        SELECT
            (SELECT COUNT(*) FROM inbox WHERE due_at IS NOT NULL),
            (SELECT received_at FROM inbox WHERE due_at IS NOT NULL ORDER BY due_at, id LIMIT 1),
            (SELECT COUNT(*) FROM inbox WHERE state = 'dead')
        """
    )

    /// Newest first, rows before `before` (a row number), at most `limit`.
    package static func list(
        _ filter: StoredEventFilter,
        before: Int64?,
        limit: Int,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [StoredEvent] {
        let connections = filter.connections.map { connections in
            "," + connections.map { "\($0.rawValue)," }.joined()
        }
        let values: [SQLValue] = [
            .integer(before ?? .max), .optional(filter.type), .optional(filter.endpoint),
            .optional(filter.eventID), .optional(connections), .integer(Int64(limit)),
        ]
        guard filter.state != .dead else { return try transaction.rows(listDead, values, storedEvent) }
        return try transaction.rows(list, values + [.optional(filter.state?.rawValue)], storedEvent)
    }

    package static func get(
        _ id: Int64,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> StoredEvent? {
        try transaction.first(get, [.integer(id)], storedEvent)
    }

    /// The signed bytes; nil when unknown or swept.
    package static func body(
        of id: Int64,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [UInt8]? {
        try transaction.first(body, [.integer(id)], { $0.packed(0) })?.unpacked()
    }

    /// Applies a stored event once more, whatever became of it. Applying is idempotent: it rebuilds the
    /// object's projection from the stored events and adds nothing twice.
    package static func replay(
        _ id: Int64,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> InboxActOutcome {
        try change(
            id,
            from: [.applied, .ignored, .dead],
            to: .received,
            now: now,
            in: transaction
        )
    }

    /// Redrives a dead letter.
    package static func retry(
        _ id: Int64,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> InboxActOutcome {
        try change(id, from: [.dead, .waiting], to: .received, now: now, in: transaction)
    }

    /// Gives a dead letter up: it stays listed as ignored, and retention may sweep it.
    package static func discard(
        _ id: Int64,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> InboxActOutcome {
        try change(id, from: [.dead], to: .ignored, now: now, in: transaction)
    }

    /// Events not applied yet, since when the next of them waits, and how many are dead.
    package static func depth(
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> (pending: Int, oldestReceived: Timestamp?, dead: Int) {
        try transaction.first(counts) { row in
            (
                Int(row.integer(0)), row.optionalInteger(1).map(Timestamp.init(milliseconds:)),
                Int(row.integer(2))
            )
        } ?? (0, nil, 0)
    }

    private static func change(
        _ id: Int64,
        from allowed: [InboxState],
        to state: InboxState,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> InboxActOutcome {
        guard let event = try get(id, in: transaction) else { return .notFound }
        guard allowed.contains(event.state) else { return .refused(event.state) }
        let isPending = state == .received
        guard event.hasBody || !isPending else { return .bodySwept }
        try transaction.execute(
            act,
            [
                .integer(id), .text(event.state.rawValue), .text(state.rawValue),
                isPending ? .integer(0) : .null,
                isPending ? .null : .integer(now.milliseconds),
                // A reason on a pending row says that it may have been applied before.
                .text(isPending ? "redriven" : "discarded"),
            ]
        )
        return .done
    }

    private static func storedEvent(_ row: any Row) -> StoredEvent {
        guard let state = InboxState(rawValue: row.text(8)) else {
            preconditionFailure("inbox_state_known holds")
        }
        return StoredEvent(
            id: row.integer(0),
            connection: ConnectionID(rawValue: row.integer(1)),
            endpoint: row.text(2),
            eventID: row.text(3),
            type: row.text(4),
            apiVersion: row.optionalText(5),
            occurredAt: row.optionalInteger(6).map(Timestamp.init(milliseconds:)),
            receivedAt: Timestamp(milliseconds: row.integer(7)),
            state: state,
            attempts: Int(row.integer(9)),
            dueAt: row.optionalInteger(10).flatMap { $0 > 0 ? Timestamp(milliseconds: $0) : nil },
            settledAt: row.optionalInteger(11).map(Timestamp.init(milliseconds:)),
            reason: row.optionalText(12),
            hasBody: row.boolean(13)
        )
    }
}
