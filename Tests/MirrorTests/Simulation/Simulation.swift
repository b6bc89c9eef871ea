import BillingModel
import Cryptography
import Database
import DatabaseSQLite
import HTTPClient
import Lanes
import Outbox
import Providers
import Schema
import Telemetry
import Threading
import Timing

@testable import Mirror

/// The real outbox, lanes and dispatcher over a real file, a simulated provider, and virtual time: everything
/// that waits is in one heap, and the clock jumps to what is next.
final class Simulation {
    struct Options: Sendable {
        var seed: UInt64
        var customers = 50
        /// Local changes of each customer, its creation not counted.
        var editsPerCustomer = 10
        /// Customers that the provider has at the beginning; the others are created by their first change.
        var areKnown = true
        /// Each change comes at a random moment of this many seconds.
        var editSeconds: Int64 = 300
        /// Edits by others, in the provider's dashboard, per customer.
        var foreignEdits = 0
        var faults = SimulatedProvider.Faults.none
        /// Faults end then, in seconds from the beginning.
        var faultSeconds: Int64 = 400
        /// Seconds from the beginning.
        var outages: [Range<Int64>] = []
        var limitPerSecond: Int?
        var ratePerSecond: Double = 1_000
        var inFlightMax = 64
        /// Pages that a run has asked for at any time.
        var pagesAtOnce = 0
        var pollMilliseconds: Int64 = 5_000
        /// Of a thousand.
        var webhooksLost = 0
        var webhooksDoubled = 0
        var webhookDelay: ClosedRange<Int64> = 20...4_000
        /// Moments at which the process is killed, in seconds.
        var kills: [Int64] = []
        var rules = MirrorRules.standard
        var weakness = LocalApplication.Weakness()
        /// Compare what the application sees with the last edit after each turn of events.
        var checksView = true
        /// Virtual time after which whatever is left counts as stuck.
        var secondsMax: Int64 = 6 * 86_400
    }

    private enum Event: Sendable {
        case edit(Int64)
        case foreignEdit(Int64)
        case webhook(SimulatedProvider.Event)
        case ended(EndedCall, driver: Int, object: String?)
        case faultsEnd
        case kill
        case perform(@Sendable () -> Void)
    }

    static let start = Timestamp(milliseconds: 1_800_000_000_000)
    static let connection = ConnectionID(rawValue: 1)

    let options: Options
    let provider: SimulatedProvider
    let application: LocalApplication
    let statistics = MirrorStatistics()
    private let file: FastDatabase
    private(set) var database: SQLiteDatabase
    let keyEpoch: UInt64
    private let random: RandomSource
    var driver: MirrorDriver
    private var driverNumber = 0
    private var heap = EventHeap<Event>()
    private(set) var now: Timestamp
    var edits: [Int64: Int] = [:]
    private var foreignEdits: [Int64: Int] = [:]
    private var inFlight: [String: Int] = [:]
    private(set) var inFlightLargest = 0
    private(set) var editsMade = 0
    var violations: [String] = []
    private(set) var turns = 0
    private var pagesAsked = 0
    /// Words for the answers of pages, in their order.
    private(set) var pageAnswers: [String] = []
    private let log: Logger

    init(
        _ options: Options,
        provider: SimulatedProvider? = nil,
        file: FastDatabase? = nil,
        keyEpoch: UInt64 = 7
    )
        throws
    {
        self.options = options
        self.keyEpoch = keyEpoch
        random = RandomSource(seed: options.seed)
        self.provider = provider ?? SimulatedProvider(random: RandomSource(seed: options.seed &+ 1))
        application = LocalApplication(
            connection: Self.connection,
            keyEpoch: keyEpoch,
            weakness: options.weakness
        )
        self.file = try file ?? FastDatabase()
        database = try self.file.open(migrations: Schema.migrations)
        try database.start()
        now = Self.start
        log = Logger(descriptor: -1, level: .error)
        driver = Self.driver(
            options,
            database,
            application,
            statistics,
            owner: 1,
            keyEpoch: keyEpoch,
            now: now,
            log: log
        )
    }

    deinit { database.stop() }

    private static func driver(
        _ options: Options,
        _ database: SQLiteDatabase,
        _ application: LocalApplication,
        _ statistics: MirrorStatistics,
        owner: UInt64,
        keyEpoch: UInt64,
        now: Timestamp,
        log: Logger
    ) -> MirrorDriver {
        var connection = MirrorConnection(
            connection: Connection(
                id: Self.connection,
                name: "simulated",
                scope: DataScope(site: "main", mode: .test),
                provider: "stripe",
                account: nil
            ),
            baseURL: "https://provider.example",
            apiKey: RedactedText("sk_test_right")
        )
        connection.ratePerSecond = options.ratePerSecond
        connection.inFlightMax = options.inFlightMax
        connection.pollMilliseconds = options.pollMilliseconds
        return MirrorDriver(
            connection,
            database: database,
            recorder: application.recorder,
            owner: LeaseOwner(drawn: owner),
            keyEpoch: keyEpoch,
            rules: options.rules,
            random: RandomSource(seed: options.seed &+ 2 &+ owner),
            statistics: statistics,
            log: log,
            now: steady(now)
        )
    }

    private static func steady(_ time: Timestamp) -> Instant {
        Instant(nanoseconds: UInt64(time.milliseconds) * 1_000_000)
    }

    var moment: Moment { Moment(wall: now, steady: Self.steady(now)) }

    // MARK: Running

    /// From the first edit until nothing is left to be done.
    func run() throws {
        prepare()
        try advance(until: nil)
        try checkEnd()
    }

    /// Puts everything that is going to happen into the heap.
    func prepare() {
        provider.set(options.faults)
        provider.set(outages: options.outages.map { at($0.lowerBound)..<at($0.upperBound) })
        provider.set(limitPerSecond: options.limitPerSecond)
        for customer in 1...Int64(options.customers) {
            if options.areKnown {
                provider.addCustomer("cus_known_\(customer)", fields: ["email": "u0@c\(customer).example"])
            }
            for _ in 0..<options.editsPerCustomer {
                heap.add(.edit(customer), at: at(0) + below(options.editSeconds * 1_000))
            }
            for _ in 0..<options.foreignEdits {
                heap.add(.foreignEdit(customer), at: at(0) + below(options.editSeconds * 1_000))
            }
        }
        for kill in options.kills { heap.add(.kill, at: at(kill)) }
        heap.add(.faultsEnd, at: at(options.faultSeconds))
    }

    func at(_ seconds: Int64, _ act: @escaping @Sendable () -> Void) {
        heap.add(.perform(act), at: at(seconds))
    }

    private func at(_ seconds: Int64) -> Int64 { Self.start.milliseconds + seconds * 1_000 }
    private func below(_ bound: Int64) -> Int64 { Int64(random.below(UInt64(max(bound, 1)))) }

    /// Until nothing is left to happen, or until that many seconds from the beginning.
    func advance(until seconds: Int64?) throws {
        let end = at(seconds ?? options.secondsMax)
        while true {
            let next = turn([])
            let following = [heap.nextTime, next].compactMap(\.self).min()
            guard let following, following <= end else {
                if seconds != nil { now = Timestamp(milliseconds: max(end, now.milliseconds)) }
                return
            }
            // The store is asked each second whether something is due; when nothing ever is, that is the end.
            if heap.nextTime == nil, options.pagesAtOnce == 0, try isQuiet() { return }
            now = Timestamp(milliseconds: max(following, now.milliseconds))
            while let time = heap.nextTime, time <= now.milliseconds, let event = heap.take() {
                try happen(event)
            }
        }
    }

    /// Turns of the dispatcher until it waits; when it wants the next one, in milliseconds.
    private func turn(_ ended: [EndedCall]) -> Int64? {
        var ended = ended
        while true {
            turns += 1
            var asked: [PageOrder] = []
            while pagesAsked < pageAnswers.count + options.pagesAtOnce {
                pagesAsked += 1
                let read = ProviderRead.customersByEmail("page@c.example", page: PageRequest())
                asked.append(PageOrder(number: UInt64(pagesAsked), read: read))
            }
            let turn = driver.wholeTurn(ended, asked: asked, on: database, now: moment)
            ended = []
            for (_, answer) in turn.answers { pageAnswers.append(String(describing: answer).prefixWord) }
            for call in turn.calls { send(call) }
            guard !turn.hasMore, pagesAsked == pageAnswers.count + options.pagesAtOnce else { continue }
            guard let next = turn.next else { return nil }
            let wait = Self.steady(now).millisecondsUntil(next)
            if wait > 0 { return now.milliseconds + wait }
        }
    }

    private func send(_ call: PreparedCall) {
        let object = Self.object(call.request)
        if let object {
            inFlight[object, default: 0] += 1
            inFlightLargest = max(inFlightLargest, inFlight[object] ?? 0)
        }
        let answer = provider.answer(call.request, at: now)
        let nanoseconds = UInt64(answer.milliseconds) * 1_000_000
        let ended = EndedCall(flight: call.flight, outcome: answer.outcome, nanoseconds: nanoseconds)
        heap.add(
            .ended(ended, driver: driverNumber, object: object),
            at: now.milliseconds + answer.milliseconds
        )
        for event in answer.events { announce(event) }
    }

    private func announce(_ event: SimulatedProvider.Event) {
        guard below(1_000) >= Int64(options.webhooksLost) else { return }
        let delay = options.webhookDelay
        let copies = below(1_000) < Int64(options.webhooksDoubled) ? 2 : 1
        for _ in 0..<copies {
            let late = delay.lowerBound + below(delay.upperBound - delay.lowerBound + 1)
            heap.add(.webhook(event), at: now.milliseconds + late)
        }
    }

    /// The customer that a call is about, but not the lists.
    private static func object(_ request: HTTPClientRequest) -> String? {
        let path = request.url.prefix { $0 != "?" }.split(separator: "/").map(String.init)
        return path.count == 5 && path[3] == "customers" ? path[4] : nil
    }

    private func happen(_ event: Event) throws {
        switch event {
        case .edit(let customer): try edit(customer)
        case .foreignEdit(let customer):
            foreignEdits[customer, default: 0] += 1
            let name = "d\(foreignEdits[customer] ?? 0)"
            guard let id = try providerID(customer)?.rawValue,
                let event = provider.edit(id, name: name, at: now)
            else { return }
            announce(event)
        case .webhook(let event):
            let (application, now) = (application, now)
            try database.writeAndWait { transaction throws(DatabaseError) in
                try application.receive(event, now: now, in: transaction)
            }
            driver.wake(now: moment)
        case .ended(let call, let number, let object):
            if let object { inFlight[object, default: 1] -= 1 }
            // A dead process hears no answers.
            if number == driverNumber { _ = turn([call]) }
            if options.checksView, let object { try checkView(object) }
        case .faultsEnd: provider.set(.none)
        case .kill: try kill()
        case .perform(let act): act()
        }
    }

    private func edit(_ customer: Int64) throws {
        let number = (edits[customer] ?? 0) + 1
        edits[customer] = number
        editsMade += 1
        let email = "u\(number)@c\(customer).example"
        let target = LaneTarget.customer(
            customer,
            on: Self.connection,
            provider: options.areKnown ? ProviderID("cus_known_\(customer)") : try providerID(customer)
        )
        let isCreation = number == 1 && !options.areKnown
        let (application, now) = (application, now)
        _ = try database.writeAndWait { transaction throws(DatabaseError) in
            if isCreation {
                var draft = CustomerDraft(localID: "cst_\(customer)")
                draft.fields.email = email
                return try application.enqueue(
                    .createCustomer(draft),
                    target,
                    now: now,
                    in: transaction
                )
            }
            var patch = CustomerPatch()
            patch.email = .set(email)
            let reference: ObjectReference =
                target.providerID.map { .provider($0) } ?? .local("cst_\(customer)")
            return try application.enqueue(
                .updateCustomer(reference, patch),
                target,
                now: now,
                in: transaction
            )
        }
        driver.wake(now: moment)
        if options.checksView { try checkView(local: customer) }
    }

    /// The process dies; another one finds the file.
    func kill() throws {
        driverNumber += 1
        inFlight = [:]
        driver = Self.driver(
            options,
            database,
            application,
            statistics,
            owner: UInt64(driverNumber) + 1,
            keyEpoch: keyEpoch,
            now: now,
            log: log
        )
        let (owner, epoch, now) = (LeaseOwner(drawn: UInt64(driverNumber) + 1), keyEpoch, now)
        _ = try database.writeAndWait { transaction throws(DatabaseError) in
            try MirrorLoop.rescue(owner: owner, keyEpoch: epoch, now: now, in: transaction)
        }
    }

    /// Copies the file as it is, with the processes stopped for a moment.
    func copy() throws -> FastDatabase {
        database.stop()
        let copy = try file.copy()
        database = try file.open(migrations: Schema.migrations)
        try database.start()
        try kill()
        return copy
    }
}

extension String {
    /// The name of a case, without what it carries.
    fileprivate var prefixWord: String { String(prefix { $0 != "(" }) }
}
