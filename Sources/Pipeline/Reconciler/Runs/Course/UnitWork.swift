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

    struct Unit {
        let id: ProviderID
        let number: Int64?
        var asked: (ticket: Int, AskedAt)?
        /// For so many objects.
        var askedCount = 0
        /// The provider did not find it once.
        var firstMissing: AskedAt?
        /// Nor a second time; but who can be asked for whether the account is the right one is asked for first.
        var doubt: Doubt?
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

    struct Doubt {
        let secondMissing: AskedAt
        let count: Int
        var witnesses: ArraySlice<ProviderID>
    }

    let desk: RunDesk
    let walk: Walk
    let type: ObjectType
    private(set) var segment: Segment
    var units: [Unit] = []
    var size = PageSize()
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
            units[index].askedCount = size.count
            units[index].asked = try desk.ask(question(units[index]))
            inFlight += 1
        }
        return next
    }

    private func question(_ unit: Unit) -> ProviderRead {
        if let inner = unit.arrived?.inner { return inner.question(size.count) }
        if let witness = unit.doubt?.witnesses.first { return .object(type, witness) }
        guard case .methods = walk else { return .object(type, unit.id) }
        let page = PageRequest(unit.cursor.map { .after($0) } ?? .first, count: size.count)
        return .listOfCustomer(type, unit.id, page: page)
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
    func chunkIsDone() {
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

    // MARK: Writing

    private func write(_ page: ArrivedPage, _ index: Int) throws(DatabaseError) {
        let items = page.refusing(try desk.compare(page.values, type))
        write(items, page.asked, page.date, index, next: page.next)
    }

    func write(
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
