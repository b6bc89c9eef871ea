import BillingModel
import Database
import DatabaseSQLite
import Foundation
import Inbox
import JSON
import Lanes
import Providers
import Schema
import Telemetry
import TestSupport
import Testing
import Threading
import Timing

@testable import Reconciler

/// One connection's catch-up on a store of its own, with a provider and an inbox whose moods the test makes up.
private final class CatchUpHarness: Sendable {
    struct Mood: Sendable {
        /// Events of the list, the oldest first.
        var events: [String] = []
        /// Given to the next questions, one each, before the provider is itself.
        var troubles: [PageAnswer] = []
        /// So many offers find the inbox full.
        var full = 0
        var questions: [ProviderRead] = []
        var standing = CatchUpLinks.Standing(isDown: false, failed: 0)
        /// Looks at an outage.
        var outagesSeen = 0
        var runsWoken = 0
    }

    let file: TemporaryDatabase
    let database: SQLiteDatabase
    let faults: FaultyDatabase
    let mood: Lock<Mood>
    let loop: CatchUpLoop
    private let log = Pipe()
    static let connection = Connection(
        id: ConnectionID(rawValue: 1),
        name: "shop",
        scope: DataScope(site: "main", mode: .test),
        provider: "stripe",
        account: nil
    )

    init(_ events: [String] = [], lookMilliseconds: Int64 = 3_600_000) throws {
        file = try TemporaryDatabase()
        let database = try file.open(migrations: Schema.migrations)
        self.database = database
        let faults = FaultyDatabase(database)
        self.faults = faults
        let mood = Lock(Mood(events: events))
        self.mood = mood
        let answered = Lock<CatchUpLoop?>(nil)
        let intake = InboxIntake(
            wake: { database.wakeWriter() },
            isSameData: { $0 == $1 },
            answer: { answers in
                for answer in answers { answered.withLock { $0 }?.answered(answer) }
            },
            didStore: {}
        )
        faults.join(intake)
        var rules = CatchUpRules()
        rules.lookMilliseconds = lookMilliseconds
        rules.settleMilliseconds = 10
        rules.runPauseMilliseconds = 0
        rules.retryBaseMilliseconds = 1
        rules.retryCapMilliseconds = 20
        loop = CatchUpLoop(
            Self.connection,
            links: CatchUpLinks(
                fetch: { read, done in done(mood.withLock { Self.answer(read, &$0) }) },
                read: { Self.event($0, $1, $2) },
                offer: { event in
                    let isFull = mood.withLock { mood in
                        mood.full -= mood.full > 0 ? 1 : 0
                        return mood.full > 0
                    }
                    return !isFull && intake.offer(event)
                },
                standing: {
                    mood.withLock { mood in
                        if mood.standing.isDown { mood.outagesSeen += 1 }
                        return mood.standing
                    }
                },
                wakeRuns: { mood.withLock { $0.runsWoken += 1 } }
            ),
            rules: rules,
            database: database,
            clock: .system,
            random: RandomSource(seed: 1),
            log: Logger(descriptor: log.fileHandleForWriting.fileDescriptor, level: .warning)
        )
        answered.withLock { $0 = loop }
        try database.start()
    }

    deinit {
        loop.stop()
        database.stop()
    }

    private static func answer(_ read: ProviderRead, _ mood: inout Mood) -> PageAnswer {
        mood.questions.append(read)
        if !mood.troubles.isEmpty { return mood.troubles.removeFirst() }
        guard case .events(_, _, let page) = read else { return .stopping }
        var rows = mood.events
        var hasMore = false
        switch page.place {
        case .first: break
        case .after(let id): rows = Array(rows[..<(rows.firstIndex(of: id.rawValue) ?? 0)])
        case .before(let id):
            rows = Array(rows[((rows.firstIndex(of: id.rawValue) ?? -1) + 1)...])
            hasMore = rows.count > 2
            rows = Array(rows.prefix(2))
        }
        if case .before = page.place {
        } else {
            hasMore = rows.count > 2
            rows = rows.suffix(2)
        }
        let second = WallClock.system.now().seconds - 3_600
        let data = rows.reversed().map { id in
            #"{"id":"\#(id)","type":"customer.updated","created":\#(second),"data":{"object":{"id":"cus_1","object":"customer"}}}"#
        }
        let text = #"{"object":"list","data":[\#(data.joined(separator: ","))],"has_more":\#(hasMore)}"#
        // Text of our own making: the else ends the test.
        guard let document = try? JSONDocument.parse(Array(text.utf8)),
            let answer = StripeAnswers.page(document)
        else { return .stopping }
        return .page(answer, date: WallClock.system.now())
    }

    private static func event(_ element: JSONValue, _ token: ReplyToken, _ now: Timestamp) -> ReceivedEvent {
        ReceivedEvent(
            replyToken: token,
            connection: connection.id,
            endpoint: "list",
            eventID: element["id"]?.string ?? "",
            type: "customer.updated",
            apiVersion: nil,
            occurredAt: now,
            receivedAt: now,
            disposition: .apply,
            body: element.rawBytes,
            objectRange: 0..<0
        )
    }

    var position: CatchUpPosition? {
        get throws {
            try database.read { transaction throws(DatabaseError) in
                try CatchUpPositionsTable.position(of: Self.connection.id, in: transaction)
            }
        }
    }

    func save(_ position: CatchUpPosition) throws {
        try database.writeAndWait { transaction throws(DatabaseError) in
            try CatchUpPositionsTable.save(position, of: Self.connection.id, in: transaction)
        }
    }

    /// Up to here everything was seen, an hour and a half ago.
    func saveSeen(through event: String, hoursAgo: Int64 = 1) throws {
        var position = CatchUpPosition()
        let then = WallClock.system.now().adding(seconds: -hoursAgo * 5_400)
        position.place = .init(event: ProviderID(event), second: then.seconds)
        position.seenThrough = then
        try save(position)
    }

    private static let ids = Statement("test.inbox_ids", "SELECT event_id FROM inbox ORDER BY id")

    var stored: [String] {
        get throws {
            try database.read { transaction throws(DatabaseError) in
                try transaction.rows(Self.ids) { $0.text(0) }
            }
        }
    }

    func eventually(_ isTrue: () throws -> Bool) throws {
        for _ in 0..<5_000 {
            if try isTrue() { return }
            usleep(2_000)
        }
        Issue.record("not within ten seconds: \(try stored), \(String(describing: try position))")
    }

    /// How often the log said it. Ends the loop; call once.
    func told(_ messages: String...) throws -> [Int] {
        loop.stop()
        try log.fileHandleForWriting.close()
        let text = String(decoding: log.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        return messages.map { text.components(separatedBy: $0).count - 1 }
    }

    func looks(_ ending: CatchUpStatistics.Ending) -> UInt64 {
        loop.statistics.lookCounts.first { $0.ending == ending }?.count ?? 0
    }
}

@Suite struct `A catch-up` {
    private let trouble = PageAnswer.retryLater(
        milliseconds: 0,
        PageTrouble(.serverError, code: "http_500")
    )

    @Test func `stores what is new, oldest first, and nothing twice`() throws {
        let harness = try CatchUpHarness(["evt_0", "evt_1", "evt_2", "evt_3", "evt_4"])
        try harness.saveSeen(through: "evt_0")
        harness.loop.start()
        try harness.eventually { harness.looks(.complete) == 1 }
        #expect(try harness.stored == ["evt_1", "evt_2", "evt_3", "evt_4"])
        #expect(try harness.position?.place?.event.rawValue == "evt_4")
        #expect(try harness.position?.foundLast == 4)
        harness.mood.withLock { $0.events += ["evt_5"] }
        try harness.saveSeen(through: "evt_1")
        harness.loop.wake()
        try harness.eventually { harness.looks(.complete) == 2 }
        #expect(try harness.stored.suffix(2) == ["evt_4", "evt_5"])
        #expect(harness.loop.statistics.known.value == 3)
        #expect(harness.loop.statistics.found.value == 5)
    }

    @Test func `asks again until there is an answer, and meanwhile says what is wrong`() throws {
        let harness = try CatchUpHarness(["evt_0", "evt_1"])
        try harness.saveSeen(through: "evt_0")
        harness.mood.withLock { $0.troubles = Array(repeating: trouble, count: 40) }
        harness.loop.start()
        try harness.eventually { try harness.position?.trouble?.code == "http_500" }
        try harness.eventually { harness.looks(.complete) == 1 }
        #expect(harness.loop.statistics.retries.value == 40)
        #expect(try harness.stored == ["evt_1"])
        #expect(try harness.position?.trouble == nil)
    }

    @Test func `asks for fewer events at once when the answer is too large`() throws {
        let harness = try CatchUpHarness(["evt_0", "evt_1", "evt_2"])
        try harness.saveSeen(through: "evt_0")
        let trouble = PageTrouble(.tooLarge, code: "too_large")
        harness.mood.withLock {
            $0.troubles = Array(repeating: .retryLater(milliseconds: 0, trouble), count: 2)
        }
        harness.loop.start()
        try harness.eventually { harness.looks(.complete) == 1 }
        #expect(try harness.stored == ["evt_1", "evt_2"])
        let page = PageRequest(.before(ProviderID("evt_0")), count: 25)
        #expect(harness.mood.withLock { $0.questions[2] } == .events(createdFrom: nil, types: [], page: page))
    }

    @Test func `says that it is refused, and looks again when the connection works`() throws {
        let harness = try CatchUpHarness(["evt_0", "evt_1"])
        try harness.saveSeen(through: "evt_0")
        harness.mood.withLock { mood in
            mood.troubles = [.refused(.ours(code: "permission_denied", message: "no"))]
        }
        harness.loop.start()
        try harness.eventually { harness.looks(.refused) == 1 }
        #expect(try harness.position?.trouble?.code == "permission_denied")
        harness.mood.withLock { $0.standing = .init(isDown: true, failed: 1) }
        try harness.eventually { harness.mood.withLock { $0.outagesSeen > 0 } }
        harness.mood.withLock { $0.standing = .init(isDown: false, failed: 1) }
        try harness.eventually { harness.looks(.complete) == 1 }
        #expect(try harness.stored == ["evt_1"])
    }

    @Test func `waits for room in the inbox, and for a store that failed`() throws {
        let harness = try CatchUpHarness(["evt_0", "evt_1", "evt_2"])
        try harness.saveSeen(through: "evt_0")
        harness.mood.withLock { $0.full = 4 }
        harness.faults.failNext([.beforeCommit(.full), .afterCommit])
        harness.loop.start()
        try harness.eventually { harness.looks(.complete) == 1 }
        #expect(try harness.stored.sorted() == ["evt_1", "evt_2"])
        let told = try harness.told("could not be stored, and are offered again")
        #expect(told[0] >= 1)
    }

    @Test func `plans one run for a gap, as soon as no other one is in its way`() throws {
        let harness = try CatchUpHarness(["evt_8", "evt_9"], lookMilliseconds: 20)
        let other = RunOrder(
            connection: CatchUpHarness.connection.id,
            scope: .products,
            mode: .dryRun,
            trigger: .request
        )
        let now = WallClock.system.now()
        let started = try harness.database.writeAndWait { transaction throws(DatabaseError) in
            try RunsTable.start(other, now: now, in: transaction)
        }
        guard case .started(let inTheWay) = started else {
            Issue.record("nothing runs yet")
            return
        }
        try harness.saveSeen(through: "evt_0", hoursAgo: 24 * 40)
        harness.loop.start()
        try harness.eventually { harness.looks(.complete) >= 2 }
        let gap = try #require(try harness.position?.gap)
        #expect(gap.run == nil)
        _ = try harness.database.writeAndWait { transaction throws(DatabaseError) in
            try RunChanges.cancel(inTheWay.id, now, transaction)
        }
        try harness.eventually { try harness.position?.gap?.run != nil }
        let looks = harness.looks(.complete)
        try harness.eventually { harness.looks(.complete) > looks + 2 }
        let runs = try harness.database.read { transaction throws(DatabaseError) in
            try RunsTable.list(RunFilter(), before: nil, limit: 10, in: transaction)
        }
        #expect(runs.map(\.order.trigger) == [.gap, .request])
        #expect(runs.first?.order.scope == .all && runs.first?.order.mode == .apply)
        #expect(harness.mood.withLock { $0.runsWoken } == 1)
        #expect(harness.loop.statistics.gaps.value == 1)
        let told = try harness.told("waits until another one is over", "another run was started")
        #expect(told == [1, 0])
    }

    @Test(arguments: [true, false])
    func `orders no run where a person's own, begun after the gap was found, has mended everything`(
        isAfter: Bool
    ) throws {
        let harness = try CatchUpHarness(["evt_8", "evt_9"], lookMilliseconds: 20)
        func order(_ scope: RunScope) -> RunOrder {
            RunOrder(connection: CatchUpHarness.connection.id, scope: scope, mode: .apply, trigger: .request)
        }
        let now = WallClock.system.now()
        let inTheWay = try harness.database.writeAndWait {
            [order = order(.products)] transaction throws(DatabaseError) in
            guard case .started(let run) = try RunsTable.start(order, now: now, in: transaction) else {
                return RunID?.none
            }
            return run.id
        }
        try harness.saveSeen(through: "evt_0", hoursAgo: 24 * 40)
        harness.loop.start()
        try harness.eventually { harness.looks(.complete) >= 2 }
        let gap = try #require(try harness.position?.gap)
        let (begun, other) = (gap.to.adding(milliseconds: isAfter ? 0 : -1), try #require(inTheWay))
        try harness.database.writeAndWait { [order = order(.all)] transaction throws(DatabaseError) in
            _ = try RunChanges.cancel(other, now, transaction)
            guard case .started(let run) = try RunsTable.start(order, now: begun, in: transaction) else {
                return
            }
            _ = try RunCoursesTable.begin(run.id, at: Tick(rawValue: 1), now: begun, in: transaction)
            try RunStatesTable.set(.completed, of: run.id, now: begun, in: transaction)
        }
        try harness.eventually { try harness.position?.gap?.run != nil }
        harness.loop.stop()
        let runs = try harness.database.read { transaction throws(DatabaseError) in
            try RunsTable.list(RunFilter(), before: nil, limit: 10, in: transaction)
        }
        #expect(runs.count { $0.order.trigger == .gap } == (isAfter ? 0 : 1))
        #expect(try harness.position?.gap?.run == runs.first?.id.rawValue)
    }

    @Test func `orders another run after a failed or incomplete one, but not after a cancelled one`() throws {
        let harness = try CatchUpHarness(["evt_8", "evt_9"], lookMilliseconds: 20)
        try harness.saveSeen(through: "evt_0", hoursAgo: 24 * 40)
        harness.loop.start()
        var last: Int64?
        for state in [RunState.failed, .incomplete, .cancelled] {
            try harness.eventually { try harness.position?.gap?.run != last }
            let run = try #require(try harness.position?.gap?.run)
            last = run
            let looks = harness.looks(.complete)
            try harness.eventually { harness.looks(.complete) > looks + 2 }
            #expect(try harness.position?.gap?.run == run, "it goes on")
            try harness.database.writeAndWait { transaction throws(DatabaseError) in
                let now = WallClock.system.now()
                try RunStatesTable.set(state, of: RunID(rawValue: run), now: now, in: transaction)
            }
        }
        let looks = harness.looks(.complete)
        try harness.eventually { harness.looks(.complete) > looks + 2 }
        let runs = try harness.database.read { transaction throws(DatabaseError) in
            try RunsTable.list(RunFilter(), before: nil, limit: 10, in: transaction)
        }
        #expect(runs.map(\.state) == [.cancelled, .incomplete, .failed])
        #expect(runs.allSatisfy { $0.order.trigger == .gap && $0.order.scope == .all })
        #expect(harness.mood.withLock { $0.runsWoken } == 3)
        let told = try harness.told("another run was started", "waits until another one is over")
        #expect(told == [2, 0])
    }

    @Test func `ends while it waits for the provider`() throws {
        let harness = try CatchUpHarness(["evt_0"])
        harness.mood.withLock { mood in
            mood.troubles = [.retryLater(milliseconds: 3_600_000, PageTrouble(.noAnswer, code: "down"))]
        }
        harness.loop.start()
        try harness.eventually { harness.loop.statistics.retries.value == 1 }
        harness.loop.stop()
        #expect(harness.looks(.complete) == 0)
    }
}
