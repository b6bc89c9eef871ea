import BillingModel
import Database
import Lanes
import Providers
import Telemetry
import Timing

/// One run on its way: opens its steps one after another, and ends it. On the loop's thread only.
final class RunCourse {
    let desk: RunDesk
    private let steps: [RunStep]
    private var work: any StepWork
    /// Objects that a list was expected to show when it was first asked for.
    private var counts: [ObjectType: Int64] = [:]

    var run: RunID { desk.run.id }
    /// The loop lets go of it: the run is over, or does not run any more.
    private(set) var isFinished = false

    /// Takes the run up where it was; nil when it was paused or cancelled meanwhile, or its connection is no more.
    init?(
        _ run: RunRecord,
        on connection: RunConnection,
        course: UInt64,
        _ surroundings: RunSurroundings
    ) throws(DatabaseError) {
        let now = surroundings.clock.now()
        let begun = try surroundings.database.writeAndWait {
            transaction throws(DatabaseError) -> Beginning? in
            let tick = try LogicalClockTable.next(in: transaction)
            guard try RunCoursesTable.begin(run.id, at: tick, now: now, in: transaction),
                let standing = try RunCoursesTable.standing(of: run.id, in: transaction),
                let record = try RunsTable.find(run.id, in: transaction)
            else { return nil }
            return Beginning(
                record: record,
                standing: standing,
                tick: tick,
                segments: try SegmentsTable.all(of: run.id, in: transaction)
            )
        }
        guard let begun else { return nil }
        desk = RunDesk(
            surroundings,
            course: course,
            run: begun.record,
            connection: connection,
            standing: begun.standing,
            startTick: begun.standing.startTick ?? begun.tick,
            tick: begun.tick
        )
        steps = RunStep.plan(run.order.scope)
        work = OutwardWork(desk)
        if begun.segments.isEmpty {
            try open(begun.standing.step)
        } else {
            try take(begun.standing.step, begun.segments)
        }
    }

    private struct Beginning: Sendable {
        let record: RunRecord
        let standing: RunStanding
        let tick: Tick
        let segments: [Segment]
    }

    /// How many objects of the type its list will show, as far as what is here says it.
    private static func expected(
        of type: ObjectType,
        _ order: RunOrder,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Int64 {
        if type != .paymentMethod, try copy(of: type, order, in: transaction).isFirst { return 0 }
        return try RunObjectsQuery.count(type, on: order.connection, in: transaction)
    }

    private static func copy(
        of type: ObjectType,
        _ order: RunOrder,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> ListCopy {
        guard try RunObjectsQuery.hasAny(type, on: order.connection, in: transaction) else { return .empty }
        return try RunsTable.hasRead(type, on: order.connection, in: transaction) ? .known : .unread
    }

    /// How many objects the steps from this one on will show. Each type is counted once: a count walks over all of it.
    private func expected(from step: Int) throws(DatabaseError) -> Int64 {
        let order = desk.order
        guard order.createdSince == nil else { return 0 }
        var sum: Int64 = 0
        for step in steps[min(step, steps.count)...] {
            let type: ObjectType
            switch step {
            case .list(let listed): type = listed
            case .methods: type = .paymentMethod
            case .questions, .customer, .customerList, .customerQuestions, .outward: continue
            }
            if counts[type] == nil {
                counts[type] = try desk.surroundings.database.read { transaction throws(DatabaseError) in
                    try Self.expected(of: type, order, in: transaction)
                }
            }
            sum += counts[type] ?? 0
        }
        return sum
    }

    // MARK: Steps

    private func take(_ step: Int, _ segments: [Segment]) throws(DatabaseError) {
        desk.step = step
        guard steps.indices.contains(step) else { return try finish() }
        let first = segments.first ?? Segment(number: 0, placeEnd: 0)
        switch steps[step] {
        case .list(let type):
            let later = try expected(from: step + 1)
            work = ListWork(desk, type, .all, segments: segments, later: later)
        case .customerList(let type):
            guard let customer = desk.order.customerID else { preconditionFailure("orders name a customer") }
            work = ListWork(desk, type, .ofCustomer(customer), segments: segments)
        case .questions(let type):
            work = UnitWork(desk, .unmet(type), segment: first)
        case .customerQuestions(let type):
            guard let customer = desk.order.customerID else { preconditionFailure("orders name a customer") }
            work = UnitWork(desk, .unmetOfCustomer(type, customer), segment: first)
        case .customer:
            guard let customer = desk.order.customerID else { preconditionFailure("orders name a customer") }
            work = UnitWork(desk, .customer(customer), segment: first)
        case .methods:
            work = UnitWork(desk, .methods, segment: first)
        case .outward:
            work = OutwardWork(desk)
        }
    }

    /// Writes that the run is at this step now, and begins it.
    private func open(_ step: Int) throws(DatabaseError) {
        guard steps.indices.contains(step) else { return try finish() }
        if case .questions(let type) = steps[step], try isOtherAccount(type) { return }
        let (run, order, opened, now) = (run, desk.order, steps[step], desk.now)
        let expected = try expected(from: step)
        let segment = try desk.write { transaction throws(DatabaseError) -> Segment? in
            guard let state = try RunsTable.find(run, in: transaction)?.state, state == .running else {
                return nil
            }
            var segment = Segment(number: 0)
            switch opened {
            case .list(let type):
                segment.range.from = order.createdSince?.seconds
                segment.place = try Self.copy(of: type, order, in: transaction).rawValue
            case .questions, .customerQuestions, .methods:
                let last = try RunObjectsQuery.lastNumber(in: transaction)
                segment.placeEnd = last / SeenObjectsTable.chunkSize
                if try Self.leavesOut(opened, order, in: transaction) { segment.placeEnd = -1 }
            case .customer:
                segment.placeEnd = 0
            case .customerList, .outward:
                break
            }
            // Of a list of which nobody knows how long it is, its own pages tell.
            if expected > 0, !(ListCopy(rawValue: segment.place)?.isFirst ?? false) {
                try RunCoursesTable.setLeft(expected, of: run, in: transaction)
            }
            try SegmentsTable.removeAll(of: run, in: transaction)
            try SegmentsTable.insert(segment, of: run, opened.type, in: transaction)
            try RunCoursesTable.setStep(step, of: run, now: now, in: transaction)
            return segment
        }
        guard let segment else { return desk.drop() }
        if opened == .methods, segment.placeEnd == -1 { desk.note(RunNote.methodsLeftOut) }
        try take(step, [segment])
    }

    /// Payment methods are listed customer by customer, which is too much for a first copy: scope `all` leaves them out
    /// until the store has any.
    private static func leavesOut(
        _ step: RunStep,
        _ order: RunOrder,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Bool {
        guard order.scope == .all, step.type == .paymentMethod else { return false }
        return try !RunObjectsQuery.hasAny(.paymentMethod, on: order.connection, in: transaction)
    }

    /// Ends the run when nothing of what is here is there. Test data is emptied on purpose now and then.
    private func isOtherAccount(_ type: ObjectType) throws(DatabaseError) -> Bool {
        let order = desk.order
        guard order.mode == .apply, desk.connection.connection.scope.mode.isLive else { return false }
        let run = run
        let unmet = UnmetObjects(order, startTick: desk.startTick, startedAt: desk.run.startedAt)
        let count = try desk.surroundings.database.read { transaction throws(DatabaseError) in
            try AccountDoubt.arises(
                over: type,
                of: run,
                on: order.connection,
                among: unmet,
                in: transaction
            )
        }
        guard let count else { return false }
        desk.end(.foreignAccount(count, type.rawValue))
        return true
    }

    // MARK: Turns

    /// Does what can be done now. Returns when to be called again at the latest.
    func advance(now: Timestamp) throws(DatabaseError) -> Timestamp? {
        while !isFinished {
            if desk.isDropped {
                isFinished = true
                return nil
            }
            desk.isHeldBack(now: now)
            if let ending = desk.ending {
                try end(ending)
                return nil
            }
            guard work.isDone else {
                let next = try work.advance(now: now)
                if !work.isDone { return desk.isOver ? now : next }
                continue
            }
            try open(desk.step + 1)
        }
        return nil
    }

    func answered(_ ticket: Int, _ answer: PageAnswer, now: Timestamp) throws(DatabaseError) {
        guard !desk.isOver else { return }
        desk.isHeard(now: now)
        try work.answered(ticket, answer, now: now)
    }

    func written(_ ticket: Int, _ result: Result<PageOutcome, DatabaseError>, now: Timestamp) {
        desk.isHeard(now: now)
        if case .failure = result { desk.putBack(ofTicket: ticket) } else { desk.isKept(ofTicket: ticket) }
        work.written(ticket, result, now: now)
    }

    // MARK: The end

    private func finish() throws(DatabaseError) {
        let run = run
        let counters = try desk.surroundings.database.read { transaction throws(DatabaseError) in
            try RunsTable.find(run, in: transaction)?.counters
        }
        desk.end(.afterLastStep(counters ?? RunCounters()))
    }

    private func end(_ ending: RunEnding) throws(DatabaseError) {
        let (run, step, now, order) = (run, desk.step, desk.now, desk.order)
        let addition = desk.takeAddition()
        let ended = try desk.write(keeping: addition) { transaction throws(DatabaseError) -> RunRecord? in
            guard var ledger = try RunLedger(run, step: step, in: transaction),
                let record = try RunsTable.find(run, in: transaction)
            else { return nil }
            ledger.add(addition)
            let waits = record.progress.rateLimitWaits + addition.rateLimitWaits
            if waits > 0 { ledger.addition.notes.append(RunNote.rateLimited(waits)) }
            if let since = order.createdSince { ledger.addition.notes.append(RunNote.createdSince(since)) }
            if record.findings >= PageWriter.findingsMax { ledger.addition.notes.append(RunNote.findingsCut) }
            try ledger.close(now: now, in: transaction)
            try RunStatesTable.set(ending.state, of: run, reason: ending.reason, now: now, in: transaction)
            return try RunsTable.find(run, in: transaction)
        }
        isFinished = true
        guard let ended else { return }
        var fields: [LogField] = [
            .text("connection", desk.connection.connection.name), .text("scope", order.scope.rawValue),
            .text("state", ended.state.rawValue), .integer("seen", Int(ended.counters.seen)),
            .integer("findings", Int(ended.findings)),
        ]
        if let reason = ended.reason { fields.append(.reason(reason)) }
        let level: LogLevel = ended.state == .completed ? .info : .warning
        desk.surroundings.log.emit(level, "reconciliation ended", fields)
    }
}
