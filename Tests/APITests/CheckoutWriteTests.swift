import API
import BillingModel
import Database
import DatabaseSQLite
import HTTPServer
import JSON
import Lanes
import Outbox
import Providers
import Testing
import Threading
import Timing

/// Stands for the mirror: does with each awaited operation what the test says, then tells that the waiting is over.
private final class ScriptedMirror: OperationWaiting {
    typealias Script = @Sendable (OperationID) -> Void

    let woken = Lock<[ConnectionID]>([])
    let resumed = Lock<[ConnectionID]>([])
    let waited = Lock<[Int64]>([])
    private let script = Lock<Script?>(nil)

    func play(_ script: @escaping Script) {
        self.script.withLock { $0 = script }
    }

    func wake(_ connection: ConnectionID) {
        woken.withLock { $0.append(connection) }
    }

    func resume(_ connection: ConnectionID) {
        resumed.withLock { $0.append(connection) }
    }

    func waitUntilSettled(
        _ operation: OperationID,
        milliseconds: Int64,
        done: @escaping @Sendable () -> Void
    ) {
        waited.withLock { $0.append(milliseconds) }
        let script = script.withLock { $0 }
        _ = WorkerThread.start(name: "scripted") {
            script?(operation)
            done()
        }
    }
}

private let owner = LeaseOwner(rawValue: 1)

@Suite struct CheckoutWriteTests {
    private let mirror: ScriptedMirror
    let harness: Harness
    let key: String

    init() throws {
        mirror = ScriptedMirror()
        harness = try Harness(operations: mirror)
        key = try harness.key(scopes: [.write])
    }

    private static let body =
        #"{"mode":"subscription","line_items":[{"price":"price_1","quantity":2}],"success_url":"https://a.b/{CHECKOUT_SESSION_ID}""#

    private func create(_ more: String = "", idempotencyKey: String? = nil) -> APIAnswer {
        harness.send(
            .post,
            "/v1/checkout_sessions",
            key: key,
            body: Self.body + more + "}",
            idempotencyKey: idempotencyKey
        )
    }

    private func operations() throws -> [StoredOperation] {
        try harness.database.read { transaction throws(DatabaseError) in
            try OutboxAdministration.list(StoredOperationFilter(), before: nil, limit: 10, in: transaction)
        }.reversed()
    }

    /// Ends the operation as the mirror would.
    private static func settle(_ id: OperationID, _ outcome: AttemptOutcome, in harness: Harness) {
        let now = Harness.now.adding(seconds: 1)
        // Refused, it leaves the operation open, and the answer that the test wants does not come.
        _ = try? harness.write { transaction throws(DatabaseError) in
            let claimed = try OutboxClaimsTable.claim(
                on: ConnectionID(rawValue: 1),
                owner: owner,
                limit: 10,
                leaseMilliseconds: 1_000,
                now: now,
                in: transaction
            )
            guard let operation = claimed.first(where: { $0.id == id }) else { return }
            _ = try OutboxSettlingTable.settle(operation, as: outcome, now: now, in: transaction)
        }
    }

    @Test func `a session that the provider does not open in time is answered as pending, and can be polled`()
        throws
    {
        let made = create(#","metadata":{"order":7},"client_reference_id":"cart_1""#)
        #expect(made.status == 202, "\(made.text)")
        #expect(try made.field("status") == "pending")
        #expect(try made.json()["url"]?.isNull == true)
        #expect(try made.json()["sync"]?["state"]?.string == "pending")
        let location = try #require(made.headerValue("Location"))
        let polled = harness.get(location, key: key)
        #expect(polled.status == 200 && polled.body == made.body)
        #expect(mirror.waited.withLock { $0 } == [10_000])
        #expect(mirror.woken.withLock { $0 } == [ConnectionID(rawValue: 1)])
        #expect(try queued(in: harness) == ["create_checkout_session 1 queued"])
    }

    @Test
    func `a session that the provider refuses while it is waited for is a 502, and its key is free again`()
        throws
    {
        let harness = harness
        mirror.play {
            Self.settle($0, .dead(AttemptTrouble("resource_missing", "No such price")), in: harness)
        }
        let refused = create(idempotencyKey: "k1")
        #expect(refused.status == 502 && refused.code == "provider_error", "\(refused.text)")
        #expect(refused.text.contains("resource_missing"))
        mirror.play { _ in }
        let again = create(idempotencyKey: "k1")
        #expect(again.status == 202 && again.headerValue("Idempotency-Replayed") == nil)
    }

    @Test func `a session whose creation was discarded says so, and is nobody else's to know of`() throws {
        let made = create()
        let id = try #require(try made.field("id"))
        let operation = try #require(try operations().first).id
        Self.settle(operation, .dead(AttemptTrouble("resource_missing")), in: harness)
        #expect(try harness.get("/v1/checkout_sessions/\(id)", key: key).field("status") == "failed")
        _ = try harness.write { transaction throws(DatabaseError) in
            try OutboxAdministration.discard(operation, now: Harness.now, in: transaction)
        }
        for (method, path) in [(HTTPMethod.get, ""), (.patch, ""), (.post, "/expire")] {
            let answer = harness.send(
                method,
                "/v1/checkout_sessions/\(id)\(path)",
                key: key,
                body: method == .patch ? #"{"metadata":{"a":"b"}}"# : nil
            )
            #expect(answer.status == 404 && answer.text.contains("given up"), "\(answer.text)")
        }
        let other = try harness.key(.live, scopes: [.write])
        let hidden = harness.get("/v1/checkout_sessions/\(id)", key: other)
        #expect(hidden.status == 404 && !hidden.text.contains("given up"))
    }

    @Test func `a resume is told to who calls the provider, once it is committed`() throws {
        let admin = try harness.key(scopes: [.admin])
        #expect(harness.send(.post, "/v1/connections/stripe-test/pause", key: admin).status == 200)
        #expect(mirror.resumed.withLock { $0 }.isEmpty)
        #expect(harness.send(.post, "/v1/connections/stripe-test/resume", key: admin).status == 200)
        #expect(mirror.resumed.withLock { $0 } == [ConnectionID(rawValue: 1)])
    }

    @Test func `while a session is waited for its key is taken, and afterwards it gives the same answer`()
        throws
    {
        let (harness, key, body) = (harness, key, Self.body + "}")
        let meanwhile = Lock<APIAnswer?>(nil)
        mirror.play { _ in
            let answer = harness.send(
                .post,
                "/v1/checkout_sessions",
                key: key,
                body: body,
                idempotencyKey: "k1"
            )
            meanwhile.withLock { $0 = answer }
        }
        let first = create(idempotencyKey: "k1")
        let between = try #require(meanwhile.withLock { $0 })
        #expect(between.status == 409 && between.code == "idempotency_in_progress")
        #expect(between.headerValue("Retry-After") == "1")
        let after = create(idempotencyKey: "k1")
        #expect(after.status == first.status && after.body == first.body)
        #expect(after.headerValue("Idempotency-Replayed") == "true")
        #expect(try operations().count == 1)
    }

    @Test func `a customer that is not at the provider yet is made there first, once`() throws {
        let shop = try harness.key(sites: ["shop"], scopes: [.write])
        harness.send(.post, "/v1/customers", key: shop, body: #"{"external_id":"u1"}"#).expect(201)
        #expect(try queued(in: harness) == [])
        let body = Self.body + #","customer_id":"u1"}"#
        for _ in 0..<2 {
            let made = harness.send(.post, "/v1/checkout_sessions", key: shop, body: body)
            #expect(made.status == 202, "\(made.text)")
            #expect(try made.field("customer_id") != nil)
            #expect(try made.field("client_reference_id") == "u1")
        }
        #expect(
            try queued(in: harness) == [
                "create_customer 3 queued", "create_checkout_session 3 queued",
                "create_checkout_session 3 queued",
            ]
        )
        // Nothing of the session can be sent before its customer.
        let claimed = try harness.write { transaction throws(DatabaseError) in
            try OutboxClaimsTable.claim(
                on: ConnectionID(rawValue: 3),
                owner: owner,
                limit: 10,
                leaseMilliseconds: 1_000,
                now: Harness.now,
                in: transaction
            ).map(\.kind)
        }
        #expect(claimed == [.createCustomer])
    }

    @Test func `a customer of the provider's is named to it`() throws {
        try StoreRows(harness: harness).customer("cus_1")
        create(#","customer_id":"cus_1""#).expect(202)
        #expect(try queued(in: harness) == ["create_checkout_session 1 queued"])
        let content = try harness.write { transaction throws(DatabaseError) in
            try OutboxClaimsTable.claim(
                on: ConnectionID(rawValue: 1),
                owner: owner,
                limit: 1,
                leaseMilliseconds: 1_000,
                now: Harness.now,
                in: transaction
            ).first?.operation
        }
        guard case .createCheckoutSession(let draft) = content else {
            Issue.record("the session is not claimed")
            return
        }
        #expect(draft.customer == .provider(ProviderID("cus_1")))
        #expect(draft.lineItems == [.init(price: .existing(ProviderID("price_1")), quantity: 2)])
    }

    @Test func `metadata of a session that was not sent yet joins its creation`() throws {
        let made = create(#","metadata":{"a":"1"}"#)
        let id = try #require(try made.field("id"))
        let path = "/v1/checkout_sessions/\(id)"
        let changed = harness.send(.patch, path, key: key, body: #"{"metadata":{"a":null,"b":2}}"#)
        #expect(changed.text.contains(#""metadata":{"b":"2"}"#), "\(changed.text)")
        #expect(try queued(in: harness) == ["create_checkout_session 1 queued"])
        let stale = harness.send(
            .patch,
            path,
            key: key,
            body: #"{"metadata":{"c":3}}"#,
            ifMatch: made.headerValue("ETag")
        )
        #expect(stale.status == 412)
        let current = harness.send(
            .patch,
            path,
            key: key,
            body: #"{"metadata":{"c":3}}"#,
            ifMatch: harness.get(path, key: key).headerValue("ETag")
        )
        #expect([200, 202].contains(current.status))
        let wrong = harness.send(.patch, path, key: key, body: #"{"url":"x"}"#)
        #expect(wrong.code == "read_only_field")
    }

    @Test func `a session of the provider's is changed and ended there`() throws {
        try StoreRows(harness: harness).put(
            .checkoutSession,
            "cs_open",
            .checkoutSession(CheckoutSessionSnapshot(status: .open))
        )
        let path = "/v1/checkout_sessions/cs_open"
        let changed = harness.send(.patch, path, key: key, body: #"{"metadata":{"a":1}}"#)
        #expect(changed.status == 200 && changed.text.contains(#""metadata":{"a":"1"}"#), "\(changed.text)")
        let ended = harness.send(.post, path + "/expire", key: key)
        #expect(ended.status == 200, "\(ended.text)")
        #expect(try ended.json()["sync"]?["state"]?.string == "pending")
        #expect(try queued(in: harness).last == "expire_checkout_session 1 queued")
    }

    @Test func `a session that was never opened ends without a word to the provider`() throws {
        let id = try #require(try create().field("id"))
        let ended = harness.send(.post, "/v1/checkout_sessions/\(id)/expire", key: key)
        #expect(ended.status == 200)
        #expect(try ended.field("status") == "expired")
        #expect(try queued(in: harness) == ["create_checkout_session 1 done"])
    }

    @Test func `a completed session stays as it is`() throws {
        try StoreRows(harness: harness).signUp()
        let answer = harness.send(.post, "/v1/checkout_sessions/cs_1/expire", key: key)
        #expect(answer.status == 409 && answer.code == "checkout_already_completed")
    }

    @Test func `a deleted customer's waiting session is given up`() throws {
        let made = harness.send(.post, "/v1/customers", key: key, body: #"{"external_id":"u1"}"#).expect(201)
        _ = made
        create(#","customer_id":"u1""#).expect(202)
        harness.send(.delete, "/v1/customers/u1", key: key).expect(204)
        #expect(try operations().allSatisfy { $0.state == .done })
        let refused = create(#","customer_id":"u1""#)
        #expect(refused.status == 422 && refused.text.contains("customer_archived"))
    }

    @Test func `another site or mode neither sees nor ends a session`() throws {
        let id = try #require(try create().field("id"))
        for other in [
            try harness.key(.live, scopes: [.write]), try harness.key(sites: ["shop"], scopes: [.write]),
        ] {
            let path = "/v1/checkout_sessions/\(id)"
            #expect(harness.get(path, key: other).status == 404)
            #expect(harness.send(.patch, path, key: other, body: #"{"metadata":{"a":1}}"#).status == 404)
            #expect(harness.send(.post, path + "/expire", key: other).status == 404)
        }
    }

    @Test func `without a connection that may be called there is no checkout`() throws {
        let alone = try Harness(writable: [])
        let key = try alone.key(scopes: [.write])
        let answer = alone.send(.post, "/v1/checkout_sessions", key: key, body: Self.body + "}")
        #expect(answer.status == 422 && answer.text.contains("billing_not_integrated"))
    }
}
