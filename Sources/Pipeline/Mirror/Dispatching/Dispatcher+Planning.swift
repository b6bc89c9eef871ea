import Outbox

/// What may be taken, and what is to be given back, before a round is written.
extension Dispatcher {
    // Several times before a lease ends, also where rounds fail.
    private static let renewalMilliseconds = Bookkeeper.leaseMilliseconds / 3

    /// Calls that are kept for reads while reads are due, however many writes wait (DESIGN section 6).
    var readPlacesMin: Int { max(1, inFlightMax / 8) }

    mutating func allow(_ plan: inout RoundPlan, room: Int, isProbe: Bool = false, now: Instant) {
        var tokens = pace.bucket.available(.write, waiting: isStopping ? [] : waiting, now: now)
        tokens -= standby.count
        // What was looked up comes first: it holds its object.
        while tokens > 0, let number = begins.first, !isProbe || plan.begins.isEmpty {
            begins.removeFirst()
            guard case .looking(let operation, _) = flights[number]?.work else { continue }
            plan.begins.append((number, operation))
            tokens -= 1
        }
        guard !isStopping, room > 0, !isProbe || (plan.begins.isEmpty && questions.isEmpty) else { return }
        let isReadDue = due.reads && !isProbe
        let readPlaces = isReadDue ? max(readPlacesMin - flights.values.count(where: \.isReading), 0) : 0
        if due.writes {
            plan.writesMax = max(0, min(room - readPlaces, tokens))
            let retries = pace.budget.available(now: now) - standby.count { flights[$0]?.isRetry == true }
            plan.retriesMax = isProbe ? plan.writesMax : max(0, min(plan.writesMax, retries))
            let next = max(pace.budget.nextAvailable(now: now), retriesWaitUntil)
            plan.retryQueue = RetryQueue(milliseconds: now.millisecondsUntil(next))
        }
        if due.reads, !isProbe || plan.writesMax == 0 {
            let tokens = pace.bucket.available(.read, waiting: waiting, now: now)
            // Beyond their share reads do not stand by: what they show is the newer the later they are made.
            let free = max(inFlightMax - flights.count - pages.calling.count - plan.writesMax, readPlaces)
            plan.readsMax = max(0, min(free, tokens))
        }
    }

    /// A lookup holds its object; through an outage, and beyond the end of the process, it must not.
    mutating func releaseQuestionsWithoutLeave(now: Moment) {
        guard !questions.isEmpty || !begins.isEmpty else { return }
        switch pace.leave(now: now.steady) {
        case .calls, .probe: guard isStopping else { return }
        case .none: break
        }
        for number in questions + begins {
            guard let flight = flights.removeValue(forKey: number),
                case .looking(let operation, _) = flight.work
            else { continue }
            let step = operation.sent == nil ? UnsentStep.taken : .looking
            ends.append(.write(operation, .putBack(at: now.wall, step), answer: nil))
        }
        questions = []
        begins = []
    }

    /// What stands by was not sent: without leave it is put back as it was.
    mutating func releaseStandbyWithoutLeave(now: Moment) {
        guard !standby.isEmpty else { return }
        switch pace.leave(now: now.steady) {
        case .calls: guard isStopping else { return }
        case .none, .probe: break
        }
        for number in standby {
            guard let flight = flights.removeValue(forKey: number) else { continue }
            switch flight.work {
            case .sending(let operation):
                ends.append(.write(operation, .putBack(at: now.wall, .begun), answer: nil))
            case .looking(let operation, _):
                ends.append(.write(operation, .putBack(at: now.wall, .taken), answer: nil))
            case .reading(let read): ends.append(.readFailed(read))
            }
        }
        standby = []
    }

    /// The work whose lease is to be renewed now.
    mutating func renewals(now: Instant) -> [Flight.Work] {
        var held: [Flight.Work] = []
        for (number, flight) in flights
        where flight.heldSince.adding(milliseconds: Self.renewalMilliseconds) <= now {
            held.append(flight.work)
            flights[number]?.heldSince = now
        }
        return held
    }
}
