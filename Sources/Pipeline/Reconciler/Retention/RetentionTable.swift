import CustomerStore
import Database
import Timing

/// Statements of the retention sweep. All work on a window of inbox numbers, so that each is short.
enum RetentionTable {
    private static let oldestBody = Statement(
        "retention.oldest_body",
        "SELECT MIN(id) FROM inbox_bodies"
    )
    private static let oldestEvent = Statement(
        "retention.oldest_event",
        "SELECT MIN(id) FROM inbox"
    )
    // The newest row stays whatever its age: the next number is counted from it. Among bodies, so that an old dead
    // letter does not make every sweep walk over all the events behind it that are only ids by now.
    private static let windowOfBodies = Statement(
        "retention.window_of_bodies",
        """
        SELECT MAX(id), MIN(received_at), SUM(is_due)
        FROM (
            SELECT inbox_bodies.id, inbox.received_at,
                inbox.state IN ('applied', 'ignored') AND inbox.settled_at < $3 AS is_due
            FROM inbox_bodies
            JOIN inbox ON inbox.id = inbox_bodies.id
            WHERE inbox_bodies.id > $1 AND inbox_bodies.id < (SELECT MAX(id) FROM inbox)
            ORDER BY inbox_bodies.id
            LIMIT $2
        )
        """
    )
    private static let windowOfEvents = Statement(
        "retention.window_of_events",
        """
        SELECT MAX(id), MIN(received_at), SUM(is_due)
        FROM (
            SELECT id, received_at, state IN ('applied', 'ignored') AND settled_at < $3 AS is_due
            FROM inbox
            WHERE id > $1 AND id < (SELECT MAX(id) FROM inbox)
            ORDER BY id
            LIMIT $2
        )
        """
    )
    // A body that holds an object's visible state is copied out before it goes. CROSS JOIN keeps SQLite's order of
    // loops: over the window's few bodies, not over the ids between them.
    private static let shownObjects = Statement(
        "retention.shown_objects",
        """
        SELECT objects.id
        FROM inbox_bodies
        CROSS JOIN inbox ON inbox.id = inbox_bodies.id
        CROSS JOIN object_events ON object_events.id = inbox.id
        CROSS JOIN objects ON objects.id = object_events.object_id AND objects.state_event_id = inbox.id
        WHERE inbox_bodies.id > $1 AND inbox_bodies.id <= $2
          AND inbox.state IN ('applied', 'ignored') AND inbox.settled_at < $3
        """
    )
    private static let unlinkDocuments = Statement(
        "retention.unlink_documents",
        """
        UPDATE objects
        SET state_event_id = NULL
        WHERE id IN (
            SELECT objects.id
            FROM inbox_bodies
            CROSS JOIN inbox ON inbox.id = inbox_bodies.id
            CROSS JOIN object_events ON object_events.id = inbox.id
            CROSS JOIN objects ON objects.id = object_events.object_id AND objects.state_event_id = inbox.id
            WHERE inbox_bodies.id > $1 AND inbox_bodies.id <= $2
              AND inbox.state IN ('applied', 'ignored') AND inbox.settled_at < $3
        )
        """
    )
    private static let sweepBodies = Statement(
        "retention.sweep_bodies",
        """
        DELETE FROM inbox_bodies
        WHERE id > $1 AND id <= $2
          AND EXISTS (
            SELECT 1
            FROM inbox
            WHERE inbox.id = inbox_bodies.id
              AND inbox.state IN ('applied', 'ignored') AND inbox.settled_at < $3
        )
        """
    )
    private static let sweepObjectEvents = Statement(
        "retention.sweep_object_events",
        """
        DELETE FROM object_events
        WHERE id IN (
            SELECT id
            FROM inbox
            WHERE id > $1 AND id <= $2
              AND state IN ('applied', 'ignored') AND settled_at < $3
              AND NOT EXISTS (SELECT 1 FROM inbox_bodies WHERE inbox_bodies.id = inbox.id)
        )
        """
    )
    private static let sweepEvents = Statement(
        "retention.sweep_events",
        """
        DELETE FROM inbox
        WHERE id > $1 AND id <= $2
          AND state IN ('applied', 'ignored') AND settled_at < $3
          AND NOT EXISTS (SELECT 1 FROM inbox_bodies WHERE inbox_bodies.id = inbox.id)
        """
    )

    /// Where a sweep of bodies, or of whole events, begins: the number before the oldest one.
    static func start(ofBodies: Bool, in transaction: any ReadTransaction) throws(DatabaseError) -> Int64? {
        let oldest: Int64?? = try transaction.first(ofBodies ? oldestBody : oldestEvent) {
            $0.optionalInteger(0)
        }
        return (oldest ?? nil).map { $0 - 1 }
    }

    /// Some rows behind a start, looked at together.
    struct Window {
        let end: Int64
        /// When the first of them came.
        let oldest: Timestamp
        let hasDueRows: Bool
    }

    /// The next rows after `start`; nil behind the end.
    static func window(
        ofBodies: Bool,
        after start: Int64,
        size: Int,
        settledBefore cutoff: Timestamp,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Window? {
        let found: Window?? = try transaction.first(
            ofBodies ? windowOfBodies : windowOfEvents,
            [.integer(start), .integer(Int64(size)), .integer(cutoff.milliseconds)]
        ) { row in
            row.isNull(0)
                ? nil
                : Window(
                    end: row.integer(0),
                    oldest: Timestamp(milliseconds: row.integer(1)),
                    hasDueRows: row.integer(2) > 0
                )
        }
        return found ?? nil
    }

    /// Returns how many bodies went.
    static func sweepBodies(
        after start: Int64,
        through end: Int64,
        settledBefore cutoff: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Int {
        let values: [SQLValue] = [.integer(start), .integer(end), .integer(cutoff.milliseconds)]
        for object in try transaction.rows(shownObjects, values, { $0.integer(0) }) {
            guard let json = try ObjectDocuments.json(objectNumber: object, in: transaction) else { continue }
            try ObjectDocuments.keep(json, objectNumber: object, in: transaction)
        }
        try transaction.execute(unlinkDocuments, values)
        return try transaction.execute(sweepBodies, values)
    }

    /// Returns how many events went, ids and all: from then on a copy of one would count as new.
    static func sweepEvents(
        after start: Int64,
        through end: Int64,
        settledBefore cutoff: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Int {
        let values: [SQLValue] = [.integer(start), .integer(end), .integer(cutoff.milliseconds)]
        try transaction.execute(sweepObjectEvents, values)
        return try transaction.execute(sweepEvents, values)
    }
}
