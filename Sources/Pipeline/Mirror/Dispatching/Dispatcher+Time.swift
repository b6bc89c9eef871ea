/// When the next turn is due, and when ends of calls may wait for each other.
extension Dispatcher {
    /// When `plan` or `nextCalls` may have something that they have not now; nil while only an end of a call, of a
    /// commit, or a wake-up can change anything.
    ///
    /// - Parameter isWriting: a plan is being written, and no other is made before that has ended.
    mutating func nextTurn(now: Moment, isWriting: Bool) -> Instant? {
        let next = nextRound(now: now, isWriting: isWriting)
        guard let page = nextPage(now: now) else { return next }
        return next.map { min($0, page) } ?? page
    }

    private mutating func nextRound(now: Moment, isWriting: Bool) -> Instant? {
        switch pace.leave(now: now.steady) {
        case .none(let until): return until
        case .probe: break
        case .calls:
            let waitsForToken = !questions.isEmpty || (!standby.isEmpty && inFlight < inFlightMax)
            if waitsForToken { return pace.bucket.nextAvailable(now: now.steady) }
        }
        guard !isWriting else { return nil }
        if let gathering = gathersUntil(now: now.steady), hasEnds || due.writes { return gathering }
        if !questions.isEmpty || !begins.isEmpty { return pace.bucket.nextAvailable(now: now.steady) }
        guard !isStopping, flights.count < inFlightMax + (due.writes ? standbyMax : 0) else { return nil }
        guard due.writes || due.reads else { return due.askAt }
        let next = max(pace.bucket.nextAvailable(now: now.steady), now.steady)
        // All calls that may be made are on their way: a token may be there that is kept for a read.
        return flights.count < inFlightMax
            ? next : max(next, now.steady.adding(milliseconds: Self.gatherMilliseconds))
    }

    /// Ends of calls wait for others.
    func isGathering(now: Instant) -> Bool {
        gathersUntil(now: now) != nil
    }

    /// While enough stands by, ends of calls gather for a commit that they share; nil when the next one is due now.
    func gathersUntil(now: Instant) -> Instant? {
        guard !isStopping, due.writes, inFlight == inFlightMax, 2 * standby.count >= standbyMax else {
            return nil
        }
        let until = wroteAt.adding(milliseconds: Self.gatherMilliseconds)
        return until > now ? until : nil
    }
}
