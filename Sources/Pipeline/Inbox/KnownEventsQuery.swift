package import BillingModel
package import Database
package import Timing

/// What the inbox knows of a connection's events; for whoever reads the provider's own list of them.
package enum KnownEventsQuery {
    // So far back a connection's own events are looked for among those of others.
    private static let rowsLookedAt = 10_000

    private static let exists = Statement(
        "inbox.known_event",
        "SELECT 1 FROM inbox WHERE connection_id = $1 AND event_id = $2"
    )
    private static let newest = Statement(
        "inbox.newest_of_connection",
        """
        SELECT MAX(occurred_at)
        FROM inbox
        WHERE id > (SELECT COALESCE(MAX(id), 0) - \(rowsLookedAt) FROM inbox)
          AND connection_id = $1
        """
    )

    /// Those of `events` that the connection does not have, in their order.
    package static func unknown(
        _ events: [String],
        of connection: ConnectionID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [String] {
        var unknown: [String] = []
        for event in events {
            let isKnown = try transaction.first(exists, [.integer(connection.rawValue), .text(event)]) { _ in
                true
            }
            if isKnown == nil { unknown.append(event) }
        }
        return unknown
    }

    /// When the latest event happened that the connection received; nil when it has none among the newest rows.
    package static func lastSeen(
        of connection: ConnectionID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Timestamp? {
        let newest = try transaction.first(newest, [.integer(connection.rawValue)]) { $0.optionalInteger(0) }
        return newest.flatMap { $0 }.map(Timestamp.init(milliseconds:))
    }
}
