import BillingModel
import CustomerStore
import Database
import DatabaseSQLite
import Foundation
import Inbox
import JSON
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
    let intake: InboxIntake
    private let file: TemporaryDatabase
    private let loop: ApplyLoop
    private let applier: Applier
    private let connections: [Connection]

    /// - Parameter batchMax: events that the loop reads at once; 1 makes every event a write of its own.
    init(connectionCount: Int, batchMax: Int) throws {
        file = try TemporaryDatabase()
        let database = try file.open(migrations: Schema.migrations)
        self.database = database
        connections = try database.writeBeforeStart { transaction throws(DatabaseError) in
            var connections: [Connection] = []
            for number in 1...connectionCount {
                let registration = try ConnectionsTable.register(
                    name: "connection-\(number)",
                    scope: DataScope(site: "site-\(number)", mode: .test),
                    provider: "stripe",
                    account: nil,
                    in: transaction
                )
                if case .registered(let connection) = registration { connections.append(connection) }
            }
            return connections
        }
        let applier = Applier(
            preparer: EventPreparer(),
            connections: connections,
            epoch: StoreEpoch(truncating: 1),
            random: RandomSource(seed: 1),
            clock: .system,
            monotonic: .system,
            log: Logger(descriptor: 2, level: .warning),
            isSomebodyWaiting: { false },
            wake: { database.wakeWriter() }
        )
        self.applier = applier
        var limits = ApplyLoop.Limits()
        limits.batchMax = batchMax
        loop = ApplyLoop(
            database: database,
            preparer: EventPreparer(),
            applier: applier,
            limits: limits,
            clock: .system,
            onFailure: { _ in }
        )
        intake = InboxIntake(
            wake: { database.wakeWriter() },
            isSameData: { _, _ in true },
            answer: { _ in },
            didStore: { applier.progress.raise() }
        )
        database.join(intake)
        database.join(applier)
        try database.start()
    }

    func connection(_ index: Int) -> Connection { connections[index] }

    /// Stores the events of one connection in the given order of arrival.
    func offer(_ events: [[UInt8]], to index: Int) throws {
        for body in events {
            let root = try JSONDocument.parse(body).root
            let event = ReceivedEvent(
                replyToken: ReplyToken(high: 0, low: 0, endpoint: 0),
                connection: connections[index].id,
                endpoint: "test",
                eventID: root["id"]?.string ?? "",
                type: root["type"]?.string ?? "",
                apiVersion: root["api_version"]?.string,
                occurredAt: nil,
                receivedAt: Timestamp(milliseconds: 1_800_000_000_000),
                disposition: .apply,
                body: body,
                objectRange: root["data"]?["object"]?.byteRange ?? 0..<0
            )
            while !intake.offer(event) { usleep(1_000) }
        }
    }

    /// Applies all that is stored, and returns once nothing is left.
    func drain() throws {
        loop.start()
        var pending = 1
        while pending > 0 {
            usleep(2_000)
            guard intake.statistics.waiting == 0 else { continue }
            pending = try database.read { transaction throws(DatabaseError) in
                try transaction.first(Self.pending) { Int($0.integer(0)) } ?? 0
            }
        }
    }

    func stop() {
        loop.stop()
        database.stop()
    }

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

    private static let pending = Statement(
        "test.pending",
        "SELECT COUNT(*) FROM inbox WHERE state IN ('received', 'waiting')"
    )
}
