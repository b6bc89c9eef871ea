import BillingModel
import Cryptography
import CustomerStore
import Database
import DatabaseSQLite
import Foundation
import HTTPClient
import Inbox
import JSON
import Lanes
import Providers
import Reconciler
import Schema
import Telemetry
import TestSupport
import Threading
import Timing

@testable import Mirror

/// A day of renewals in virtual time: the real inbox, applier, lanes, recorder and dispatcher, and a provider that
/// answers reads.
final class RenewalDay {
    struct Findings: CustomStringConvertible {
        var renewals = 0
        var events = 0
        var reads = 0
        var readsInBusiestMinute = 0
        /// Milliseconds that states were provisional, sorted.
        var provisional: [Int64] = []
        var leftProvisional = 0
        var wrong: [String] = []

        func provisional(percentile: Double) -> Int64 {
            guard !provisional.isEmpty else { return 0 }
            return provisional[min(Int(Double(provisional.count) * percentile), provisional.count - 1)]
        }

        var description: String {
            """
            \(renewals) renewals, \(events) events, \(reads) reads \
            (\(String(format: "%.4f", Double(reads) / Double(max(events, 1)))) an event), \
            \(readsInBusiestMinute) in the busiest minute; provisional \(provisional.count) times, for \
            \(provisional(percentile: 0.5)) ms in the middle, \(provisional(percentile: 0.99)) ms at the 99th \
            percentile, \(provisional.last ?? 0) ms at most, \(leftProvisional) at the end; \
            \(wrong.count) wrong \(wrong.prefix(3))
            """
        }
    }

    private static let start: Int64 = 1_800_000_000_000
    private static let tick: Int64 = 500

    private let options: Renewal.Options
    private let random: RandomSource
    private let file: TemporaryDatabase
    private let database: SQLiteDatabase
    private let connection: Connection
    private let preparer: EventPreparer
    private let intake: InboxIntake
    private let applier: Applier
    private let time = Lock(Timestamp(milliseconds: start))
    private var driver: MirrorDriver
    private let statistics = MirrorStatistics()
    private var now = start
    private var commits: UInt64 = 0
    private var newest: Int64 = 0
    private var arrivals: [Int64: [Renewal.Event]] = [:]
    private var ends: [Int64: [EndedCall]] = [:]
    private var following: Int64?
    private var since: [ObjectKey: Int64] = [:]
    private var readsByMinute: [Int64: Int] = [:]
    private var readKeys: [UInt64: ObjectKey] = [:]
    private var touched: Set<ObjectKey> = []
    private(set) var findings = Findings()

    /// - Parameter readsPerSecond: what the connection's pace leaves to reads.
    init(_ options: Renewal.Options, readsPerSecond: Double) throws {
        self.options = options
        random = RandomSource(seed: options.seed &+ 99)
        file = try TemporaryDatabase(isInMemory: true)
        let database = try file.open(migrations: Schema.migrations)
        self.database = database
        let registration = try database.writeBeforeStart { transaction throws(DatabaseError) in
            try ConnectionsTable.register(
                name: "simulated",
                scope: DataScope(site: "main", mode: .test),
                provider: "stripe",
                account: nil,
                in: transaction
            )
        }
        guard case .registered(let connection) = registration else {
            preconditionFailure("a new file has no connection")
        }
        self.connection = connection
        let clock = WallClock { [time] in time.withLock { $0 } }
        let log = Logger(descriptor: -1, level: .error)
        preparer = EventPreparer(connections: [connection])
        applier = Applier(
            preparer: preparer,
            connections: [connection],
            epoch: StoreEpoch(truncating: 1),
            confirm: [connection.id: .whenNeeded],
            random: RandomSource(seed: 1),
            clock: clock,
            monotonic: .system,
            log: log,
            isSomebodyWaiting: { false },
            wake: {}
        )
        intake = InboxIntake(
            clock: clock,
            wake: {},
            isSameData: { _, _ in true },
            answer: { _ in },
            didStore: {}
        )
        let recorder = ReadRecorder(
            preparer: preparer,
            connections: [connection],
            epoch: StoreEpoch(truncating: 1)
        )
        var mirrored = MirrorConnection(
            connection: connection,
            baseURL: "https://provider.example",
            apiKey: RedactedText("sk_test_right")
        )
        mirrored.ratePerSecond = readsPerSecond
        mirrored.pollMilliseconds = Self.tick
        driver = MirrorDriver(
            mirrored,
            database: database,
            recorder: AnswerRecorder(
                readEnded: { read, seen, date, now, transaction throws(DatabaseError) in
                    let sight: CallSight =
                        switch seen {
                        case .present(let document): .object(document.root, apiVersion: "2026-06-24.dahlia")
                        case .missing: .missing
                        }
                    _ = try recorder.readEnded(read, sight, date: date, now: now, in: transaction)
                },
                writeAnswered: { _, _, _ throws(DatabaseError) in }
            ),
            owner: LeaseOwner(drawn: 1),
            keyEpoch: 1,
            random: RandomSource(seed: options.seed),
            statistics: statistics,
            log: log,
            now: Instant(nanoseconds: UInt64(Self.start) * 1_000_000)
        )
        try database.start()
    }

    deinit { database.stop() }

    func run() throws -> Findings {
        for number in 0..<options.count {
            try offer(Renewal.birth(number, second: Self.start / 1_000 - 86_400))
            if intake.waitingCount >= 2_000 { try apply() }
        }
        try apply()
        touched = []
        var next = 0
        let end = Self.start + options.span + 600_000
        var upcoming: Renewal?
        while now < end {
            now += Self.tick
            let wall = Timestamp(milliseconds: now)
            time.withLock { $0 = wall }
            while next < options.count {
                let renewal = upcoming ?? Renewal(next, options, start: Self.start)
                upcoming = renewal
                guard renewal.time <= now else { break }
                for event in renewal.events {
                    arrivals[event.arrival / Self.tick + 1, default: []].append(event)
                }
                findings.renewals += 1
                findings.events += Set(renewal.events.map(\.eventID)).count
                (upcoming, next) = (nil, next + 1)
            }
            let arrived = arrivals.removeValue(forKey: now / Self.tick) ?? []
            for event in arrived { try offer(event) }
            if !arrived.isEmpty {
                try apply()
                driver.wake(now: moment)
            }
            let ended = ends.removeValue(forKey: now / Self.tick) ?? []
            if !ended.isEmpty || !arrived.isEmpty || following.map({ $0 <= now }) ?? true { turn(ended) }
            try look()
        }
        findings.leftProvisional = since.count
        findings.provisional.sort()
        findings.readsInBusiestMinute = readsByMinute.values.max() ?? 0
        try check()
        return findings
    }

    private var moment: Moment {
        Moment(wall: Timestamp(milliseconds: now), steady: Instant(nanoseconds: UInt64(now) * 1_000_000))
    }

    // MARK: Events

    private func offer(_ event: Renewal.Event) throws {
        let body = Array(event.body.utf8)
        let object = try JSONDocument.parse(body).root["data"]?["object"]
        let received = ReceivedEvent(
            replyToken: ReplyToken(high: 0, low: 0, endpoint: 0),
            connection: connection.id,
            endpoint: "test",
            eventID: event.eventID,
            type: event.type,
            apiVersion: "2026-06-24.dahlia",
            occurredAt: nil,
            receivedAt: Timestamp(milliseconds: now),
            disposition: .apply,
            body: body,
            objectRange: object?.byteRange ?? 0..<0
        )
        precondition(intake.offer(received), "a tick's events fit the queue")
        if let id = object?["id"]?.string, let type = object?["object"]?.string {
            touched.insert(key(type, id))
        }
    }

    private func key(_ type: String, _ id: String) -> ObjectKey {
        ObjectKey(connection: connection.id, type: ObjectType(rawValue: type), id: ProviderID(id))
    }

    private func apply() throws {
        let (intake, applier) = (intake, applier)
        while intake.waitingCount > 0 {
            _ = try database.writeAndWait { transaction throws(DatabaseError) in
                try intake.contribute(transaction)
            }
            commits += 1
            intake.settle(.committed(commits))
            intake.conclude(upTo: commits, nil)
        }
        let newest = newest
        let due = try database.read { transaction throws(DatabaseError) in
            try DueEventsTable.new(after: newest, DueLimits(events: 10_000, bytes: 64 << 20), in: transaction)
        }
        applier.post(try preparer.prepare(due, in: database))
        while applier.waitingCount > 0 {
            _ = try database.writeAndWait { transaction throws(DatabaseError) in
                try applier.contribute(transaction)
            }
            commits += 1
            applier.settle(.committed(commits))
        }
        self.newest = due.last?.event.id ?? newest
    }

    // MARK: Reads

    private func turn(_ ended: [EndedCall]) {
        var ended = ended
        for call in ended { if let key = readKeys.removeValue(forKey: call.flight) { touched.insert(key) } }
        while true {
            let turn = driver.wholeTurn(ended, on: database, now: moment)
            ended = []
            for call in turn.calls { send(call) }
            guard !turn.hasMore else { continue }
            let wait = turn.next.map { moment.steady.millisecondsUntil($0) }
            if wait == 0 { continue }
            following = wait.map { now + $0 }
            return
        }
    }

    private func send(_ call: PreparedCall) {
        findings.reads += 1
        readsByMinute[now / 60_000, default: 0] += 1
        let id = call.request.url.split(separator: "/").last.map(String.init) ?? ""
        let shown = now + 20 + Int64(random.below(300))
        let number = id.split(separator: "_").last.flatMap { Int($0) } ?? 0
        let renewal = Renewal(number, options, start: Self.start)
        let skew = Int64(random.below(2_001)) - 1_000
        let date = HTTPDateText.text(second: (shown + skew) / 1_000)
        let response: HTTPClientResponse
        if let json = renewal.body(of: id, at: shown) {
            let type = id.hasPrefix("sub_") ? "subscription" : id.hasPrefix("in_") ? "invoice" : "charge"
            readKeys[call.flight] = key(type, id)
            response = HTTPClientResponse(status: 200, headers: [("Date", date)], body: Array(json.utf8))
        } else {
            response = HTTPClientResponse(status: 404, headers: [("Date", date)], body: Array("{}".utf8))
        }
        let end = EndedCall(flight: call.flight, outcome: .success(response), nanoseconds: 1)
        ends[(shown + 50) / Self.tick + 1, default: []].append(end)
    }

    // MARK: What is seen

    private func look() throws {
        guard !touched.isEmpty else { return }
        let keys = Array(touched)
        touched = []
        let provisional = try database.read { transaction throws(DatabaseError) in
            var provisional: Set<ObjectKey> = []
            for key in keys {
                guard let object = try ObjectsTable.find(key, in: transaction) else { continue }
                if object.freshness == .provisional, StripeCalls.confirms(key.type) {
                    provisional.insert(key)
                }
            }
            return provisional
        }
        for key in keys {
            if provisional.contains(key) {
                since[key] = since[key] ?? now
            } else if let began = since.removeValue(forKey: key) {
                findings.provisional.append(now - began)
            }
        }
    }

    /// Every invoice is paid and every subscription renewed, as far as anybody was told.
    private func check() throws {
        let (count, options) = (options.count, options)
        for number in 0..<count {
            let renewal = Renewal(number, options, start: Self.start)
            for (type, id) in [("invoice", "in_\(number)"), ("subscription", "sub_\(number)")] {
                let key = key(type, id)
                let json = try database.read { transaction throws(DatabaseError) in
                    guard let object = try ObjectsTable.find(key, in: transaction) else {
                        return nil as [UInt8]?
                    }
                    return try ObjectDocuments.json(objectNumber: object.number, in: transaction)
                }
                let right = renewal.body(of: id, at: .max)
                if json.map({ String(decoding: $0, as: UTF8.self) }) != right { findings.wrong.append(id) }
            }
        }
    }
}

/// A time as the header `Date` has it.
enum HTTPDateText {
    static func text(second: Int64) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return formatter.string(from: Date(timeIntervalSince1970: TimeInterval(second)))
    }
}
