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
final class CatchUpHarness: Sendable {
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
