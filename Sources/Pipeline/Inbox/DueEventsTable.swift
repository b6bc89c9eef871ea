package import BillingModel
package import Database
import Packing
package import Timing

/// A stored event that is to be applied now, without its body.
package struct DueEvent: Sendable {
    package let id: Int64
    package let connection: ConnectionID
    package let eventID: String
    package let type: String
    package let receivedAt: Timestamp
    /// Failed tries so far; settling names it, so that a settle after somebody else's does nothing.
    package let attempts: Int
    /// Tried or settled before: it may have been applied already.
    package let wasTouched: Bool
    package let bodyBytes: Int
}

/// A due event with the bytes that it brought.
package struct LoadedEvent: Sendable {
    package let event: DueEvent
    private let packed: PackedBytes

    init(event: DueEvent, packed: PackedBytes) {
        self.event = event
        self.packed = packed
    }

    package init(event: DueEvent, body: [UInt8]) {
        self.init(event: event, packed: PackedBytes(stored: body, packing: nil, unpackedCount: nil))
    }

    /// Unpacked here and not when it is read: a batch of unpacked bodies would not stay in the processor's cache until
    /// each is looked at. Throws `corrupt` when what was stored is damaged.
    package func body() throws(DatabaseError) -> [UInt8] { try packed.unpacked() }
}

/// How much is read at once: whichever is reached first, but always one event.
package struct DueLimits: Sendable {
    package let events: Int
    package let bytes: Int

    package init(events: Int, bytes: Int) {
        self.events = events
        self.bytes = bytes
    }
}

/// The way out of the inbox: what is due, and how taking it ended.
package enum DueEventsTable {
    private static let columns = """
        inbox.id, inbox.connection_id, inbox.event_id, inbox.event_type, inbox.received_at, inbox.attempts,
        inbox.reason, inbox_bodies.body, inbox_bodies.packing, inbox_bodies.unpacked_bytes
        """
    // Two steps, sizes and then bodies: a page of full-sized bodies would take gigabytes. In slices, so that a reader's
    // cache still has the pages of the first step in the second.
    private static let sliceMax = 128
    private static let newSizes = Statement(
        "inbox.due_new_sizes",
        """
        SELECT COALESCE(inbox_bodies.unpacked_bytes, length(inbox_bodies.body))
        FROM inbox
        JOIN inbox_bodies ON inbox_bodies.id = inbox.id
        WHERE inbox.due_at = 0
          AND inbox.id > $1
        ORDER BY inbox.id
        LIMIT $2
        """
    )
    private static let new = Statement(
        "inbox.due_new",
        """
        SELECT \(columns)
        FROM inbox
        JOIN inbox_bodies ON inbox_bodies.id = inbox.id
        WHERE inbox.due_at = 0
          AND inbox.id > $1
        ORDER BY inbox.id
        LIMIT $2
        """
    )
    private static let retrySizes = Statement(
        "inbox.due_retry_sizes",
        """
        SELECT COALESCE(inbox_bodies.unpacked_bytes, length(inbox_bodies.body))
        FROM inbox
        JOIN inbox_bodies ON inbox_bodies.id = inbox.id
        WHERE inbox.due_at > 0
          AND (inbox.due_at <= $1 OR inbox.due_at > $2)
        ORDER BY inbox.due_at, inbox.id
        LIMIT $3
        """
    )
    private static let retries = Statement(
        "inbox.due_retries",
        """
        SELECT \(columns)
        FROM inbox
        JOIN inbox_bodies ON inbox_bodies.id = inbox.id
        WHERE inbox.due_at > 0
          AND (inbox.due_at <= $1 OR inbox.due_at > $2)
        ORDER BY inbox.due_at, inbox.id
        LIMIT $3
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

    // The same for the usual end of a new event.
    private static let apply = Statement(
        "inbox.apply",
        """
        UPDATE inbox
        SET state = 'applied', due_at = NULL, settled_at = $2, reason = NULL
        WHERE id = $1
          AND attempts = 0
          AND state = 'received'
        """
    )
    // And of neighbours at once. A statement of several rows costs a journal of the pages that it changes.
    private static let neighboursMin = 4
    private static let applyNeighbours = Statement(
        "inbox.apply_neighbours",
        """
        UPDATE inbox
        SET state = 'applied', due_at = NULL, settled_at = $3, reason = NULL
        WHERE id BETWEEN $1 AND $2
          AND attempts = 0
          AND state = 'received'
        """
    )

    /// Events that nobody failed on yet, redriven ones among them, by number, after `id`.
    package static func new(
        after id: Int64,
        _ limits: DueLimits,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [LoadedEvent] {
        var events: [LoadedEvent] = []
        var left = limits
        while left.events > 0 {
            let slice = DueLimits(events: min(left.events, sliceMax), bytes: left.bytes)
            let next = try load(
                new,
                sizes: newSizes,
                [.integer(events.last?.event.id ?? id)],
                slice,
                takesOne: events.isEmpty,
                in: transaction
            )
            events += next
            guard next.count == slice.events else { break }
            left = DueLimits(
                events: left.events - next.count,
                bytes: left.bytes - next.reduce(0) { $0 + $1.event.bodyBytes }
            )
        }
        return events
    }

    /// Events whose retry is due at `now`, by due time. A due time after `latest` was set before the clock was
    /// put back: such an event is due as well.
    package static func retries(
        now: Timestamp,
        latest: Timestamp,
        _ limits: DueLimits,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [LoadedEvent] {
        try load(
            retries,
            sizes: retrySizes,
            [.integer(now.milliseconds), .integer(latest.milliseconds)],
            limits,
            in: transaction
        )
    }

    private static func load(
        _ statement: Statement,
        sizes: Statement,
        _ values: [SQLValue],
        _ limits: DueLimits,
        takesOne: Bool = true,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [LoadedEvent] {
        var count = 0
        var bytes = 0
        for size in try transaction.rows(sizes, values + [.integer(Int64(limits.events))], { $0.integer(0) })
        {
            bytes += Int(size)
            if count > 0 || !takesOne, bytes > limits.bytes { break }
            count += 1
        }
        guard count > 0 else { return [] }
        return try transaction.rows(statement, values + [.integer(Int64(count))]) { row in
            let body = row.packed(7)
            let event = DueEvent(
                id: row.integer(0),
                connection: ConnectionID(rawValue: row.integer(1)),
                eventID: row.text(2),
                type: row.text(3),
                receivedAt: Timestamp(milliseconds: row.integer(4)),
                attempts: Int(row.integer(5)),
                wasTouched: !row.isNull(6),
                bodyBytes: body.count
            )
            return LoadedEvent(event: event, packed: body)
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

    /// Marks new events as applied. Throws when one of them is no longer new: then undo what was done for them all.
    package static func apply(
        _ ids: ClosedRange<Int64>,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        let settled = SQLValue.integer(now.milliseconds)
        var changed = 0
        if ids.count < neighboursMin {
            for id in ids { changed += try transaction.execute(apply, [.integer(id), settled]) }
        } else {
            let ends: [SQLValue] = [.integer(ids.lowerBound), .integer(ids.upperBound)]
            changed = try transaction.execute(applyNeighbours, ends + [settled])
        }
        guard changed == ids.count else {
            throw DatabaseError(
                kind: .other,
                statement: apply.name,
                code: 0,
                message: "\(ids.count - changed) of \(ids.count) events are not new any more"
            )
        }
    }
}
