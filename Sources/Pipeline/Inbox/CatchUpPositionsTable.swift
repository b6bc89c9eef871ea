package import BillingModel
package import Database
import Timing

/// Rows of `catch_up_positions`, one for each connection that was ever looked at.
package enum CatchUpPositionsTable {
    private static let get = Statement(
        "catch_up_positions.get",
        """
        SELECT event_id, event_second, seen_through, looking_since, found, found_last, gap_from, gap_to,
               gap_run_id, trouble, trouble_since
        FROM catch_up_positions
        WHERE connection_id = $1
        """
    )
    private static let put = Statement(
        "catch_up_positions.put",
        """
        INSERT INTO catch_up_positions
            (connection_id, event_id, event_second, seen_through, looking_since, found, found_last, gap_from,
             gap_to, gap_run_id, trouble, trouble_since)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (connection_id) DO UPDATE
        SET event_id = excluded.event_id, event_second = excluded.event_second,
            seen_through = excluded.seen_through, looking_since = excluded.looking_since, found = excluded.found,
            found_last = excluded.found_last, gap_from = excluded.gap_from, gap_to = excluded.gap_to,
            gap_run_id = excluded.gap_run_id, trouble = excluded.trouble,
            trouble_since = excluded.trouble_since
        """
    )

    /// Nil for a connection that was never looked at.
    package static func position(
        of connection: ConnectionID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> CatchUpPosition? {
        try transaction.first(get, [.integer(connection.rawValue)]) { row in
            func time(_ column: Int) -> Timestamp? {
                row.optionalInteger(column).map(Timestamp.init(milliseconds:))
            }
            var position = CatchUpPosition()
            if let event = row.optionalText(0) {
                position.place = .init(event: ProviderID(event), second: row.integer(1))
            }
            position.seenThrough = time(2)
            position.lookingSince = time(3)
            position.found = row.integer(4)
            position.foundLast = row.integer(5)
            if let to = time(7) { position.gap = .init(from: time(6), to: to, run: row.optionalInteger(8)) }
            if let code = row.optionalText(9), let since = time(10) {
                position.trouble = .init(code: code, since: since)
            }
            return position
        }
    }

    package static func save(
        _ position: CatchUpPosition,
        of connection: ConnectionID,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        try transaction.execute(
            put,
            [
                .integer(connection.rawValue), .optional(position.place?.event.rawValue),
                .optional(position.place?.second), .optional(position.seenThrough?.milliseconds),
                .optional(position.lookingSince?.milliseconds), .integer(position.found),
                .integer(position.foundLast), .optional(position.gap?.from?.milliseconds),
                .optional(position.gap?.to.milliseconds), .optional(position.gap?.run),
                .optional(position.trouble?.code), .optional(position.trouble?.since.milliseconds),
            ]
        )
    }
}
