import API
import BillingModel
import Cryptography
import Database
import DatabaseSQLite
import Foundation
import HTTPServer
import JSON
import Schema
import Telemetry
import TestSupport
import Threading
import Timing

/// The API over a database file of its own, without a socket; its log is kept for looking into.
final class Harness: Sendable {
    static let epoch = StoreEpoch(truncating: 7)
    static let now = Timestamp(milliseconds: 1_750_000_000_000)
    static let connections = [
        connection(1, "stripe-test", "main", .test), connection(2, "stripe-live", "main", .live),
        connection(3, "shop-test", "shop", .test), connection(4, "second-test", "main", .test),
    ]

    let file: TemporaryDatabase
    let database: SQLiteDatabase
    let unreadiness = Lock<String?>(nil)
    /// How often whoever carries out runs was told to look.
    let runWakes = Lock(0)
    private let logPipe = Pipe()
    private let metrics = APIMetrics()
    private let random = RandomSource(seed: 1)
    private let keys: RequestPipeline
    private let guarded: RequestPipeline
    private let socket: RequestPipeline

    /// Connections 1 to 3 have a provider that may be called; the shop makes customers there only when it bills.
    static let writable = [
        WritableConnection(connections[0], makesCustomersOnWrite: true),
        WritableConnection(connections[1], makesCustomersOnWrite: true),
        WritableConnection(connections[2], makesCustomersOnWrite: false),
    ]

    init(
        clock: WallClock = WallClock { Harness.now },
        writable: [WritableConnection] = Harness.writable,
        operations: (any OperationWaiting)? = nil,
        carriesRuns: Bool = true
    ) throws {
        file = try TemporaryDatabase()
        database = try file.open(migrations: Schema.migrations)
        try database.start()
        let unreadiness = unreadiness
        var parts = APIParts(
            database: database,
            epoch: Self.epoch,
            connections: Self.connections,
            log: Logger(descriptor: logPipe.fileHandleForWriting.fileDescriptor, level: .debug, clock: clock),
            health: HealthRoutes { unreadiness.withLock { $0 } },
            random: random
        )
        parts.wallClock = clock
        parts.writable = writable
        parts.operations = operations
        let runWakes = runWakes
        if carriesRuns { parts.wakeRuns = { runWakes.withLock { $0 += 1 } } }
        parts.metrics = [{ $0.gauge("tollgate_other", "Of another room.", 3) }]
        keys = RequestPipeline(parts: parts, access: .bearerKeys(metricsAreOpen: true), metrics: metrics)
        guarded = RequestPipeline(parts: parts, access: .bearerKeys(metricsAreOpen: false), metrics: metrics)
        socket = RequestPipeline(parts: parts, access: .controlSocket, metrics: metrics)
        self.parts = parts
        try Rows.insertConnections(Self.connections, in: self)
    }

    let parts: APIParts

    private let isStopped = Lock(false)

    deinit {
        stop()
    }

    /// Once only: a second stop of the database closes its lock's descriptor again, which by then may be
    /// the file of a test beside this one.
    func stop() {
        let isFirst = isStopped.withLock { isStopped in
            defer { isStopped = true }
            return !isStopped
        }
        if isFirst { database.stop() }
    }

    private static func connection(_ id: Int64, _ name: String, _ site: String, _ mode: DataMode)
        -> Connection
    {
        Connection(
            id: ConnectionID(rawValue: id),
            name: name,
            scope: DataScope(site: site, mode: mode),
            provider: "stripe",
            account: nil
        )
    }

    enum Door { case keys, guardedMetrics, socket }

    /// Answers are waited for, also those of writes.
    func call(_ call: APICall, through door: Door = .keys) -> APIAnswer {
        let pipeline =
            switch door {
            case .keys: keys
            case .guardedMetrics: guarded
            case .socket: socket
            }
        let answer = Lock<APIAnswer?>(nil)
        let signal = EventSignal()
        pipeline.run(call) { given in
            answer.withLock { $0 = given }
            signal.raise()
        }
        while true {
            if let answer = answer.withLock({ $0 }) { return answer }
            signal.wait(milliseconds: 1_000)
        }
    }

    func get(_ target: String, key: String?, site: String? = nil, ifNoneMatch: String? = nil) -> APIAnswer {
        var call = APICall(.get, target)
        call.authorization = key.map { ["Bearer \($0)"] } ?? []
        call.site = site
        call.ifNoneMatch = ifNoneMatch.map { [$0] } ?? []
        return self.call(call)
    }

    func post(_ target: String, key: String?, body: String? = nil) -> APIAnswer {
        send(.post, target, key: key, body: body)
    }

    func send(
        _ method: HTTPMethod,
        _ target: String,
        key: String?,
        body: String? = nil,
        site: String? = nil,
        idempotencyKey: String? = nil,
        ifMatch: String? = nil,
        accept: String? = nil
    ) -> APIAnswer {
        var call = APICall(method, target)
        call.accept = accept
        call.site = site
        call.idempotencyKey = idempotencyKey.map { [$0] } ?? []
        call.ifMatch = ifMatch.map { [$0] } ?? []
        call.authorization = key.map { ["Bearer \($0)"] } ?? []
        call.contentType = body == nil ? nil : "application/json; charset=utf-8"
        call.body = Array((body ?? "").utf8)
        return self.call(call)
    }

    func write<Value: Sendable>(
        _ body: @escaping @Sendable (any WriteTransaction) throws(DatabaseError) -> Value
    ) throws -> Value {
        let result = Lock<Result<Value, DatabaseError>?>(nil)
        let signal = EventSignal()
        database.submitWrite(body) { outcome in
            result.withLock { $0 = outcome }
            signal.raise()
        }
        while true {
            if let result = result.withLock({ $0 }) { return try result.get() }
            signal.wait(milliseconds: 1_000)
        }
    }

    /// A new key's text.
    func key(
        _ mode: DataMode = .test,
        sites: [String] = ["main"],
        scopes: Set<APIScope> = [.read]
    ) throws -> String {
        let secret = APIKeySecret.fresh(mode: mode)
        _ = try write { transaction throws(DatabaseError) in
            try APIKeysTable.create(
                APIKeyRequest(sites: sites, mode: mode, scopes: scopes),
                secret: secret,
                now: Harness.now,
                in: transaction
            )
        }
        return secret.text.revealed()
    }

    /// Everything that was logged so far. Ends the log: call once, last.
    func log() throws -> String {
        try logPipe.fileHandleForWriting.close()
        return String(decoding: logPipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    }
}

extension APICall {
    init(_ method: HTTPMethod, _ target: String) {
        let halves = target.split(separator: "?", maxSplits: 1)
        self.init(method: method, path: String(halves[0]), query: halves.count == 2 ? String(halves[1]) : nil)
    }
}

extension APIAnswer {
    var text: String { String(decoding: body, as: UTF8.self) }

    func json() throws -> JSONValue { try JSONDocument.parse(body).root }

    func field(_ name: String) throws -> String? { try json().member(name)?.string }

    // A body that is no problem has no code, and the comparison fails.
    var code: String? { (try? field("code")) ?? nil }

    func ids() throws -> [String] {
        try json()["data"]?.elements.compactMap { $0["id"]?.string } ?? []
    }

    func headerValue(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

func publicID(_ kind: PublicKind, _ number: Int64) -> String {
    PublicID(kind, number).text(epoch: Harness.epoch)
}
