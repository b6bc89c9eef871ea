package import Database
package import Timing

/// What a page of a list shows of one of its objects: a read that holds no lane (provider_api 3.3 R5).
package struct PageSight: Sendable {
    package let sight: Sight
    /// Drawn before the page was asked for.
    package let start: Tick
    /// Newest event that was stored then.
    package let inboxID: Int64
    /// The provider's clock, as the answer's `Date` said.
    package let date: Timestamp?

    package init(_ sight: Sight, start: Tick, inboxID: Int64, date: Timestamp?) {
        self.sight = sight
        self.start = start
        self.inboxID = inboxID
        self.date = date
    }
}

extension Lane {
    /// Takes in what pages showed, one sight after another. Reads that are owed stay owed; where sights overlap with
    /// newer ones a read is owed now.
    ///
    /// - Parameter end: draws the tick at which a sight's interval ends, when it is applied.
    package mutating func take<Failure>(
        _ sights: [PageSight],
        canLiveAgain: Bool,
        schedule: ReadSchedule,
        now: Timestamp,
        end: () throws(Failure) -> Tick
    ) throws(Failure) -> Observation {
        let wasOwed = state.needsRead
        var last = Observation.overlapped
        for seen in sights {
            let before = state.observedEnd
            last = state.observe(seen.sight, start: seen.start, end: try end(), canLiveAgain: canLiveAgain)
            if last.isConfirmed, seen.start > before {
                lastRead = LastRead(date: seen.date, inboxID: seen.inboxID)
            }
        }
        if last == .overlapped {
            owe(.overlap, due: now.adding(milliseconds: schedule.confirmMilliseconds), now: now)
        } else if !wasOwed {
            // What an earlier one of these sights left open, the last one answered.
            state.finishRead(answering: state.dirty)
        }
        return last
    }
}

extension LaneReadsTable {
    /// Takes in what was seen, and gives the lane as it stands afterwards. Only the Reconciler calls it, in the
    /// transaction that makes the confirmed state visible.
    package static func take(
        _ sights: [PageSight],
        of lane: Lane,
        canLiveAgain: Bool,
        schedule: ReadSchedule = .standard,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> (Lane, Observation) {
        var lane = lane
        let observation = try lane.take(
            sights,
            canLiveAgain: canLiveAgain,
            schedule: schedule,
            now: now
        ) { () throws(DatabaseError) in try LogicalClockTable.next(in: transaction) }
        try LanesTable.save(lane, in: transaction)
        return (lane, observation)
    }
}
