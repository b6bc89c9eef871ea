import BillingModel
import CustomerStore
import Database
import DatabaseSQLite
import JSON
import Providers
import Schema
import TestSupport
import Timing

/// A store with the simplest reconciler there is: of an object's events, the latest by place in the provider's
/// order is visible, whatever the order of arrival.
final class TestStore {
    static let epoch = StoreEpoch(truncating: 77)
    let folder: TemporaryDatabase
    let database: SQLiteDatabase
    let connections: [ConnectionID: Connection]
    private var visible: [ObjectKey: (number: Int64, place: Int, isGone: Bool)] = [:]
    private var clock: Int64 = 1_800_000_000_000

    static let test = Connection(
        id: ConnectionID(rawValue: 1),
        name: "stripe-test",
        scope: DataScope(site: "main", mode: .test),
        provider: "stripe",
        account: nil
    )
    static let live = Connection(
        id: ConnectionID(rawValue: 2),
        name: "stripe-live",
        scope: DataScope(site: "main", mode: .live),
        provider: "stripe",
        account: nil
    )
    static let second = Connection(
        id: ConnectionID(rawValue: 3),
        name: "stripe-test-2",
        scope: DataScope(site: "main", mode: .test),
        provider: "stripe",
        account: "acct_2"
    )

    init(connections: [Connection] = [TestStore.test, TestStore.live, TestStore.second]) async throws {
        folder = try TemporaryDatabase()
        database = try folder.open(migrations: Schema.migrations)
        try database.start()
        self.connections = Dictionary(uniqueKeysWithValues: connections.map { ($0.id, $0) })
        try await database.write { transaction throws(DatabaseError) in
            for connection in connections {
                try transaction.execute(
                    Self.insertConnection,
                    [
                        .integer(connection.id.rawValue), .text(connection.name),
                        .text(connection.scope.site), .text(connection.scope.mode.rawValue),
                        .text(connection.provider), .optional(connection.account),
                    ]
                )
            }
        }
    }

    deinit {
        database.stop()
    }

    /// Applies events in one batch. `place` is the event's place in the provider's order.
    func apply(
        _ events: [(place: Int, event: ProviderEvent)],
        on connection: Connection = TestStore.test
    ) async throws {
        var steps: [Step] = []
        for (place, event) in events {
            guard let type = event.objectType, let id = event.objectID, let object = event.object else {
                continue
            }
            let key = ObjectKey(connection: connection.id, type: type, id: id)
            let facts = StripeDecoder.facts(ofEventType: event.type)
            var number = visible[key]?.number
            let isNew = number == nil
            if number == nil { number = Int64(visible.count + 1) }
            let isLater = visible[key].map { place >= $0.place } ?? true
            let isGone = facts.deletion == .removesObject
            if isLater { visible[key] = (number ?? 0, place, isGone) }
            steps.append(
                Step(
                    key: key,
                    number: number ?? 0,
                    isNew: isNew,
                    change: !isLater ? .none : isGone ? .tombstone : .visible,
                    object: StripeDecoder.decode(type: type.rawValue, object),
                    json: object.rawBytes,
                    note: facts.note,
                    isAlive: !(visible[key]?.isGone ?? false),
                    second: event.second ?? 0
                )
            )
        }
        clock += 1000
        let now = Timestamp(milliseconds: clock)
        let connections = connections
        let prepared = steps
        try await database.write { transaction throws(DatabaseError) in
            let update = StoreUpdate(
                transaction: transaction,
                connections: connections,
                epoch: Self.epoch,
                now: now
            )
            for step in prepared { try step.run(update, transaction, now) }
            try update.finish()
        }
    }

    private struct Step: Sendable {
        enum Change { case none, visible, tombstone }
        let key: ObjectKey
        let number: Int64
        let isNew: Bool
        let change: Change
        let object: DecodedObject
        let json: [UInt8]
        let note: ObjectNote?
        let isAlive: Bool
        let second: Int64

        func run(
            _ update: StoreUpdate,
            _ transaction: any WriteTransaction,
            _ now: Timestamp
        ) throws(DatabaseError) {
            if isNew {
                try transaction.execute(
                    TestStore.insertObject,
                    [
                        .integer(number), .integer(key.connection.rawValue), .text(key.type.rawValue),
                        .text(key.id.rawValue), .integer(now.milliseconds),
                    ]
                )
            }
            switch change {
            case .none: break
            case .visible:
                try ObjectDocuments.keep(json, objectNumber: number, in: transaction)
                try update.apply(objectNumber: number, key: key, object: object, at: second)
            case .tombstone:
                try transaction.execute(TestStore.killObject, [.integer(number)])
                try update.tombstone(objectNumber: number, key: key, lastSnapshot: object, at: second)
            }
            if let note, isAlive { try update.note(note, objectNumber: number, key: key, object: object) }
        }
    }

    func read<Result>(
        _ scope: DataScope = TestStore.test.scope,
        _ body: (StoreReader) throws(DatabaseError) -> Result
    ) throws -> Result {
        try database.read { transaction throws(DatabaseError) in
            try body(StoreReader(transaction, scope: scope))
        }
    }

    func customer(_ id: String, _ scope: DataScope = TestStore.test.scope) throws -> CustomerRecord? {
        try read(scope) { reader throws(DatabaseError) in
            var filter = CustomerFilter()
            filter.providerID = ProviderID(id)
            return try reader.customers(filter, PageRequest(limit: 10)).elements.first
        }
    }

    func subscriptions(of customer: Int64) throws -> [SubscriptionRecord] {
        try read { reader throws(DatabaseError) in
            var filter = ObjectFilter()
            filter.customer = customer
            return try reader.subscriptions(filter, PageRequest(limit: 100)).elements
        }
    }

    /// Every typed row and ledger entry, without numbers, versions and times of writing, which may differ
    /// with the order of arrival.
    func dump() throws -> [String] {
        try database.read { transaction throws(DatabaseError) in
            var lines: [String] = []
            for statement in DumpQuery.statements {
                try transaction.forEachRow(statement, []) { row in
                    lines.append(statement.name + ": " + row.text(0))
                }
            }
            return lines.sorted()
        }
    }

    private static let insertConnection = Statement(
        "test.insert_connection",
        "INSERT INTO connections (id, name, site, mode, provider, account) VALUES ($1, $2, $3, $4, $5, $6)"
    )

    private static let insertObject = Statement(
        "test.insert_object",
        """
        INSERT INTO objects (
            id, connection_id, object_type, provider_id, state, freshness, certainty, last_event_id, second_max,
            version, created_at, updated_at
        )
        VALUES ($1, $2, $3, $4, 'live', 'chained', 'certain', 0, 0, 1, $5, $5)
        """
    )

    private static let killObject = Statement(
        "test.kill_object",
        "UPDATE objects SET state = 'tombstone' WHERE id = $1"
    )
}
