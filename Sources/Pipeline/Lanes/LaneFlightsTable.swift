package import Database
package import Timing

/// The one call in flight per object, of reads and of writes: a column of the lane's row, so that there cannot be
/// two. Taken in one transaction, the call made outside of any, ended in another one.
package enum LaneFlightsTable {
    // A run's read stays one: it is made also where no other is.
    private static let isOfRuns = "read_reason = 'run' OR read_reason = 'overlap'"
    // The newest event before the read began decides which events the read contains. What a call did whose lease
    // ran out, only a read can tell.
    private static let take = Statement(
        "lane_objects.take",
        """
        UPDATE lane_objects
        SET flight = $2, flight_operation_id = $3, flight_owner = $4, flight_until = $5, flight_start = $6,
            flight_dirty = dirty, flight_inbox_id = COALESCE((SELECT MAX(id) FROM inbox), 0),
            dirty = CASE WHEN flight IS NULL THEN dirty ELSE dirty + 1 END,
            read_due_at = CASE WHEN flight IS NULL THEN read_due_at ELSE COALESCE(read_due_at, $7) END,
            read_reason = CASE WHEN flight IS NULL OR \(isOfRuns) THEN read_reason ELSE 'lost' END,
            owed_since = CASE WHEN flight IS NULL THEN owed_since ELSE COALESCE(owed_since, $7) END
        WHERE id = $1
          AND (flight IS NULL OR flight_until <= $7)
        RETURNING \(LanesTable.columns)
        """
    )
    private static let end = Statement(
        "lane_objects.end",
        """
        UPDATE lane_objects
        SET flight = NULL, flight_operation_id = NULL, flight_owner = NULL, flight_until = NULL,
            flight_start = NULL, flight_dirty = NULL, flight_inbox_id = NULL
        WHERE id = $1
          AND flight_owner = $2
          AND flight_start = $3
        """
    )
    private static let renew = Statement(
        "lane_objects.renew",
        """
        UPDATE lane_objects
        SET flight_until = $4
        WHERE id = $1
          AND flight_owner = $2
          AND flight_start = $3
        """
    )
    private static let expireOthers = Statement(
        "lane_objects.expire_others",
        """
        UPDATE lane_objects
        SET flight = NULL, flight_operation_id = NULL, flight_owner = NULL, flight_until = NULL,
            flight_start = NULL, flight_dirty = NULL, flight_inbox_id = NULL,
            dirty = dirty + 1, read_due_at = COALESCE(read_due_at, $2),
            read_reason = CASE WHEN \(isOfRuns) THEN read_reason ELSE 'lost' END,
            owed_since = COALESCE(owed_since, $2)
        WHERE flight IS NOT NULL
          AND flight_owner <> $1
        """
    )

    /// Nil when another call of the object is in flight. Draws the tick.
    package static func take(
        _ lane: LaneID,
        operation: Int64?,
        owner: LeaseOwner,
        until: Timestamp,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> LaneFlight? {
        let start = try LogicalClockTable.next(in: transaction)
        let taken = try transaction.first(
            take,
            [
                .integer(lane.rawValue), .text(operation == nil ? "read" : "write"), .optional(operation),
                .integer(owner.rawValue), .integer(until.milliseconds), .integer(start.rawValue),
                .integer(now.milliseconds),
            ],
            LanesTable.lane
        )
        return taken?.flight
    }

    /// False when the flight is no longer the lane's: its lease ran out and somebody else flies, or flew. Then
    /// undo what was done for it, or do nothing.
    package static func end(
        _ flight: LaneFlight,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Bool {
        let values: [SQLValue] = [
            .integer(flight.lane.rawValue), .integer(flight.owner.rawValue),
            .integer(flight.start.rawValue),
        ]
        return try transaction.execute(end, values) > 0
    }

    /// Holds the object longer. False when the flight is no longer the lane's.
    package static func renew(
        _ flight: LaneFlight,
        until: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Bool {
        let values: [SQLValue] = [
            .integer(flight.lane.rawValue), .integer(flight.owner.rawValue),
            .integer(flight.start.rawValue), .integer(until.milliseconds),
        ]
        return try transaction.execute(renew, values) > 0
    }

    /// At the start of a process: whatever another one had in flight is over, for it is dead (one process owns
    /// the file). What the calls did, a read tells. Returns how many there were.
    package static func rescue(
        from owner: LeaseOwner,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Int {
        try transaction.execute(expireOthers, [.integer(owner.rawValue), .integer(now.milliseconds)])
    }
}
