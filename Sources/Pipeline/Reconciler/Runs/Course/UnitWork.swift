import BillingModel
import Database
import JSON
import Lanes
import Providers
import Timing

/// Asks for objects one by one, or for the payment methods of customers one by one, several at a time. It walks over
/// rows of ours in chunks; after a kill it begins again with the chunk, and leaves out what it has met.
final class UnitWork: StepWork {
    static let inFlightMax = 8
    /// A walk that has nothing to ask says how far it is only now and then.
    private static let chunksPerCheckpoint: Int64 = 64

    enum Walk: Sendable, Hashable {
        /// Living objects that the run has not met (R6).
        case unmet(ObjectType)
        /// What is here of one customer and was not met.
        case unmetOfCustomer(ObjectType, ProviderID)
        /// One customer, whether it is here or not.
        case customer(ProviderID)
        /// Every living customer, for its payment methods.
        case methods
    }

    fileprivate struct Unit {
        let id: ProviderID
        let number: Int64?
        var asked: (ticket: Int, AskedAt)?
        /// The provider did not find it once.
        var firstMissing: AskedAt?
        /// In the list of its payment methods.
        var cursor: ProviderID?
        var arrived: ArrivedPage?
        /// What comes after the write under way: nil when that is the last one.
        var writing: (ticket: Int, next: ProviderID?)?
        var attempts = Attempts()
        /// Of writing: what is read again, because the store did not take it in, is not yet written.
        var writes = Attempts()
        /// How often it was begun again because a list of it, or inside it, did not hold.
        var restarts = 0
    }

    private let desk: RunDesk
    private let walk: Walk
    private let type: ObjectType
    private var segment: Segment
    private var units: [Unit] = []
    private var checkpoint: (ticket: Int, after: Segment)?
    private var attempts = Attempts()
    private var isCheckpointDue = false
    private(set) var isDone = false

    init(_ desk: RunDesk, _ walk: Walk, segment: Segment) {
        self.desk = desk
        self.walk = walk
        self.segment = segment
        switch walk {
        case .unmet(let type), .unmetOfCustomer(let type, _): self.type = type
        case .customer: type = .customer
        case .methods: type = .paymentMethod
        }
        isDone = segment.isDone
    }

    func advance(now: Timestamp) throws(DatabaseError) -> Timestamp? {
        guard !desk.isOver, !isDone, checkpoint == nil else { return nil }
        guard attempts.isDue(now) else { return attempts.next }
        if units.isEmpty {
            try walkOn()
            if units.isEmpty { return isDone || checkpoint != nil ? nil : now }
        }
        var inFlight = units.count { $0.asked != nil }
        var next: Timestamp?
        for index in units.indices {
            if let page = units[index].arrived, page.inner == nil, units[index].writing == nil {
                try write(page, index)
                units[index].arrived = nil
            }
            guard units[index].asked == nil, units[index].writing == nil else { continue }
            if let wait = units[index].attempts.wait(with: units[index].writes, now: now) {
                next = next.earlier(wait)
                continue
            }
            guard inFlight < Self.inFlightMax else { continue }
            units[index].asked = try desk.ask(question(units[index]))
            inFlight += 1
        }
        return next
    }

    private func question(_ unit: Unit) -> ProviderRead {
        if let inner = unit.arrived?.inner { return inner.question }
        guard case .methods = walk else { return .object(type, unit.id) }
        return .listOfCustomer(type, unit.id, page: PageRequest(unit.cursor.map { .after($0) } ?? .first))
    }

    // MARK: Walking

    /// Loads the next chunk that has something to ask, or tells that there is none.
    private func walkOn() throws(DatabaseError) {
        guard let end = segment.placeEnd else { preconditionFailure("a walk has an end") }
        while units.isEmpty, segment.place <= end, !desk.isOver {
            if isCheckpointDue {
                isCheckpointDue = false
                return save()
            }
            units = try load(chunk: segment.place)
            if units.isEmpty {
                segment.place += 1
                isCheckpointDue = segment.place % Self.chunksPerCheckpoint == 0
            }
        }
        guard units.isEmpty, segment.place > end else { return }
        segment.isDone = true
        save()
    }

    /// All of the chunk is dealt with.
    private func chunkIsDone() {
        segment.place += 1
        isCheckpointDue = true
    }

    private func save() {
        var after = segment
        after.pages += 1
        let asked = AskedAt(start: desk.tick, inboxID: 0, time: desk.now)
        var page = RunPage(asked: asked, date: nil, source: .question, type: type, items: [])
        page.segment = (after, segment.pages)
        checkpoint = (desk.write(page), after)
    }

    private func load(chunk: Int64) throws(DatabaseError) -> [Unit] {
        let (desk, walk) = (desk, walk)
        let run = desk.run.id
        let connection = desk.order.connection
        let objects = try desk.surroundings.database.read {
            transaction throws(DatabaseError) -> [(ProviderID, Int64?)] in
            let met = try SeenObjectsTable.bits(ofChunk: chunk, by: run, in: transaction)
            let unmet = UnmetObjects(desk.order, startTick: desk.startTick, startedAt: desk.run.startedAt)
            switch walk {
            case .methods:
                return try RunObjectsQuery.chunk(chunk, .customer, on: connection, in: transaction)
                    .map { ($0.id, $0.number) }
            case .customer(let id):
                let key = ObjectKey(connection: connection, type: .customer, id: id)
                return [(id, try RunObjectsQuery.number(of: key, in: transaction))]
            case .unmet(let type):
                let rows = try RunObjectsQuery.chunk(chunk, type, on: connection, in: transaction)
                return try unmet.among(rows, met: met, in: transaction).map { ($0.id, $0.number) }
            case .unmetOfCustomer(let type, let customer):
                let rows = try RunObjectsQuery.chunk(
                    chunk,
                    type,
                    ofCustomer: customer,
                    on: connection,
                    in: transaction
                )
                return try unmet.among(rows, met: met, in: transaction).map { ($0.id, $0.number) }
            }
        }
        return objects.map { Unit(id: $0.0, number: $0.1) }
    }

    // MARK: Answers

    func answered(_ ticket: Int, _ answer: PageAnswer, now: Timestamp) throws(DatabaseError) {
        guard let index = units.firstIndex(where: { $0.asked?.ticket == ticket }),
            let asked = units[index].asked?.1
        else { return }
        units[index].asked = nil
        switch answer {
        case .retryLater(let milliseconds, let trouble):
            desk.isTroubled(trouble, asking: milliseconds, &units[index].attempts)
            return
        case .stopping:
            desk.drop()
            return
        case .page, .object, .missing, .cursorGone, .refused:
            desk.isAnswered(asked)
            units[index].attempts.succeed()
        }
        switch answer {
        case .page(let page, let date): take(page, asked, date, index)
        case .object(let value, let date): try take(value, asked, date, index)
        case .missing(let fault): isMissing(fault, asked, index)
        case .cursorGone(let fault): beginAgain(fault, asked, index)
        case .refused(let fault): refuse(fault, asked, index)
        case .retryLater, .stopping: break
        }
    }

    private func take(_ page: ProviderPage, _ asked: AskedAt, _ date: Timestamp?, _ index: Int) {
        if units[index].arrived?.inner != nil {
            if units[index].arrived?.takeInner(page) == false { desk.noteOnce(RunNote.innerLeftOut) }
            return
        }
        guard case .methods = walk else {
            desk.end(.refused("a list came where one object was asked for"))
            return
        }
        guard !page.hasMore || page.lastID != units[index].cursor else {
            desk.end(.endless(type.rawValue))
            return
        }
        var arrived = ArrivedPage(asked: asked, date: date, values: page.elements, after: segment)
        arrived.next = page.hasMore ? page.lastID : nil
        units[index].arrived = arrived
    }

    private func take(
        _ value: JSONValue,
        _ asked: AskedAt,
        _ date: Timestamp?,
        _ index: Int
    ) throws(DatabaseError) {
        let unit = units[index]
        guard !StripeAnswers.isDeletedForm(value) else {
            return bury(unit, .deleted, asked, date, index)
        }
        var arrived = ArrivedPage(asked: asked, date: date, values: [value], after: segment)
        arrived.findInner(type)
        units[index].arrived = arrived
    }

    private func isMissing(_ fault: ProviderFault, _ asked: AskedAt, _ index: Int) {
        let unit = units[index]
        if unit.arrived?.inner != nil {
            // It went while its inner list was read: it is asked for again.
            beginAgain(fault, asked, index)
            return
        }
        switch walk {
        case .methods: units.remove(at: index)
        case .unmet, .unmetOfCustomer, .customer:
            guard let first = unit.firstMissing else {
                units[index].firstMissing = asked
                return
            }
            bury(unit, .missing(first: first.start), asked, nil, index)
        }
        if units.isEmpty { chunkIsDone() }
    }

    /// From the start, after a while: short lists, and what was met is counted once. If that leads to the same again
    /// and again, the object is left as it is.
    private func beginAgain(_ fault: ProviderFault, _ asked: AskedAt, _ index: Int) {
        let patience = desk.surroundings.patience
        let hasInner = units[index].arrived?.inner != nil
        guard units[index].restarts < (hasInner ? patience.innerRestartsMax : patience.cursorDeathsMax) else {
            writeRefusal(fault, asked, index)
            return
        }
        units[index].restarts += 1
        units[index].cursor = nil
        units[index].arrived = nil
        let trouble = PageTrouble(.unreadable, code: fault.code ?? "refused", message: fault.message)
        desk.isTroubled(trouble, asking: 0, &units[index].attempts)
    }

    private func bury(_ unit: Unit, _ gone: Gone, _ asked: AskedAt, _ date: Timestamp?, _ index: Int) {
        guard let number = unit.number else {
            // Neither here nor there: a customer that somebody named by mistake.
            desk.end(.refused("there is no \(type.rawValue) \(unit.id)"))
            return
        }
        write([.gone(key(unit), number: number, gone)], asked, date, index, next: nil)
    }

    private func refuse(_ fault: ProviderFault, _ asked: AskedAt, _ index: Int) {
        if units[index].arrived?.inner != nil, fault.code == "resource_missing" {
            beginAgain(fault, asked, index)
        } else if fault.isOfCredentials {
            desk.end(.refused(fault.description))
        } else if case .methods = walk, fault.code == "resource_missing" {
            units.remove(at: index)
            if units.isEmpty { chunkIsDone() }
        } else {
            writeRefusal(fault, asked, index)
        }
    }

    private func writeRefusal(_ fault: ProviderFault, _ asked: AskedAt, _ index: Int) {
        let unit = units[index]
        let words = unit.arrived?.inner?.refusal(fault.description) ?? fault.description
        write([.refused(key(unit), number: unit.number, words: words)], asked, nil, index, next: nil)
    }

    /// What the unit is: where payment methods are listed, a customer.
    private func key(_ unit: Unit) -> ObjectKey {
        let type = walk == .methods ? ObjectType.customer : type
        return ObjectKey(connection: desk.order.connection, type: type, id: unit.id)
    }

    // MARK: Writing

    private func write(_ page: ArrivedPage, _ index: Int) throws(DatabaseError) {
        let items = page.refusing(try desk.compare(page.values, type))
        write(items, page.asked, page.date, index, next: page.next)
    }

    private func write(
        _ items: [PageItem],
        _ asked: AskedAt,
        _ date: Timestamp?,
        _ index: Int,
        next: ProviderID?
    ) {
        let source: RunPage.Source =
            switch walk {
            case .methods, .customer: .list
            case .unmet, .unmetOfCustomer: .question
            }
        let page = RunPage(asked: asked, date: date, source: source, type: type, items: items)
        units[index].writing = (desk.write(page), next)
    }

    func written(_ ticket: Int, _ result: Result<PageOutcome, DatabaseError>, now: Timestamp) {
        let isWritten = desk.isWritten(result)
        if let checkpoint, checkpoint.ticket == ticket {
            self.checkpoint = nil
            if isWritten {
                attempts.succeed()
                segment = checkpoint.after
                isDone = segment.isDone
            } else {
                segment.isDone = false
                isCheckpointDue = true
                desk.isUnwritten(&attempts)
            }
            return
        }
        guard let index = units.firstIndex(where: { $0.writing?.ticket == ticket }) else { return }
        let next = units[index].writing?.next
        units[index].writing = nil
        guard isWritten else {
            desk.isUnwritten(&units[index].writes)
            return
        }
        units[index].writes.succeed()
        if let next {
            units[index].cursor = next
        } else {
            units.remove(at: index)
        }
        if units.isEmpty { chunkIsDone() }
    }
}
