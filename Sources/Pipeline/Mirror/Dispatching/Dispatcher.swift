import BillingModel
import JSON
import Lanes
import Outbox
import Providers
import Timing

/// Decides for one connection what is called when. A pure machine: it neither waits nor writes nor sends.
///
/// A turn: `plan` says what to write, `wrote` takes what the transaction did, `nextCalls` gives the calls to make,
/// `ended` takes the end of a call. What is durable stands in rows; what is here, a restart may forget.
///
/// Some operations stand by: frozen and committed, so that one goes out the moment that a call ends, and no call
/// waits for a commit.
struct Dispatcher: Sendable {
    let inFlightMax: Int
    /// How many operations may stand by, at most.
    let standbyMax: Int
    /// Longest time until the store is asked again whether something is due, in milliseconds.
    let pollMilliseconds: Int64
    let random: RandomSource
    var pace: ConnectionPace
    var flights: [UInt64: Flight] = [:]
    var flightsBegun: UInt64 = 0
    let schedule = RetrySchedule()

    /// Not yet written.
    var ends: [FlightEnd] = []
    var begins: [UInt64] = []
    /// Flights that wait for one of the calls on their way to end.
    var standby: [UInt64] = []
    /// Flights whose next question waits for leave.
    var questions: [UInt64] = []
    /// Asked by runs: beside all that, without rows.
    var pages = PageBoard()
    /// Owed for days, to be marked as told about.
    var overdue: [OperationID] = []

    var due = DueState()
    /// Of the plan that is being written: something fell due meanwhile.
    private var wasWoken = false
    /// Of that plan: it was time to ask the store.
    private var isAsking = false
    /// When the last of the retries that the budget put back has its turn.
    var retriesWaitUntil = Instant(nanoseconds: 0)
    /// When the last plan was written.
    var wroteAt = Instant(nanoseconds: 0)
    var isStopping = false
    var alerts: [MirrorAlert] = []
    var notes: [DispatchNote] = []

    /// What is known of the store's due work.
    struct DueState: Sendable {
        var writes = true
        var reads = true
        /// Ask the store again at that moment.
        var askAt = Instant(nanoseconds: 0)
    }

    // A commit of thirty operations costs little more than one of three, and nobody waits for it.
    static let gatherMilliseconds: Int64 = 8
    // What a slow disk takes for a commit is longer than some providers take for an answer.
    private static let standbyLeast = 8

    init(
        ratePerSecond: Double,
        inFlightMax: Int,
        pollMilliseconds: Int64,
        probeMilliseconds: Int64,
        random: RandomSource,
        now: Instant
    ) {
        precondition(inFlightMax >= 1, "a connection makes one call at a time at least")
        self.inFlightMax = inFlightMax
        standbyMax = max(inFlightMax, Self.standbyLeast)
        self.random = random
        self.pollMilliseconds = pollMilliseconds
        pace = ConnectionPace(
            ratePerSecond: ratePerSecond,
            probeMilliseconds: probeMilliseconds,
            now: now
        )
    }

    var inFlight: Int { flights.count - standby.count + pages.calling.count }
    var isIdle: Bool { flights.isEmpty && ends.isEmpty && begins.isEmpty && pages.calling.isEmpty }

    /// Something is to be written.
    var hasEnds: Bool { !ends.isEmpty }

    func operation(of flight: UInt64) -> CarriedOperation? {
        switch flights[flight]?.work {
        case .sending(let operation), .looking(let operation, _): operation
        case .reading, nil: nil
        }
    }

    /// Nil when the flight is no read of an object.
    func reasonToRead(_ flight: UInt64) -> ReadReason? {
        if case .reading(let read) = flights[flight]?.work { read.reason } else { nil }
    }

    /// Takes no new work from now on; what is on its way is still settled.
    mutating func stop() {
        isStopping = true
        pages.stop()
    }

    /// Something may have become due.
    mutating func wake(now: Instant) {
        due.writes = true
        due.reads = true
        due.askAt = now
        wasWoken = true
    }

    /// A person says that it works, whatever held it.
    mutating func resume(now: Instant) {
        pace.hurryProbe(now: now)
        wake(now: now)
    }

    // MARK: What to write

    mutating func plan(now: Moment) -> RoundPlan? {
        isAsking = now.steady >= due.askAt
        if isAsking {
            due.writes = true
            due.reads = true
        }
        releaseQuestionsWithoutLeave(now: now)
        releaseStandbyWithoutLeave(now: now)
        guard gathersUntil(now: now.steady) == nil else { return nil }
        var plan = RoundPlan(ends: ends, held: renewals(now: now.steady), overdue: overdue)
        switch pace.leave(now: now.steady) {
        case .none: break
        case .calls: allow(&plan, room: inFlightMax + standbyMax - flights.count, now: now.steady)
        case .probe:
            if !flights.values.contains(where: \.isProbe) {
                allow(&plan, room: 1, isProbe: true, now: now.steady)
            }
        }
        guard !plan.isEmpty else { return nil }
        ends = []
        overdue = []
        wasWoken = false
        return plan
    }

    /// The transaction failed: nothing of the plan is written, as far as anybody knows.
    mutating func roundFailed(_ plan: RoundPlan, now: Moment) {
        ends = plan.ends + ends
        begins = plan.begins.map(\.flight) + begins
        overdue = plan.overdue + overdue
        due.askAt = now.steady.adding(milliseconds: pollMilliseconds)
        due.writes = false
        due.reads = false
    }

    // MARK: What was written

    mutating func wrote(_ result: RoundResult, _ plan: RoundPlan, now: Moment) {
        wroteAt = now.steady
        alerts += result.alerts
        if plan.writesMax > 0 {
            due.writes = result.mayHaveMoreWrites
        } else if result.mayHaveMoreWrites {
            due.writes = true
        }
        if plan.readsMax > 0 { due.reads = result.mayHaveMoreReads }
        if result.putBack > 0 {
            let length = plan.retryQueue.milliseconds(behind: result.putBack)
            retriesWaitUntil = now.steady.adding(milliseconds: length)
        }
        let next = result.nextDue.map {
            now.steady.adding(milliseconds: max($0.milliseconds(since: now.wall), 1))
        }
        if plan.writesMax > 0 || plan.readsMax > 0 || isAsking {
            let poll = now.steady.adding(milliseconds: pollMilliseconds)
            due.askAt = min(next ?? poll, poll)
        } else if let next {
            due.askAt = min(due.askAt, next)
        }
        if wasWoken { wake(now: now.steady) }
        // Those that were looked up go first: they hold their objects longest.
        var looked: [UInt64] = []
        for (number, _) in plan.begins {
            guard let operation = result.begun[number] else {
                flights[number] = nil
                continue
            }
            flights[number]?.work = .sending(operation)
            looked.append(number)
        }
        standby.insert(contentsOf: looked, at: 0)
        var reads: [UInt64] = []
        for taken in result.taken {
            flightsBegun += 1
            let number = flightsBegun
            let work: Flight.Work =
                switch taken {
                case .send(let operation): .sending(operation)
                case .look(let operation): .looking(operation, Lookup(operation.question))
                case .read(let read): .reading(read)
                }
            flights[number] = Flight(number: number, work: work, heldSince: now.steady)
            if case .read = taken { reads.append(number) } else { standby.append(number) }
        }
        // What a read shows is the newer the later it was taken; but where one call is made at a time, it is a
        // write's turn first.
        standby.insert(contentsOf: reads, at: min(looked.count + 1, standby.count))
    }

    // MARK: Calls

    /// The calls that may be made now.
    mutating func nextCalls(now: Moment) -> [OutgoingCall] {
        var calls = nextQuestions(now: now)
        calls += nextPages(isShareOnly: true, now: now)
        var position = 0
        while position < standby.count, inFlight + position < inFlightMax {
            if case .none = pace.leave(now: now.steady) { break }
            guard pace.bucket.available(.write, waiting: [], now: now.steady) > 0 else { break }
            if let call = proceed(standby[position], now: now) { calls.append(call) }
            position += 1
        }
        standby.removeFirst(position)
        return calls + nextPages(isShareOnly: false, now: now)
    }

    /// Makes the flight's next call, or concludes it when it has none.
    private mutating func proceed(_ number: UInt64, now: Moment) -> OutgoingCall? {
        guard let flight = flights[number] else { return nil }
        switch flight.work {
        case .sending, .reading: return call(number, now: now.steady)
        case .looking(let operation, let lookup):
            switch lookup.next {
            case .ask:
                // The first question took the place of a send; later ones wait for leave and a token.
                return call(number, now: now.steady)
            case .concluded(let conclusion):
                conclude(number, operation, conclusion, now: now)
                return nil
            }
        }
    }

    private mutating func call(_ number: UInt64, now: Instant) -> OutgoingCall? {
        guard var flight = flights[number] else { return nil }
        let call: OutgoingCall
        switch flight.work {
        case .sending(let operation):
            guard let sent = operation.sent else { preconditionFailure("what is sent is frozen") }
            call = OutgoingCall(flight: number, purpose: .write, content: .sent(sent))
        case .looking(_, let lookup):
            guard case .ask(let read) = lookup.next else { return nil }
            call = OutgoingCall(flight: number, purpose: .lookup, content: .read(read))
        case .reading(let read):
            call = OutgoingCall(
                flight: number,
                purpose: .read,
                content: .read(.object(read.key.type, read.key.id))
            )
        }
        pages.callsSince += 1
        flight.isCalling = true
        flight.calledAt = now
        let isRetry = call.purpose == .write && flight.isRetry
        flight.isProbe = pace.began(call.purpose == .write ? .write : .read, isRetry: isRetry, now: now)
        flights[number] = flight
        return call
    }

    /// Further questions of lookups that may be asked now.
    private mutating func nextQuestions(now: Moment) -> [OutgoingCall] {
        var calls: [OutgoingCall] = []
        while let number = questions.first {
            if case .none = pace.leave(now: now.steady) { break }
            // One token is enough: what holds an object goes before what holds none.
            guard pace.bucket.available(.read, waiting: [], now: now.steady) > 0 else { break }
            questions.removeFirst()
            if let call = call(number, now: now.steady) { calls.append(call) }
        }
        return calls
    }

    // MARK: Ends

    mutating func ended(_ number: UInt64, _ reading: CallReading, now: Moment) {
        guard var flight = flights[number] else {
            pageEnded(number, reading, now: now)
            return
        }
        let isProbe = flight.isProbe
        flight.isCalling = false
        flight.isProbe = false
        flights[number] = flight
        var told = reading
        if flight.isReading, !isProbe, reading.pause == .permission {
            // A key that may not read one type is no reason to stop everything: the object is tried again, later.
            told.pause = nil
            alerts.append(MirrorAlert(.permissionRefused, reason: reading.code))
        }
        tellPace(told, isProbe: isProbe, now: now)
        switch flight.work {
        case .sending(let operation): sendEnded(number, operation, reading, now: now)
        case .looking(let operation, let lookup): lookEnded(number, operation, lookup, reading, now: now)
        case .reading(let read):
            flights[number] = nil
            ends.append(Self.readEnd(read, reading))
        }
    }

    mutating func tellPace(_ reading: CallReading, isProbe: Bool, now: Moment) {
        for change in pace.ended(reading, isProbe: isProbe, now: now.steady) {
            note(change, reading, now: now)
        }
        if reading.isDelayCapped { alerts.append(MirrorAlert(.delayCapped)) }
    }

    private mutating func note(_ change: ConnectionPace.Change, _ reading: CallReading, now: Moment) {
        switch change {
        case .opened: alerts.append(MirrorAlert(.breakerOpened, reason: reading.code))
        case .closed:
            notes.append(.breakerClosed)
            wake(now: now.steady)
        case .paused(let cause): alerts.append(MirrorAlert(cause.alert, reason: reading.code))
        case .resumed:
            notes.append(.resumed)
            wake(now: now.steady)
        }
    }

    mutating func takeAlerts() -> [MirrorAlert] {
        defer { alerts = [] }
        return alerts
    }

    mutating func takeNotes() -> [DispatchNote] {
        defer { notes = [] }
        return notes
    }
}

extension LanePause.Cause {
    fileprivate var alert: MirrorAlert.Code {
        switch self {
        case .credential: .credentialRefused
        case .permission: .permissionRefused
        case .trust: .untrusted
        }
    }
}
