import API
import BillingModel
import Database
import DatabaseSQLite
import HTTPServer
import JSON
import Lanes
import Outbox
import Testing
import Timing

@Suite struct OutboxRouteTests {
    let harness: Harness
    let write: String
    let admin: String

    init() throws {
        harness = try Harness()
        write = try harness.key(scopes: [.write])
        admin = try harness.key(scopes: [.admin])
    }

    @discardableResult
    private func customer(_ externalID: String, key: String? = nil) throws -> String {
        let made = harness.send(
            .post,
            "/v1/customers",
            key: key ?? write,
            body: "{\"external_id\":\"\(externalID)\",\"email\":\"\(externalID)@example.com\"}"
        )
        return try #require(try made.field("id"))
    }

    /// Ends the oldest operation of connection 1 as refused.
    private func kill() throws {
        _ = try harness.write { transaction throws(DatabaseError) in
            let claimed = try OutboxClaimsTable.claim(
                on: ConnectionID(rawValue: 1),
                owner: LeaseOwner(rawValue: 1),
                limit: 1,
                leaseMilliseconds: 1_000,
                now: Harness.now,
                in: transaction
            )
            for operation in claimed {
                _ = try OutboxSettlingTable.settle(
                    operation,
                    as: .dead(AttemptTrouble("parameter_invalid", "The provider said no")),
                    now: Harness.now,
                    in: transaction
                )
            }
        }
    }

    @Test func `operations are listed newest first, by state, kind, connection and customer`() throws {
        let first = try customer("u1")
        try customer("u2")
        try kill()
        let all = harness.get("/v1/outbox", key: admin)
        #expect(all.status == 200)
        let data = try #require(try all.json()["data"]).elements.map { $0 }
        #expect(data.map { $0["state"]?.string } == ["queued", "dead"])
        #expect(data.map { $0["object_id"]?.string }.last == first)
        #expect(data.last?["reason"]?.string == "parameter_invalid")
        #expect(!all.text.contains("example.com"))
        for (query, count) in [
            ("state=dead", 1), ("state=done", 0), ("kind=create_customer", 2), ("kind=update_customer", 0),
            ("connection=stripe-test", 2), ("connection=stripe-live", 0), ("customer_id=\(first)", 1),
            ("customer_id=nobody", 0),
        ] {
            #expect(try harness.get("/v1/outbox?\(query)", key: admin).ids().count == count, "\(query)")
        }
        #expect(harness.get("/v1/outbox?state=lost", key: admin).code == "invalid_parameter")
        let page = harness.get("/v1/outbox?limit=1", key: admin)
        let cursor = try #require(try page.field("next_cursor"))
        let next = harness.get("/v1/outbox?limit=1&cursor=\(cursor)", key: admin)
        #expect(try next.ids() + page.ids() == all.ids().reversed())
    }

    @Test func `a dead letter is tried again, or given up, and both are on record`() throws {
        try customer("u1")
        try kill()
        let id = try #require(try harness.get("/v1/outbox", key: admin).ids().first)
        let path = "/v1/outbox/\(id)"
        #expect(try harness.get(path, key: admin).field("state") == "dead")
        let retried = harness.send(.post, path + "/retry", key: admin)
        #expect(retried.status == 200, "\(retried.text)")
        #expect(try retried.field("state") == "queued")
        let discarded = harness.send(.post, path + "/discard", key: admin)
        #expect(try discarded.field("state") == "done")
        #expect(try discarded.field("reason") == "discarded")
        for verb in ["retry", "discard"] {
            let refused = harness.send(.post, path + "/\(verb)", key: admin)
            #expect(refused.status == 409 && refused.code == "operation_state_conflict")
        }
        let log = harness.get("/v1/audit_log?target=\(id)", key: admin)
        let acts = try #require(try log.json()["data"]).elements.map { $0["act"]?.string ?? "" }
        #expect(acts == ["outbox.discard", "outbox.retry"])
    }

    @Test func `nobody without the scope sees or acts, and no one of another site or mode`() throws {
        try customer("u1")
        let id = try #require(try harness.get("/v1/outbox", key: admin).ids().first)
        for target in ["/v1/outbox", "/v1/outbox/\(id)", "/v1/connections", "/v1/audit_log"] {
            #expect(harness.get(target, key: write).status == 403)
        }
        for other in [
            try harness.key(.live, scopes: [.admin]), try harness.key(sites: ["shop"], scopes: [.admin]),
        ] {
            #expect(try harness.get("/v1/outbox", key: other).ids() == [])
            #expect(try harness.get("/v1/audit_log", key: other).ids() == [])
            #expect(harness.get("/v1/outbox/\(id)", key: other).status == 404)
            #expect(harness.send(.post, "/v1/outbox/\(id)/discard", key: other).status == 404)
            #expect(harness.send(.post, "/v1/connections/stripe-test/pause", key: other).status == 404)
        }
        #expect(harness.get("/v1/outbox/obx_nothing", key: admin).status == 404)
    }

    @Test func `a connection is paused with a reason, and resumed`() throws {
        let path = "/v1/connections/stripe-test"
        let paused = harness.send(.post, path + "/pause", key: admin, body: #"{"message":"moving house"}"#)
        #expect(paused.status == 200, "\(paused.text)")
        #expect(paused.text.contains(#""reason":"operator""#) && paused.text.contains("moving house"))
        #expect(try harness.get(path, key: admin).json()["paused"]?.boolean == true)
        let standing = try harness.database.read { transaction throws(DatabaseError) in
            try ConnectionLanesTable.standing(of: ConnectionID(rawValue: 1), in: transaction)
        }
        #expect(standing.isPausedByOperator)
        #expect(try harness.send(.post, path + "/resume", key: admin).json()["paused"]?.boolean == false)
        #expect(harness.send(.post, path + "/pause", key: admin, body: #"{"why":1}"#).code == "unknown_field")
        let listed = try #require(try harness.get("/v1/connections", key: admin).json()["data"])
        #expect(listed.elements.map { $0["name"]?.string } == ["stripe-test", "second-test"])
        let log = harness.get("/v1/audit_log?target=stripe-test", key: admin)
        let acts = try #require(try log.json()["data"]).elements.map { $0["act"]?.string ?? "" }
        #expect(acts == ["connection.resume", "connection.pause"])
    }

    @Test func `the audit says who did what to which object, and no more`() throws {
        let id = try customer("canary")
        harness.send(.patch, "/v1/customers/\(id)", key: write, body: #"{"name":"canary"}"#).expect(200)
        harness.send(.patch, "/v1/customers/\(id)", key: write, body: #"{"email":"no"}"#).expect(422)
        harness.send(.delete, "/v1/customers/\(id)", key: write).expect(204)
        let log = harness.get("/v1/audit_log?target=\(id)", key: admin)
        let data = try #require(try log.json()["data"]).elements.map { $0 }
        #expect(data.map { $0["act"]?.string } == ["customer.delete", "customer.update", "customer.create"])
        #expect(data.allSatisfy { $0["actor"]?.string == publicID(.apiKey, 1) })
        #expect(!log.text.contains("canary"))
        let acts = harness.get("/v1/audit_log?act=customer.create&limit=1", key: admin)
        #expect(try acts.ids().count == 1)
    }
}
