import BillingModel
import CustomerStore
import Database
import DatabaseSQLite
import Foundation
import Inbox
import JSON
import Lanes
import Outbox
import Providers
import Schema
import Telemetry
import TestSupport
import Threading
import Timing

@testable import Reconciler

/// The real inbox, applier, lanes and recorder over a real file and virtual time: many customers at a provider that
/// changes them, tells of it late, twice, out of order or not at all, and answers reads after a while. Beside that
/// pages of runs are read early and written late.
///
/// All of one tick, a quarter of a second, is one transaction.
final class ConfirmSimulation {
    private static let tick: Int64 = 250
    private static let start: Int64 = 1_800_000_000_000

    let options: Options
    private let random: RandomSource
    private let histories: [ToldHistory]
    private let file: TemporaryDatabase
    private let database: SQLiteDatabase
    private let connection: Connection
    private let clock = TestClock()
    private let preparer: EventPreparer
    private let intake: InboxIntake
    private let applier: Applier
    private let recorder: ReadRecorder
    private var actions: [Int64: [Action]] = [:]
    private var now = start
    /// Newest event that was handed to the applier.
    private var newest: Int64 = 0
    /// Customers with stored events that were not.
    private var unapplied: Set<Int> = []
    private var commits: UInt64 = 0
    /// The newest version that readers were shown as confirmed or chained.
    private var sure: [Int: Int] = [:]
    private(set) var findings = Findings()

    init(_ options: Options) throws {
        self.options = options
        let random = RandomSource(seed: options.seed)
        self.random = random
        histories = (0..<options.histories).map {
            ToldHistory($0, options.told, start: Self.start, random: random)
        }
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
        preparer = EventPreparer(connections: [connection])
        applier = Applier(
            preparer: preparer,
            connections: [connection],
            epoch: StoreEpoch(truncating: 1),
            confirm: [connection.id: options.confirm],
            random: RandomSource(seed: 1),
            clock: clock.wall,
            monotonic: .system,
            log: Logger(descriptor: -1, level: .error),
            isSomebodyWaiting: { false },
            wake: {}
        )
        intake = InboxIntake(
            clock: clock.wall,
            wake: {},
            isSameData: { _, _ in true },
            answer: { _ in },
            didStore: {}
        )
        recorder = ReadRecorder(
            preparer: preparer,
            connections: [connection],
            epoch: StoreEpoch(truncating: 1),
            confirm: options.confirm
        )
        try database.start()
    }

    deinit { database.stop() }

    // MARK: Running

    func run() throws -> Findings {
        var end = Self.start
        for (number, history) in histories.enumerated() {
            findings.histories += 1
            findings.events += history.told
            findings.lost += history.lost
            for (index, delivery) in history.deliveries.enumerated() {
                add(.delivery(number, index), at: delivery.time)
                end = max(end, delivery.time)
            }
            let (first, last) = (history.versions[0].time, history.versions[history.versions.count - 1].time)
            end = max(end, last)
            for _ in 0..<options.pages { add(.pageBegins(number), at: between(first, last + 30_000)) }
        }
        try advance()
        // Also what nobody told has happened by then.
        now = max(now, end)
        findings.withdrawn = applier.statistics.withdrawals
        let wrong = try histories.indices.filter { try !isRight($0) }
        findings.wrongEnds = try wrong.map { try self.words($0) }
        if !wrong.isEmpty {
            // One run: what its list does not show is asked for by itself (R6).
            for number in histories.indices {
                if histories[number].last == nil {
                    try ask(number)
                } else {
                    add(.pageBegins(number), at: now + 60_000)
                }
            }
            try advance()
            for number in histories.indices where try !isRight(number) {
                findings.notMended.append(try words(number))
            }
        }
        return findings
    }

    /// Tick by tick, until nothing is left to happen and no read is owed.
    private func advance() throws {
        while true {
            let connection = connection.id
            let due = try database.read { transaction throws(DatabaseError) in
                try LaneReadsTable.nextDue(on: connection, in: transaction)
            }
            // What is due within a tick is done at its end.
            let nextDue = due.map { max($0.milliseconds, now) / Self.tick + 1 }
            let following = [actions.keys.min(), nextDue].compactMap(\.self).min()
            guard let following else { return }
            now = max(following * Self.tick, now)
            clock.set(now)
            try happen(actions.removeValue(forKey: following) ?? [])
        }
    }

    private func happen(_ actions: [Action]) throws {
        var touched: Set<Int> = []
        for case .delivery(let number, let index) in actions {
            try offer(histories[number].deliveries[index])
            unapplied.insert(number)
        }
        try store()
        let isLazy = random.below(1_000) < options.lazyPerMille
        let appliesFirst = random.below(2) == 0
        if !isLazy, appliesFirst { try apply(&touched) }
        try endReads(actions, &touched)
        try endPages(actions, &touched)
        if !isLazy, !appliesFirst { try apply(&touched) }
        if !unapplied.isEmpty { self.actions[now / Self.tick + 1, default: []] += [] }
        try beginPages(actions)
        try beginReads()
        for number in touched { try look(number) }
    }

    private func add(_ action: Action, at time: Int64) {
        // Rounded up: nothing happens before its time.
        actions[max(time + Self.tick - 1, now + Self.tick) / Self.tick, default: []].append(action)
    }

    private func between(_ low: Int64, _ high: Int64) -> Int64 {
        low + Int64(random.below(UInt64(max(high - low, 1))))
    }

    // MARK: Events

    private func offer(_ delivery: ToldHistory.Delivery) throws {
        let root = try JSONDocument.parse(delivery.body).root
        let event = ReceivedEvent(
            replyToken: ReplyToken(high: 0, low: 0, endpoint: 0),
            connection: connection.id,
            endpoint: "test",
            eventID: delivery.eventID,
            type: root["type"]?.string ?? "",
            apiVersion: root["api_version"]?.string,
            occurredAt: nil,
            receivedAt: clock.wall.now(),
            disposition: .apply,
            body: delivery.body,
            objectRange: root["data"]?["object"]?.byteRange ?? 0..<0
        )
        precondition(intake.offer(event), "a tick's events fit the queue")
    }

    private func store() throws {
        let intake = intake
        while intake.waitingCount > 0 {
            _ = try database.writeAndWait { transaction throws(DatabaseError) in
                try intake.contribute(transaction)
            }
            commits += 1
            intake.settle(.committed(commits))
            intake.conclude(upTo: commits, nil)
        }
    }

    private func apply(_ touched: inout Set<Int>) throws {
        guard !unapplied.isEmpty else { return }
        let (applier, newest) = (applier, newest)
        let due = try database.read { transaction throws(DatabaseError) in
            let limits = DueLimits(events: 10_000, bytes: 64 << 20)
            return try DueEventsTable.new(after: newest, limits, in: transaction)
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
        touched.formUnion(unapplied)
        unapplied = []
    }

    // MARK: Reads

    private func beginReads() throws {
        let (connection, now) = (connection.id, Timestamp(milliseconds: now))
        let claimed = try database.writeAndWait { transaction throws(DatabaseError) in
            try LaneReadsTable.claim(
                on: connection,
                owner: LeaseOwner(drawn: 1),
                limit: 1_000,
                leaseMilliseconds: 900_000,
                now: now,
                in: transaction
            )
        }
        findings.reads += claimed.count
        for read in claimed {
            findings.reasons[read.reason, default: 0] += 1
            guard let number = Int(read.key.id.rawValue.dropFirst(4)) else { continue }
            let (seen, date, end) = answer(number)
            let isFailed = random.below(1_000) < options.failedPerMille
            add(.readEnds(read, number, isFailed ? .failed : .answered(seen, date)), at: end)
        }
    }

    /// What the provider answers now, the time that it says, and when that arrives.
    private func answer(_ number: Int) -> (seen: [UInt8]?, date: Timestamp, end: Int64) {
        let shown = now + between(options.latency.lowerBound, options.latency.upperBound)
        let skew = between(-options.skew, options.skew + 1)
        let date = Timestamp(milliseconds: (shown + skew) / 1_000 * 1_000)
        let end = shown + between(options.latency.lowerBound, options.latency.upperBound)
        return (histories[number].body(at: shown), date, end)
    }

    private func endReads(_ actions: [Action], _ touched: inout Set<Int>) throws {
        var ends: [(ClaimedRead, Ending)] = []
        for case .readEnds(let read, let number, let ending) in actions {
            ends.append((read, ending))
            touched.insert(number)
        }
        guard !ends.isEmpty else { return }
        let (recorder, now, random, ended) = (recorder, Timestamp(milliseconds: now), random, ends)
        try database.writeAndWait { transaction throws(DatabaseError) in
            for (read, ending) in ended {
                switch ending {
                case .failed:
                    _ = try LaneReadsTable.fail(read.flight, now: now, random: random, in: transaction)
                case .answered(let seen, let date):
                    let outcome = try recorder.readEnded(
                        read,
                        Self.sight(seen),
                        date: date,
                        now: now,
                        in: transaction
                    )
                    precondition(outcome != .leaseLost, "nobody else reads")
                }
            }
        }
    }

    private func ask(_ number: Int) throws {
        let (key, now) = (key(number), Timestamp(milliseconds: now))
        try database.writeAndWait { transaction throws(DatabaseError) in
            let object = try ObjectsTable.number(of: key, in: transaction)
            let lane = try LanesTable.findOrMake(.object(key, object: object), in: transaction)
            try LaneReadsTable.markDirty(lane.id, for: .run, due: now, now: now, in: transaction)
        }
    }

    private static func sight(_ body: [UInt8]?) -> CallSight {
        // What is made here is JSON.
        guard let body, let document = try? JSONDocument.parse(body) else { return .missing }
        return .object(document.root, apiVersion: "2026-06-24.dahlia")
    }

    // MARK: Pages

    private func beginPages(_ actions: [Action]) throws {
        var numbers: [Int] = []
        for case .pageBegins(let number) in actions { numbers.append(number) }
        guard !numbers.isEmpty else { return }
        let (start, inboxID) = try database.writeAndWait { transaction throws(DatabaseError) in
            (
                try LogicalClockTable.next(in: transaction),
                try transaction.first(Self.newestEvent) { $0.integer(0) } ?? 0
            )
        }
        for number in numbers {
            let (seen, date, end) = answer(number)
            // A list leaves deleted objects out.
            guard let seen, histories[number].isLive(seen) else { continue }
            let late = between(options.pageLate.lowerBound, options.pageLate.upperBound)
            add(.pageEnds(number, PageItemSeen(start, inboxID, seen, date)), at: end + late)
        }
    }

    private static let newestEvent = Statement("test.newest_event", "SELECT COALESCE(MAX(id), 0) FROM inbox")

    private func endPages(_ actions: [Action], _ touched: inout Set<Int>) throws {
        for case .pageEnds(let number, let item) in actions {
            touched.insert(number)
            let key = key(number)
            let (preparer, connection, now) = (preparer, connection, Timestamp(milliseconds: now))
            try database.writeAndWait { transaction throws(DatabaseError) in
                try item.write(key, preparer, connection, now: now, in: transaction)
            }
        }
    }

    // MARK: What is seen

    private func key(_ number: Int) -> ObjectKey {
        ObjectKey(connection: connection.id, type: .customer, id: ProviderID(histories[number].id))
    }

    private func visible(_ number: Int) throws -> (value: String?, freshness: Freshness)? {
        let key = key(number)
        let seen: (json: [UInt8]?, freshness: Freshness)? = try database.read {
            transaction throws(DatabaseError) in
            guard let object = try ObjectsTable.find(key, in: transaction) else { return nil }
            guard object.state == .live else { return (nil, object.freshness) }
            return (
                try ObjectDocuments.json(objectNumber: object.number, in: transaction), object.freshness
            )
        }
        guard let seen else { return nil }
        return (try seen.json.flatMap { try JSONDocument.parse($0).root["name"]?.string }, seen.freshness)
    }

    private func look(_ number: Int) throws {
        guard !options.told.returns, let seen = try visible(number) else { return }
        let versions = histories[number].versions
        guard let version = versions.lastIndex(where: { $0.value == seen.value }) else {
            findings.stepsBack.append("\(histories[number].id) shows what never was: \(seen)")
            return
        }
        if let best = sure[number], version < best {
            findings.stepsBack.append(
                "\(histories[number].id): version \(version) after \(best), \(seen.freshness)"
            )
        }
        if seen.freshness != .provisional { sure[number] = max(sure[number] ?? 0, version) }
    }

    private func isRight(_ number: Int) throws -> Bool {
        try visible(number)?.value == histories[number].last
    }

    private func words(_ number: Int) throws -> String {
        let seen = try visible(number)
        return
            "\(histories[number].id): \(seen.map { "\($0)" } ?? "nothing") instead of \(histories[number].last ?? "deleted")"
    }
}
