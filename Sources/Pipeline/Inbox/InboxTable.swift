import BillingModel
import Database
import Packing
import Timing

/// Statements on the inbox that the intake and the applier run for every event.
enum InboxTable {
    private static let newest = Statement(
        "inbox.newest",
        "SELECT COALESCE(MAX(id), 0) FROM inbox"
    )
    private static let insert = Statement(
        "inbox.insert",
        """
        INSERT INTO inbox
            (id, connection_id, endpoint, event_id, event_type, api_version, occurred_at, received_at,
             state, due_at, settled_at, reason)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (connection_id, event_id) DO NOTHING
        """
    )
    private static let insertBody = Statement(
        "inbox_bodies.insert",
        """
        INSERT INTO inbox_bodies (id, object_offset, object_length, body, packing, unpacked_bytes)
        VALUES ($1, $2, $3, $4, $5, $6)
        """
    )
    private static let known = Statement(
        "inbox.known",
        """
        SELECT inbox.api_version, inbox_bodies.body, inbox_bodies.packing, inbox_bodies.unpacked_bytes
        FROM inbox
        JOIN inbox_bodies ON inbox_bodies.id = inbox.id
        WHERE inbox.connection_id = $1 AND inbox.event_id = $2
        """
    )

    private static let exists = Statement(
        "inbox.exists",
        "SELECT 1 FROM inbox WHERE connection_id = $1 AND event_id = $2"
    )

    static func newestID(in transaction: any ReadTransaction) throws(DatabaseError) -> Int64 {
        try transaction.first(newest) { $0.integer(0) } ?? 0
    }

    /// False when the connection has the event already; then nothing is written.
    static func insert(
        _ event: ReceivedEvent,
        id: Int64,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Bool {
        let (state, reason): (InboxState, String?) =
            switch event.disposition {
            case .apply: (.received, nil)
            case .ignore(let reason): (.ignored, reason)
            case .deadLetter(let reason): (.dead, reason)
            }
        let received = SQLValue.integer(event.receivedAt.milliseconds)
        let inserted = try transaction.execute(
            insert,
            [
                .integer(id), .integer(event.connection.rawValue), .text(event.endpoint),
                .text(event.eventID),
                .text(event.type), .optional(event.apiVersion), .optional(event.occurredAt?.milliseconds),
                received, .text(state.rawValue),
                // Zero, "at once", and not the time: so that events are taken in the order of their numbers.
                state == .received ? .integer(0) : .null,
                state == .received ? .null : received,
                .optional(reason),
            ]
        )
        guard inserted > 0 else { return false }
        try transaction.execute(
            insertBody,
            [
                .integer(id), .integer(Int64(event.objectRange.lowerBound)),
                .integer(Int64(event.objectRange.count)),
            ] + event.body.values
        )
        return true
    }

    static func exists(
        _ eventID: String,
        of connection: ConnectionID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Bool {
        try transaction.first(exists, [.integer(connection.rawValue), .text(eventID)]) { _ in true } ?? false
    }

    /// API version and body of an event that is stored already; nil once its body was swept.
    static func knownEvent(
        like event: ReceivedEvent,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> (apiVersion: String?, body: PackedBytes)? {
        try transaction.first(known, [.integer(event.connection.rawValue), .text(event.eventID)]) { row in
            (row.optionalText(0), row.packed(1))
        }
    }
}
