import BillingModel
import CustomerStore
import Database
import DatabaseSQLite
import Foundation
import Inbox
import JSON
import Lanes
import Reconciler
import Schema
import Telemetry
import TestSupport
import Threading
import Timing

/// The real inbox, applier and store on a file of their own, without sockets: events go in, states come out.
///
/// Many histories share one file by having a connection each, as accounts do.
final class ApplyHarness: Sendable {
    let database: SQLiteDatabase
    let faults: FaultyDatabase
    let intake: InboxIntake
    let file: TemporaryDatabase
    let clock: TestClock
    let applier: Applier
    private let loop: ApplyLoop
    private let isRunning = Lock(false)
    private let connections: [Connection]
    private let answers: Lock<[UInt64: IntakeAnswer.Outcome]>
    private let nextToken = Lock<UInt64>(0)

    /// - Parameters:
    ///   - batchMax: events that the loop reads at once; 1 makes every event a write of its own.
    ///   - file: the file of an earlier harness, to go on where it was stopped.
    ///   - schema: statements after the migrations, such as a trigger that makes trouble.
    init(
        connectionCount: Int,
        batchMax: Int,
        file: TemporaryDatabase? = nil,
        clock: TestClock = TestClock(),
        policy: RetryPolicy = .standard,
        mode: DataMode = .test,
        confirm: ConfirmPolicy = .never,
        schema: [String] = []
    ) throws {
        self.file = try file ?? TemporaryDatabase()
        self.clock = clock
        let extra =
            schema.isEmpty
            ? []
            : [Migration(number: Schema.migrations.count + 1, name: "test", statements: schema)]
        let database = try self.file.open(migrations: Schema.migrations + extra)
        self.database = database
        faults = FaultyDatabase(database)
        connections = try database.writeBeforeStart { transaction throws(DatabaseError) in
            var connections: [Connection] = []
            for number in 1...connectionCount {
                let registration = try ConnectionsTable.register(
                    name: "connection-\(number)",
                    scope: DataScope(site: "site-\(number)", mode: mode),
                    provider: "stripe",
                    account: nil,
                    in: transaction
                )
                if case .registered(let connection) = registration { connections.append(connection) }
            }
            return connections
        }
        let preparer = EventPreparer(connections: connections)
        let applier = Applier(
            preparer: preparer,
            connections: connections,
            epoch: StoreEpoch(truncating: 1),
            confirm: Dictionary(uniqueKeysWithValues: connections.map { ($0.id, confirm) }),
            policy: policy,
            random: RandomSource(seed: 1),
            clock: clock.wall,
            monotonic: .system,
            log: Logger(descriptor: -1, level: .error),
            isSomebodyWaiting: { false },
            wake: { database.wakeWriter() }
        )
        self.applier = applier
        var limits = ApplyLoop.Limits()
        limits.batchMax = batchMax
        limits.pollMilliseconds = 20
        loop = ApplyLoop(
            database: database,
            preparer: preparer,
            applier: applier,
            limits: limits,
            clock: clock.wall,
            onFailure: { _ in }
        )
        let answers = Lock<[UInt64: IntakeAnswer.Outcome]>([:])
        self.answers = answers
        intake = InboxIntake(
            clock: clock.wall,
            wake: { database.wakeWriter() },
            isSameData: { _, _ in true },
            answer: { given in
                answers.withLock { answers in
                    for answer in given { answers[answer.replyToken.low] = answer.outcome }
                }
            },
            didStore: { applier.progress.raise() }
        )
        faults.join(intake)
        faults.join(applier)
        try database.start()
    }

    func connection(_ index: Int) -> Connection { connections[index] }

    /// Stores the events of one connection in the given order of arrival. The token of each, for `answer(to:)`.
    @discardableResult
    func offer(_ events: [[UInt8]], to index: Int = 0) throws -> [UInt64] {
        var tokens: [UInt64] = []
        for body in events {
            let root = try JSONDocument.parse(body).root
            let token = nextToken.withLock { next in
                next += 1
                return next
            }
            let event = ReceivedEvent(
                replyToken: ReplyToken(high: 0, low: token, endpoint: 0),
                connection: connections[index].id,
                endpoint: "test",
                eventID: root["id"]?.string ?? "",
                type: root["type"]?.string ?? "",
                apiVersion: root["api_version"]?.string,
                occurredAt: nil,
                receivedAt: clock.wall.now(),
                disposition: .apply,
                body: body,
                objectRange: root["data"]?["object"]?.byteRange ?? 0..<0,
                twinEventID: root["snapshot_event"]?.string
            )
            while !intake.offer(event) { usleep(1_000) }
            tokens.append(token)
        }
        return tokens
    }

    func answer(to token: UInt64) -> IntakeAnswer.Outcome? {
        answers.withLock { $0[token] }
    }

    func start() {
        let isFirst = isRunning.withLock { running in
            defer { running = true }
            return !running
        }
        if isFirst { loop.start() }
    }

    /// Applies all that is stored and due, and returns once nothing is left but what waits for a later try.
    func drain() throws {
        start()
        // No limit of time that a test is held to: only so that a loss ends as a failure instead of never.
        let deadline = Date().addingTimeInterval(120)
        while true {
            usleep(1_000)
            if Date() > deadline { throw NeverDrained() }
            guard intake.waitingCount == 0 else { continue }
            // A contribution leaves the queue before its commit: a write behind it comes after that.
            try database.writeAndWait { _ throws(DatabaseError) in }
            let now = clock.wall.now().milliseconds
            let pending = try database.read { transaction throws(DatabaseError) in
                try transaction.first(Self.pending, [.integer(now)]) { Int($0.integer(0)) } ?? 0
            }
            if pending == 0 { return }
        }
    }

    func stop() {
        loop.stop()
        database.stop()
    }

    struct NeverDrained: Error {}

    // MARK: What came of it

    /// What is visible of an object: its JSON as the provider's last word, nil for a tombstone.
    func visible(_ type: String, _ id: String, of index: Int) throws -> (
        state: [UInt8]?, certainty: StateCertainty
    )? {
        let key = ObjectKey(
            connection: connections[index].id,
            type: ObjectType(rawValue: type),
            id: ProviderID(id)
        )
        return try database.read { transaction throws(DatabaseError) in
            guard let object = try ObjectsTable.find(key, in: transaction) else { return nil }
            let json = try ObjectDocuments.json(objectNumber: object.number, in: transaction)
            return (object.state == .tombstone ? nil : json, object.certainty)
        }
    }

    func object(_ id: String, type: ObjectType = .customer, of index: Int = 0) throws -> MirroredObject? {
        let key = ObjectKey(connection: connections[index].id, type: type, id: ProviderID(id))
        return try database.read { transaction throws(DatabaseError) in
            try ObjectsTable.find(key, in: transaction)
        }
    }

    /// The `name` that the visible state of a customer has.
    func name(of id: String, at index: Int = 0) throws -> String? {
        try visible("customer", id, of: index)?.state.flatMap {
            try JSONDocument.parse($0).root["name"]?.string
        }
    }

    func event(_ id: String) throws -> StoredEvent? {
        var filter = StoredEventFilter()
        filter.eventID = id
        let wanted = filter
        return try database.read { transaction throws(DatabaseError) in
            try InboxAdministration.list(wanted, before: nil, limit: 1, in: transaction).first
        }
    }

    func act(
        _ act:
            @escaping @Sendable (Int64, Timestamp, any WriteTransaction) throws(DatabaseError) ->
            InboxActOutcome,
        on id: String
    ) throws {
        guard let number = try event(id)?.id else { return }
        let now = clock.wall.now()
        _ = try database.writeAndWait { transaction throws(DatabaseError) in try act(number, now, transaction)
        }
        applier.progress.raise()
    }

    func count(_ statement: Statement) throws -> Int64 {
        try database.read { transaction throws(DatabaseError) in
            try transaction.first(statement) { $0.integer(0) } ?? 0
        }
    }

    /// All rows of the given statement's first column.
    func lines(_ statement: Statement) throws -> [String] {
        try database.read { transaction throws(DatabaseError) in
            try transaction.rows(statement) { $0.text(0) }
        }
    }

    private static let pending = Statement(
        "test.pending",
        "SELECT COUNT(*) FROM inbox WHERE due_at <= $1"
    )
}

/// A clock that stands until it is set.
final class TestClock: Sendable {
    private let time = Lock(Timestamp(milliseconds: 1_800_000_000_000))

    var wall: WallClock { WallClock { [time] in time.withLock { $0 } } }

    func advance(days: Int64 = 0, seconds: Int64 = 0) {
        time.withLock { $0 = $0.adding(seconds: days * 86_400 + seconds) }
    }

    func set(_ milliseconds: Int64) {
        time.withLock { $0 = Timestamp(milliseconds: milliseconds) }
    }
}
