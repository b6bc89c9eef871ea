package import BillingModel
package import Database
package import Timing

/// A stored event that is to be applied now.
package struct DueEvent: Sendable {
    package let id: Int64
    package let dueAt: Timestamp
    package let connection: ConnectionID
    package let eventID: String
    package let type: String
    package let receivedAt: Timestamp
    /// Failed tries so far; settling names it, so that a settle after somebody else's does nothing.
    package let attempts: Int
    /// Tried or settled before: it may have been applied already.
    package let wasTouched: Bool
    package let body: [UInt8]
    package let objectRange: Range<Int>
}

/// A place in the order in which due events are taken: new ones by arrival, then failed ones by due time.
package struct DuePosition: Sendable, Comparable {
    package let dueAt: Timestamp
    package let id: Int64

    package static let start = DuePosition(dueAt: Timestamp(milliseconds: -1), id: 0)
    /// Behind all new events: what is to be tried again.
    package static let retries = DuePosition(dueAt: Timestamp(milliseconds: 1), id: 0)

    package init(dueAt: Timestamp, id: Int64) {
        self.dueAt = dueAt
        self.id = id
    }

    package static func < (left: DuePosition, right: DuePosition) -> Bool {
        (left.dueAt, left.id) < (right.dueAt, right.id)
    }
}

/// The way out of the inbox: what is due, and how taking it ended.
package enum DueEventsTable {
    private static let due = Statement(
        "inbox.due",
        """
        SELECT inbox.id, inbox.due_at, inbox.connection_id, inbox.event_id, inbox.event_type,
               inbox.received_at, inbox.attempts, inbox.reason,
               inbox_bodies.body, inbox_bodies.object_offset, inbox_bodies.object_length
        FROM inbox
        JOIN inbox_bodies ON inbox_bodies.id = inbox.id
        WHERE inbox.due_at <= $1
          AND (inbox.due_at, inbox.id) > ($2, $3)
        ORDER BY inbox.due_at, inbox.id
        LIMIT $4
        """
    )
    private static let nextRetry = Statement(
        "inbox.next_retry",
        "SELECT MIN(due_at) FROM inbox WHERE due_at > 0"
    )
    // The fence: an event that somebody settled, retried or discarded meanwhile has other attempts or state.
    private static let settle = Statement(
        "inbox.settle",
        """
        UPDATE inbox
        SET state = $3, attempts = $4, due_at = $5, settled_at = $6, reason = $7
        WHERE id = $1
          AND attempts = $2
          AND state IN ('received', 'waiting')
        """
    )

    /// At most `countMax` events due at `now`, after `position`.
    package static func due(
        now: Timestamp,
        after position: DuePosition,
        countMax: Int,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [DueEvent] {
        let values: [SQLValue] = [
            .integer(now.milliseconds), .integer(position.dueAt.milliseconds), .integer(position.id),
            .integer(Int64(countMax)),
        ]
        return try transaction.rows(due, values) { row in
            DueEvent(
                id: row.integer(0),
                dueAt: Timestamp(milliseconds: row.integer(1)),
                connection: ConnectionID(rawValue: row.integer(2)),
                eventID: row.text(3),
                type: row.text(4),
                receivedAt: Timestamp(milliseconds: row.integer(5)),
                attempts: Int(row.integer(6)),
                wasTouched: !row.isNull(7),
                body: row.bytes(8),
                objectRange: Int(row.integer(9))..<Int(row.integer(9) + row.integer(10))
            )
        }
    }

    /// When the next failed event is to be tried again; nil when there is none.
    package static func nextRetry(in transaction: any ReadTransaction) throws(DatabaseError) -> Timestamp? {
        let milliseconds: Int64?? = try transaction.first(nextRetry) { $0.optionalInteger(0) }
        return (milliseconds ?? nil).map(Timestamp.init(milliseconds:))
    }

    /// Ends one try. False when the event is no longer the one that was taken: then undo what was done for it.
    package static func settle(
        _ id: Int64,
        attempts: Int,
        as settlement: Settlement,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Bool {
        let after = settlement.columns(attempts: attempts, now: now)
        let changed = try transaction.execute(
            settle,
            [
                .integer(id), .integer(Int64(attempts)), .text(after.state.rawValue),
                .integer(Int64(after.attempts)), .optional(after.dueAt?.milliseconds),
                .optional(after.settledAt?.milliseconds), .optional(after.reason),
            ]
        )
        return changed > 0
    }
}
