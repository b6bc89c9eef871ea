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
    // The newest row stays whatever its age: the next number is counted from it.
    private static let window = Statement(
        "retention.window",
        """
        SELECT MAX(id), MIN(received_at)
        FROM (
            SELECT id, received_at
            FROM inbox
            WHERE id > $1 AND id < (SELECT MAX(id) FROM inbox)
            ORDER BY id
            LIMIT $2
        )
        """
    )
    // A body that holds an object's visible state is copied out before it goes.
    private static let keepDocuments = Statement(
        "retention.keep_documents",
        """
        INSERT INTO object_documents (object_id, document)
        SELECT objects.id, substr(inbox_bodies.body, inbox_bodies.object_offset + 1, inbox_bodies.object_length)
        FROM inbox
        JOIN inbox_bodies ON inbox_bodies.id = inbox.id
        JOIN object_events ON object_events.id = inbox.id
        JOIN objects ON objects.id = object_events.object_id AND objects.state_event_id = inbox.id
        WHERE inbox.id > $1 AND inbox.id <= $2
          AND inbox.state IN ('applied', 'ignored') AND inbox.settled_at < $3
        ON CONFLICT (object_id) DO UPDATE SET document = excluded.document
        """
    )
    private static let unlinkDocuments = Statement(
        "retention.unlink_documents",
        """
        UPDATE objects
        SET state_event_id = NULL
        WHERE id IN (
            SELECT object_events.object_id
            FROM inbox
            JOIN object_events ON object_events.id = inbox.id
            WHERE inbox.id > $1 AND inbox.id <= $2
              AND inbox.state IN ('applied', 'ignored') AND inbox.settled_at < $3
        )
          AND state_event_id IN (
            SELECT id
            FROM inbox
            WHERE id > $1 AND id <= $2
              AND state IN ('applied', 'ignored') AND settled_at < $3
        )
        """
    )
    private static let sweepBodies = Statement(
        "retention.sweep_bodies",
        """
        DELETE FROM inbox_bodies
        WHERE id IN (
            SELECT id
            FROM inbox
            WHERE id > $1 AND id <= $2
              AND state IN ('applied', 'ignored') AND settled_at < $3
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

    /// The last number of the window after `start`, and when its oldest event came; nil behind the end.
    static func window(
        after start: Int64,
        size: Int,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> (end: Int64, oldest: Timestamp)? {
        let found: (Int64, Timestamp)?? = try transaction.first(
            window,
            [.integer(start), .integer(Int64(size))]
        ) { row in
            row.isNull(0) ? nil : (row.integer(0), Timestamp(milliseconds: row.integer(1)))
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
        try transaction.execute(keepDocuments, values)
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
