import BillingModel
import Database
import JSON
import Lanes
import Providers
import Telemetry
import Timing

/// What the loop is told from other threads.
enum RunMessage: Sendable {
    case answered(RunAddress, PageAnswer)
    case written(RunAddress, Result<PageOutcome, DatabaseError>)
}

/// Who a message is for. A course that was dropped, and one made anew of the same run, have different numbers.
struct RunAddress: Sendable, Hashable {
    let course: UInt64
    let ticket: Int
}

/// What all courses share.
struct RunSurroundings: Sendable {
    let database: any DatabaseEngine
    let fetch: PageFetch
    let comparer: ItemComparer
    let connections: [ConnectionID: Connection]
    let epoch: StoreEpoch
    let clock: WallClock
    let patience: RunPatience
    let log: Logger
    let post: @Sendable (RunMessage) -> Void
}

/// Through which the parts of one run's course ask, compare and write. On the loop's thread only.
final class RunDesk {
    let surroundings: RunSurroundings
    let course: UInt64
    let run: RunRecord
    let connection: RunConnection
    let startTick: Tick
    let writer: PageWriter
    var step: Int
    /// Drawn before now, by the newest transaction of the run that is known to be committed.
    private(set) var tick: Tick
    /// Set once: how the run ends.
    private(set) var ending: RunEnding?
    /// The run was paused or cancelled, or the process ends: nothing more is asked or written.
    private(set) var isDropped = false
    /// Reads of single objects, or operations, have become due for the mirror.
    private(set) var owesReads = false
    private var nextTicket = 0
    private var troubleSince: Timestamp?
    private var trouble: PageTrouble?
    private var notedUntil = Timestamp(milliseconds: 0)
    private var noted: Set<String> = []
    /// To be written with the next page.
    private var addition = RunAddition()
    /// On their way to the store, by the ticket of their page.
    private var additions: [Int: RunAddition] = [:]
    /// When something last came back, be it an answer or the end of a write.
    private var heardAt: Timestamp

    init(
        _ surroundings: RunSurroundings,
        course: UInt64,
        run: RunRecord,
        connection: RunConnection,
        standing: RunStanding,
        startTick: Tick,
        tick: Tick
    ) {
        self.surroundings = surroundings
        self.course = course
        self.run = run
        self.connection = connection
        self.startTick = startTick
        self.tick = tick
        step = standing.step
        troubleSince = standing.troubleSince
        heardAt = surroundings.clock.now()
        writer = PageWriter(
            run: run.id,
            mode: run.order.mode,
            connection: connection.connection,
            connections: surroundings.connections,
            epoch: surroundings.epoch,
            comparer: surroundings.comparer,
            apiVersion: connection.apiVersion
        )
    }

    var now: Timestamp { surroundings.clock.now() }
    var order: RunOrder { run.order }
    var isOver: Bool { isDropped || ending != nil }

    /// How the run ends; the first word stands.
    func end(_ ending: RunEnding) {
        if self.ending == nil { self.ending = ending }
    }

    func drop() { isDropped = true }

    /// Something of the connection is due for the mirror.
    func owe() { owesReads = true }

    func takeOwedReads() -> Bool {
        defer { owesReads = false }
        return owesReads
    }

    // MARK: Asking

    func ask(_ read: ProviderRead) throws(DatabaseError) -> (ticket: Int, AskedAt) {
        let newest = try surroundings.database.read { transaction throws(DatabaseError) in
            try RunObjectsQuery.newestEvent(in: transaction)
        }
        let asked = AskedAt(start: tick, inboxID: newest, time: now)
        let address = address()
        let post = surroundings.post
        surroundings.fetch(order.connection, read) { post(.answered(address, $0)) }
        return (address.ticket, asked)
    }

    /// An answer came that says something.
    func isAnswered(_ asked: AskedAt) {
        // What the mirror held back gave no trouble to count, but time went by.
        let since = min(troubleSince ?? asked.time, asked.time)
        let waited = now.milliseconds(since: since)
        if waited >= surroundings.patience.noteMilliseconds, since >= notedUntil {
            // Several questions wait for the end of one outage.
            notedUntil = now
            addition.notes.append(RunNote.outage(milliseconds: waited, since: since, trouble))
        }
        if troubleSince != nil { addition.waitedMilliseconds += waited }
        troubleSince = nil
        trouble = nil
    }

    /// Nothing usable came: asks again later, or gives the run up when one question had no answer for too long.
    func isTroubled(_ trouble: PageTrouble, asking milliseconds: Int64, _ attempts: inout Attempts) {
        let now = now
        attempts.fail(now: now)
        addition.retries += 1
        if trouble.kind == .rateLimited { addition.rateLimitWaits += 1 }
        self.trouble = trouble
        let since = troubleSince ?? now
        troubleSince = since
        writeTrouble(since: since)
        let patience = surroundings.patience
        // Others of its questions may be answered meanwhile: this one is not.
        let length = now.milliseconds(since: min(attempts.since ?? since, since))
        if length >= patience.troubleMilliseconds {
            let words = "the provider gave no usable answer for \(RunNote.duration(length)): \(trouble.code)"
            end(.exhausted(words))
        }
        let delay = patience.delayMilliseconds(afterAttempt: attempts.count, asked: milliseconds)
        attempts.wait(until: now.adding(milliseconds: delay))
    }

    /// The store took nothing in: tried again later.
    func isUnwritten(_ attempts: inout Attempts) {
        let now = now
        attempts.fail(now: now)
        let patience = surroundings.patience
        if now.milliseconds(since: attempts.since ?? now) >= patience.troubleMilliseconds {
            end(.exhausted("what was read could not be stored"))
        }
        let delay = patience.delayMilliseconds(afterAttempt: attempts.count, asked: 0)
        attempts.wait(until: now.adding(milliseconds: delay))
    }

    func hasDiedCursor(_ type: ObjectType) {
        addition.cursorDeaths += 1
        addition.notes.append(RunNote.cursorDeath(type.rawValue))
    }

    func note(_ words: String) { addition.notes.append(words) }

    /// What would be told of each object is told once, or once more after a restart.
    func noteOnce(_ words: String) {
        if noted.insert(words).inserted { note(words) }
    }

    func isHeard(now: Timestamp) { heardAt = now }

    /// The mirror holds questions back while the provider is away or refuses the key, and has then nothing to say: also
    /// that comes to an end.
    func isHeldBack(now: Timestamp) {
        let length = now.milliseconds(since: heardAt)
        guard length >= surroundings.patience.troubleMilliseconds else { return }
        let time = RunNote.duration(length)
        end(.exhausted("the connection was held back for \(time), and no question was answered"))
    }

    private func writeTrouble(since: Timestamp) {
        let (run, step, log) = (run.id, step, surroundings.log)
        // Notes wait for a page, which is written or asked for again.
        var addition = RunAddition()
        swap(&addition, &self.addition)
        swap(&addition.notes, &self.addition.notes)
        let told = addition
        let now = now
        surroundings.database.submitWrite { transaction throws(DatabaseError) in
            guard var ledger = try RunLedger(run, step: step, in: transaction) else { return }
            ledger.add(told)
            try RunCoursesTable.setTrouble(since: since, of: run, in: transaction)
            try ledger.close(now: now, in: transaction)
        } completion: { result in
            // Only counters; the next ones tell the same trouble.
            if case .failure(let error) = result {
                log.emitLimited(.warning, "a run's trouble was not written", [.reason("\(error)")])
            }
        }
    }

    // MARK: Comparing and writing

    func compare(_ values: [JSONValue], _ type: ObjectType) throws(DatabaseError) -> [PageItem] {
        let (comparer, connection) = (surroundings.comparer, order.connection)
        return try surroundings.database.read { transaction throws(DatabaseError) in
            let hasLanes = try LanesTable.hasAny(in: transaction)
            var items: [PageItem] = []
            items.reserveCapacity(values.count)
            for value in values {
                // A page's elements have ids, or it is no page.
                guard let id = StripeAnswers.id(of: value) else { continue }
                let key = ObjectKey(connection: connection, type: type, id: id)
                items.append(
                    .shown(try comparer.compare(value, key, hasLanes: hasLanes, in: transaction))
                )
            }
            return items
        }
    }

    /// Returns the ticket under which the outcome is told.
    func write(_ page: RunPage) -> Int {
        let address = address()
        let (post, writer, step, now) = (surroundings.post, writer, step, now)
        var page = page
        page.addition = addition
        page.endsTrouble = true
        additions[address.ticket] = addition
        addition = RunAddition()
        let final = page
        surroundings.database.submitWrite { transaction throws(DatabaseError) in
            try writer.write(final, step: step, now: now, in: transaction)
        } completion: { result in
            post(.written(address, result))
        }
        return address.ticket
    }

    /// Takes note of a write's end; false when it was in vain, and what was asked for it is to be asked anew.
    func isWritten(_ result: Result<PageOutcome, DatabaseError>) -> Bool {
        switch result {
        case .success(.written(let tick, let owesReads)):
            self.tick = max(self.tick, tick)
            if owesReads { self.owesReads = true }
            return true
        case .success(.refused):
            drop()
            return false
        case .failure(let error):
            surroundings.log.emitLimited(.error, "a run's page was not written", [.reason("\(error)")])
            if error.kind == .closed { drop() }
            return false
        }
    }

    /// Writes by itself and waits: between two steps.
    func write<Result: Sendable>(
        _ body: @escaping @Sendable (any WriteTransaction) throws(DatabaseError) -> Result
    ) throws(DatabaseError) -> Result {
        try surroundings.database.writeAndWait(body)
    }

    /// The page was written, or will never be.
    func isKept(ofTicket ticket: Int) { additions[ticket] = nil }

    /// The page was not written: what was to be told with it is told with the next one.
    func putBack(ofTicket ticket: Int) {
        guard let addition = additions.removeValue(forKey: ticket) else { return }
        self.addition.join(addition)
    }

    /// The last write of the run; when it fails, what was to be told stays.
    func write<Result: Sendable>(
        keeping addition: RunAddition,
        _ body: @escaping @Sendable (any WriteTransaction) throws(DatabaseError) -> Result
    ) throws(DatabaseError) -> Result {
        do throws(DatabaseError) {
            return try write(body)
        } catch {
            self.addition.join(addition)
            throw error
        }
    }

    func takeAddition() -> RunAddition {
        defer { addition = RunAddition() }
        return addition
    }

    private func address() -> RunAddress {
        nextTicket += 1
        return RunAddress(course: course, ticket: nextTicket)
    }
}
