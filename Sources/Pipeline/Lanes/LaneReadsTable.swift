package import BillingModel
package import Database
package import Timing

/// A read that may be made now, alone on its object.
package struct ClaimedRead: Sendable, Hashable {
    package let key: ObjectKey
    package let flight: LaneFlight
    package let reason: ReadReason
}

/// Reads that are owed for one reason.
package struct OwedReads: Sendable, Hashable {
    package let reason: ReadReason
    package let count: Int64
    /// Of those, objects that readers are shown as provisional, and objects of which nothing is shown yet.
    package let provisional: Int64
    /// Since when the oldest of these is owed; nil when there is none.
    package let oldestProvisional: Timestamp?
}

/// Reads of single objects: owed, claimed, ended.
package enum LaneReadsTable {
    private static let due = Statement(
        "lane_objects.reads_due",
        """
        SELECT \(LanesTable.columns)
        FROM lane_objects
        WHERE connection_id = $1
          AND read_due_at <= $2
          AND provider_id IS NOT NULL
          AND (NOT $4 OR COALESCE(read_reason, 'run') IN ('run', 'overlap'))
          AND (flight IS NULL OR flight_until <= $2)
        ORDER BY read_due_at, id
        LIMIT $3
        """
    )
    private static let owed = Statement(
        "lane_objects.reads_owed",
        """
        SELECT lane.read_reason, COUNT(*),
               COUNT(CASE WHEN object.id IS NULL OR object.freshness = 'provisional' THEN 1 END),
               MIN(CASE WHEN object.id IS NULL OR object.freshness = 'provisional' THEN lane.owed_since END)
        FROM lane_objects lane
        LEFT JOIN objects object ON object.id = lane.object_id
        WHERE lane.connection_id = $1
          AND lane.owed_since IS NOT NULL
          AND (NOT $2 OR COALESCE(lane.read_reason, 'run') IN ('run', 'overlap'))
        GROUP BY lane.read_reason
        """
    )
    private static let nextDue = Statement(
        "lane_objects.next_read_due",
        """
        SELECT MIN(read_due_at)
        FROM lane_objects
        WHERE connection_id = $1
          AND read_due_at IS NOT NULL
          AND provider_id IS NOT NULL
          AND (NOT $2 OR COALESCE(read_reason, 'run') IN ('run', 'overlap'))
          AND flight IS NULL
        """
    )

    // `dirty` stays ahead of `clean`: nothing is forgotten.
    private static let leave = Statement(
        "lane_objects.leave_reads",
        """
        UPDATE lane_objects
        SET read_due_at = NULL, read_reason = NULL, owed_since = NULL, read_failures = 0
        WHERE connection_id = $1
          AND owed_since IS NOT NULL
          AND read_reason NOT IN ('run', 'overlap')
        """
    )
    private static let takeUp = Statement(
        "lane_objects.take_up_reads",
        """
        UPDATE lane_objects
        SET read_due_at = $2, read_reason = 'lost', owed_since = $2
        WHERE connection_id = $1
          AND dirty > clean
          AND owed_since IS NULL
        """
    )

    /// One more reason to read the object, at `due` at the latest.
    package static func markDirty(
        _ id: LaneID,
        for reason: ReadReason,
        due: Timestamp,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        guard var lane = try LanesTable.get(id, in: transaction) else { return }
        lane.owe(reason, due: due, now: now)
        try LanesTable.save(lane, in: transaction)
    }

    /// Only a read can tell what the object is like, and nobody makes one: where nothing is read but what runs ask for.
    /// The next page or read that shows it goes through the lane.
    package static func doubt(_ id: LaneID, in transaction: any WriteTransaction) throws(DatabaseError) {
        guard var lane = try LanesTable.get(id, in: transaction) else { return }
        lane.state.markDirty()
        try LanesTable.save(lane, in: transaction)
    }

    /// At the start of a process, for the policy that holds from now on. Where nothing is read but what runs ask for,
    /// no other read is due any more; where it is, what was left in doubt meanwhile is owed again.
    package static func adopt(
        makingReads: Bool,
        on connection: ConnectionID,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        if makingReads {
            try transaction.execute(
                takeUp,
                [.integer(connection.rawValue), .integer(now.milliseconds)]
            )
        } else {
            try transaction.execute(leave, [.integer(connection.rawValue)])
        }
    }

    /// Reads that are due, oldest first; each holds its lane from now on. Ask for writes first: an operation
    /// that is due makes a read superfluous more often than not.
    ///
    /// - Parameter onlyOfRuns: those that a run asked for, or its pages left open: what policy `never` still reads.
    package static func claim(
        on connection: ConnectionID,
        onlyOfRuns: Bool = false,
        owner: LeaseOwner,
        limit: Int,
        leaseMilliseconds: Int64,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> [ClaimedRead] {
        let lanes = try transaction.rows(
            due,
            [
                .integer(connection.rawValue), .integer(now.milliseconds), .integer(Int64(limit)),
                .boolean(onlyOfRuns),
            ],
            LanesTable.lane
        )
        var claimed: [ClaimedRead] = []
        for lane in lanes {
            guard let key = lane.key else { continue }
            let flight = try LaneFlightsTable.take(
                lane.id,
                operation: nil,
                owner: owner,
                until: now.adding(milliseconds: leaseMilliseconds),
                now: now,
                in: transaction
            )
            let reason = lane.reads.reason ?? .run
            if let flight { claimed.append(ClaimedRead(key: key, flight: flight, reason: reason)) }
        }
        return claimed
    }

    /// When the next owed read of a free lane is due; nil when none is owed.
    package static func nextDue(
        on connection: ConnectionID,
        onlyOfRuns: Bool = false,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Timestamp? {
        let due: Int64?? = try transaction.first(
            nextDue,
            [.integer(connection.rawValue), .boolean(onlyOfRuns)]
        ) {
            $0.optionalInteger(0)
        }
        return (due ?? nil).map(Timestamp.init(milliseconds:))
    }

    /// Reads that are owed, by reason, and how many of their objects nobody is sure of until then. Whatever the
    /// reason, it is the visible state that says so: a run's page can leave one in doubt as an event does.
    package static func owed(
        on connection: ConnectionID,
        onlyOfRuns: Bool = false,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [OwedReads] {
        try transaction.rows(owed, [.integer(connection.rawValue), .boolean(onlyOfRuns)]) { row in
            OwedReads(
                reason: row.optionalText(0).flatMap(ReadReason.init(rawValue:)) ?? .run,
                count: row.integer(1),
                provisional: row.integer(2),
                oldestProvisional: row.optionalInteger(3).map(Timestamp.init(milliseconds:))
            )
        }
    }

    /// The read gave no answer: it stays owed.
    package static func fail(
        _ flight: LaneFlight,
        schedule: ReadSchedule = .standard,
        now: Timestamp,
        random: RandomSource,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Bool {
        guard try LaneFlightsTable.end(flight, in: transaction),
            var lane = try LanesTable.get(flight.lane, in: transaction)
        else { return false }
        lane.reads.failures += 1
        lane.reads.dueAt = schedule.retry(failures: lane.reads.failures, now: now, random: random)
        try LanesTable.save(lane, in: transaction)
        return true
    }

    /// Ends a flight with what it showed, a read's or the answer of a write that counts as one, and gives the lane
    /// as it stands after that; nil when the flight is no longer the lane's. Only the Reconciler calls it, in the
    /// transaction that makes the confirmed state visible.
    ///
    /// - Parameter date: the provider's clock, as the answer's `Date` said.
    package static func settle(
        _ flight: LaneFlight,
        _ sight: Sight,
        date: Timestamp?,
        canLiveAgain: Bool,
        schedule: ReadSchedule = .standard,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> (Lane, Observation)? {
        guard try LaneFlightsTable.end(flight, in: transaction),
            var lane = try LanesTable.get(flight.lane, in: transaction)
        else { return nil }
        let observation = lane.finish(
            flight,
            sight,
            end: try LogicalClockTable.next(in: transaction),
            date: date,
            canLiveAgain: canLiveAgain,
            schedule: schedule,
            now: now
        )
        try LanesTable.save(lane, in: transaction)
        return (lane, observation)
    }
}

extension Lane {
    /// What the flight showed, and what is owed behind it.
    ///
    /// - Parameter end: drawn now.
    package mutating func finish(
        _ flight: LaneFlight,
        _ sight: Sight,
        end: Tick,
        date: Timestamp?,
        canLiveAgain: Bool,
        schedule: ReadSchedule,
        now: Timestamp
    ) -> Observation {
        let before = state.observedEnd
        let observation = state.observe(sight, start: flight.start, end: end, canLiveAgain: canLiveAgain)
        state.finishRead(answering: flight.answering)
        if observation.isConfirmed, flight.start > before {
            lastRead = LastRead(date: date, inboxID: flight.inboxID)
        }
        let asked = reads
        reads = .none
        if state.needsRead {
            let soon = now.adding(milliseconds: schedule.confirmMilliseconds)
            // What was asked for while the call was under way keeps its own time.
            plan(due: observation == .overlapped ? soon : asked.dueAt ?? soon)
            reads.reason = observation == .overlapped ? .overlap : asked.reason ?? .overlap
            reads.owedSince = asked.owedSince ?? now
        } else if let settle = schedule.settleMilliseconds, asked.reason?.isOfEvents == true,
            state.life != .tombstone
        {
            owe(.settle, due: now.adding(milliseconds: settle), now: now)
        }
        return observation
    }

    /// A write of the object is on its way: whether a page shows what it does cannot be known.
    package func isWriting(at now: Timestamp) -> Bool {
        guard let flight, flight.until > now, case .write = flight.purpose else { return false }
        return true
    }

    /// One more reason to read the object, at `due` at the latest.
    package mutating func owe(_ reason: ReadReason, due: Timestamp, now: Timestamp) {
        if !state.needsRead || reads.reason == .settle, reason != .settle { reads.owedSince = nil }
        reads.reason = state.needsRead ? reads.reason?.joined(by: reason) ?? reason : reason
        reads.owedSince = reads.owedSince ?? now
        state.markDirty()
        plan(due: due)
    }

    /// Late events closed the gap that a read was owed for. False when it is owed for anything else as well.
    package mutating func withdrawFlaggedRead() -> Bool {
        guard state.needsRead, reads.reason?.isFlag == true else { return false }
        state.finishRead(answering: state.dirty)
        reads = .none
        return true
    }

    /// An earlier time stays.
    package mutating func plan(due: Timestamp) {
        reads.dueAt = reads.dueAt.map { min($0, due) } ?? due
    }
}
