import API
import Database
import DatabaseSQLite
import Foundation
import HTTPServer
import JSON
import Telemetry
import TestSupport
import Testing
import Threading
import Timing

/// A real engine of which commits can be lost to whoever asked: stored, and told as failed.
private final class LosingDatabase: DatabaseEngine {
    let real: any DatabaseEngine
    let losesNext = Lock(false)

    init(_ real: any DatabaseEngine) {
        self.real = real
    }

    func read<Result>(
        _ body: (any ReadTransaction) throws(DatabaseError) -> Result
    ) throws(DatabaseError) -> Result {
        try real.read(body)
    }

    func submitWrite<Result: Sendable>(
        _ body: @escaping @Sendable (any WriteTransaction) throws(DatabaseError) -> Result,
        completion: @escaping @Sendable (Swift.Result<Result, DatabaseError>) -> Void
    ) {
        let isLost = losesNext.withLock { loses in
            defer { loses = false }
            return loses
        }
        real.submitWrite(body) { result in
            let failure = DatabaseError(
                kind: .closed,
                statement: "commit",
                code: 0,
                message: "killed by the test"
            )
            completion(isLost ? .failure(failure) : result)
        }
    }

    func join(_ participant: any CommitParticipant) { real.join(participant) }
    func wakeWriter() { real.wakeWriter() }
}

@Suite struct IdempotencyTests {
    let harness: Harness
    let key: String
    private let now: Lock<Timestamp>

    init() throws {
        let now = Lock(Harness.now)
        self.now = now
        harness = try Harness(clock: WallClock { now.withLock { $0 } })
        key = try harness.key(scopes: [.write])
    }

    private func create(_ body: String, _ idempotencyKey: String, key: String? = nil) -> APIAnswer {
        harness.send(
            .post,
            "/v1/customers",
            key: key ?? self.key,
            body: body,
            idempotencyKey: idempotencyKey
        )
    }

    private func count() throws -> Int {
        try harness.get("/v1/customers", key: key).ids().count
    }

    @Test func `a repetition gets the same answer and does nothing`() throws {
        let body = #"{"email":"jo@example.com"}"#
        let first = create(body, "k1")
        harness.send(.delete, "/v1/customers/\(try #require(try first.field("id")))", key: key).expect(204)
        let second = create(body, "k1")
        #expect(first.status == 201 && second.status == 201)
        #expect(second.body == first.body)
        #expect(first.headerValue("Idempotency-Replayed") == nil)
        #expect(second.headerValue("Idempotency-Replayed") == "true")
        #expect(second.headerValue("Location") == first.headerValue("Location"))
        #expect(second.headerValue("ETag") == first.headerValue("ETag"))
        #expect(try count() == 0)
    }

    @Test func `a key belongs to one request`() throws {
        create(#"{"external_id":"u1"}"#, "k1").expect(201)
        let other = create(#"{"external_id":"u2"}"#, "k1")
        #expect(other.status == 422 && other.code == "idempotency_key_reused")
        #expect(try count() == 1)
    }

    @Test func `keys of two callers never meet`() throws {
        let other = try harness.key(scopes: [.write])
        create(#"{"external_id":"u1"}"#, "k1").expect(201)
        create(#"{"external_id":"u2"}"#, "k1", key: other).expect(201)
        let elsewhere = harness.send(
            .patch,
            "/v1/customers/u1",
            key: key,
            body: #"{"external_id":"u1"}"#,
            idempotencyKey: "k1"
        )
        #expect(elsewhere.status == 200 && elsewhere.headerValue("Idempotency-Replayed") == nil)
    }

    @Test func `what was refused may be put right under the same key`() throws {
        create(#"{"external_id":"a b"}"#, "k1").expect(422)
        create(#"{"external_id":"ab"}"#, "k1").expect(201)
    }

    @Test func `a change and a deletion are done once as well`() throws {
        let made = create(#"{"external_id":"u1","name":"Jo"}"#, "k1")
        let tag = try #require(made.headerValue("ETag"))
        for _ in 0..<2 {
            harness.send(
                .patch,
                "/v1/customers/u1",
                key: key,
                body: #"{"name":"Other"}"#,
                idempotencyKey: "k2",
                ifMatch: tag
            ).expect(200)
        }
        for _ in 0..<2 {
            harness.send(.delete, "/v1/customers/u1", key: key, idempotencyKey: "k3").expect(204)
        }
        harness.send(.delete, "/v1/customers/u1", key: key, idempotencyKey: "k4").expect(404)
    }

    @Test func `after a day the key is free, and its answer is swept in batches`() throws {
        for number in 1...5 { create(#"{"external_id":"u\#(number)"}"#, "k\(number)").expect(201) }
        let later = Harness.now.adding(seconds: 86_401)
        now.withLock { $0 = later }
        create(#"{"external_id":"u9"}"#, "k1").expect(201)
        let removed = try (0..<3).map { _ in
            try harness.write { transaction throws(DatabaseError) in
                try IdempotencyKeysTable.sweep(now: later, limit: 3, in: transaction)
            }
        }
        #expect(removed == [3, 1, 0])
        #expect(create(#"{"external_id":"u9"}"#, "k1").headerValue("Idempotency-Replayed") == "true")
    }

    @Test(arguments: ["", "a b", "é", String(repeating: "x", count: 256)])
    func `a key that is none is refused`(text: String) {
        let answer = create(#"{"external_id":"u1"}"#, text)
        #expect(answer.status == 400 && answer.code == "invalid_idempotency_key")
    }

    @Test func `fifty requests at once with one key make one customer`() async throws {
        let harness = harness
        let key = key
        let answers = await withTaskGroup(of: APIAnswer.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    harness.send(
                        .post,
                        "/v1/customers",
                        key: key,
                        body: #"{"email":"jo@example.com"}"#,
                        idempotencyKey: "k"
                    )
                }
            }
            return await group.reduce(into: [APIAnswer]()) { $0.append($1) }
        }
        #expect(answers.allSatisfy { $0.status == 201 })
        #expect(Set(answers.map(\.text)).count == 1)
        #expect(answers.filter { $0.headerValue("Idempotency-Replayed") == nil }.count == 1)
        #expect(try count() == 1)
        #expect(try queued(in: harness) == ["create_customer 1 queued"])
    }

    @Test func `fifty requests at once with one external id make one customer`() async throws {
        let harness = harness
        let key = key
        let statuses = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    harness.send(.post, "/v1/customers", key: key, body: #"{"external_id":"u1"}"#).status
                }
            }
            return await group.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(statuses.filter { $0 == 201 }.count == 1 && statuses.filter { $0 == 200 }.count == 49)
        #expect(try queued(in: harness) == ["create_customer 1 queued"])
    }

    @Test func `a process that dies between commit and answer has done it once`() throws {
        let losing = LosingDatabase(harness.database)
        var parts = harness.parts
        parts.database = losing
        let pipeline = RequestPipeline(parts: parts, access: .controlSocket, metrics: APIMetrics())
        var call = APICall(.post, "/v1/customers?site_id=main&mode=test")
        call.contentType = "application/json"
        call.body = Array(#"{"email":"jo@example.com"}"#.utf8)
        call.idempotencyKey = ["k1"]
        let answers = Lock<[APIAnswer]>([])
        let signal = EventSignal()
        losing.losesNext.withLock { $0 = true }
        for expected in 1...2 {
            pipeline.run(call) { answer in
                answers.withLock { $0.append(answer) }
                signal.raise()
            }
            while answers.withLock({ $0.count }) < expected { signal.wait(milliseconds: 1_000) }
        }
        let given = answers.withLock { $0 }
        #expect(given.map(\.status) == [503, 201])
        #expect(given[1].headerValue("Idempotency-Replayed") == "true")
        #expect(try count() == 1)
        #expect(try queued(in: harness) == ["create_customer 1 queued"])
    }

    @Test func `a repeated request for an API key learns which was made, not the key`() throws {
        let admin = try harness.key(scopes: [.admin])
        let body = #"{"mode":"test","sites":["main"],"scopes":["read"]}"#
        let first = harness.send(.post, "/v1/api_keys", key: admin, body: body, idempotencyKey: "k1")
        let second = harness.send(.post, "/v1/api_keys", key: admin, body: body, idempotencyKey: "k1")
        #expect(first.status == 201 && second.status == 201)
        let secret = try #require(try first.field("key"))
        #expect(!second.text.contains(secret))
        #expect(try second.field("id") == first.field("id"))
        #expect(try harness.get("/v1/api_keys", key: admin).ids().count == 3)
        let path = harness.file.path
        let files = [path, path + "-wal"].compactMap { FileManager.default.contents(atPath: $0) }
        #expect(!files.isEmpty && files.allSatisfy { $0.range(of: Data(secret.utf8)) == nil })
    }
}
