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

extension LaneReadsTable {
    /// Takes in what was seen, one sight after another, and gives the lane as it stands after the last. Reads that
    /// are owed stay owed; where sights overlap with newer ones a read is owed now. Only the Reconciler calls it, in
    /// the transaction that makes the confirmed state visible.
    package static func take(
        _ sights: [PageSight],
        of lane: Lane,
        canLiveAgain: Bool,
        schedule: ReadSchedule = .standard,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> (Lane, Observation) {
        var lane = lane
        let wasOwed = lane.state.needsRead
        var last = Observation.overlapped
        for seen in sights {
            let before = lane.state.observedEnd
            last = lane.state.observe(
                seen.sight,
                start: seen.start,
                end: try LogicalClockTable.next(in: transaction),
                canLiveAgain: canLiveAgain
            )
            if last.isConfirmed, seen.start > before {
                lane.lastRead = LastRead(date: seen.date, inboxID: seen.inboxID)
            }
        }
        if last == .overlapped {
            lane.owe(.overlap, due: now.adding(milliseconds: schedule.confirmMilliseconds), now: now)
        } else if !wasOwed {
            // What an earlier one of these sights left open, the last one answered.
            lane.state.finishRead(answering: lane.state.dirty)
        }
        try LanesTable.save(lane, in: transaction)
        return (lane, last)
    }
}
