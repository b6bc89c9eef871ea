import API
import BillingModel
import Cryptography
import Database
import DatabaseSQLite
import HTTPServer
import JSON
import TestSupport
import Testing
import Timing

@Suite struct KeyTests {
    let harness: Harness

    init() throws {
        harness = try Harness()
    }

    @Test func `a missing, malformed, unknown and revoked key get the same answer`() throws {
        let revoked = try harness.key()
        _ = try harness.write { transaction throws(DatabaseError) in
            try APIKeysTable.revoke(1, now: Harness.now, in: transaction)
        }
        let unknown = APIKeySecret.fresh(mode: .test).text.revealed()
        var answers: [APIAnswer] = []
        let fields: [[String]] = [
            [], ["Bearer"], ["Bearer "], ["Basic abc"], ["Bearer \(unknown)"], ["Bearer \(revoked)"],
            [unknown], ["Bearer \(String(repeating: "x", count: 500))"],
            ["Bearer \(unknown)", "Bearer \(unknown)"],
        ]
        for authorization in fields {
            var call = APICall(.get, "/v1/customers")
            call.authorization = authorization
            answers.append(harness.call(call))
        }
        for answer in answers {
            #expect(answer.status == 401)
            #expect(answer.code == "unauthenticated")
            #expect(answer.headerValue("WWW-Authenticate") != nil)
        }
        let details = try answers.map { try $0.field("detail") }
        #expect(Set(details).count == 1)
    }

    @Test func `a good key opens what its scope allows and no more`() throws {
        let read = try harness.key(scopes: [.read])
        let write = try harness.key(scopes: [.write])
        let admin = try harness.key(scopes: [.admin])
        for key in [read, write, admin] { #expect(harness.get("/v1/customers", key: key).status == 200) }
        for (key, status) in [(read, 403), (write, 403), (admin, 200)] {
            let answer = harness.get("/v1/webhook_events", key: key)
            #expect(answer.status == status)
            if status == 403 { #expect(answer.code == "insufficient_scope") }
        }
    }

    @Test func `the scheme's name is taken in any case`() throws {
        let key = try harness.key()
        for scheme in ["bearer", "BEARER", "Bearer"] {
            var call = APICall(.get, "/v1/customers")
            call.authorization = ["\(scheme) \(key)"]
            #expect(harness.call(call).status == 200)
        }
    }

    @Test func `a revoked key is refused from the next request on`() throws {
        let key = try harness.key(scopes: [.admin])
        let id = try #require(try harness.get("/v1/api_keys", key: key).ids().first)
        var call = APICall(.delete, "/v1/api_keys/\(id)")
        call.authorization = ["Bearer \(key)"]
        let answer = harness.call(call)
        #expect(answer.status == 200)
        #expect(try answer.field("revoked_at") == Harness.now.rfc3339)
        #expect(harness.get("/v1/customers", key: key).status == 401)
    }

    @Test func `a key is shown once, and only its digest is stored`() throws {
        var call = APICall(.post, "/v1/api_keys")
        call.contentType = "application/json"
        call.body = Array(#"{"name":"app","mode":"live","sites":["main"],"scopes":["read","write"]}"#.utf8)
        let made = harness.call(call, through: .socket)
        #expect(made.status == 201)
        #expect(made.headerValue("Cache-Control") == "no-store")
        let key = try #require(try made.field("key"))
        #expect(key.hasPrefix("sk_live_") && key.utf8.count == 51)
        #expect(try made.field("prefix") == String(key.prefix(12)))
        #expect(harness.get("/v1/customers", key: key).status == 200)

        let id = try #require(try made.field("id"))
        for target in ["/v1/api_keys", "/v1/api_keys/\(id)"] {
            #expect(!harness.call(APICall(.get, target), through: .socket).text.contains(key))
        }
        // The file itself must not hold it either, once the writer has closed and checkpointed.
        harness.stop()
        let bytes = try readFile(harness.file.path)
        #expect(contains(bytes, Array(key.utf8.prefix(12))))
        #expect(!contains(bytes, Array(key.utf8.dropFirst(12))))
    }

    @Test func `new keys differ and have the right form`() {
        let keys = (0..<50).map { _ in APIKeySecret.fresh(mode: .test).text.revealed() }
        #expect(Set(keys).count == 50)
        for key in keys {
            #expect(key.wholeMatch(of: /sk_test_[0-9A-Za-z]{43}/) != nil)
        }
        #expect("\(APIKeySecret.fresh(mode: .test).text)" == "<redacted>")
    }

    @Test(arguments: [
        (#"{}"#, 422, "validation_failed", ["/mode", "/sites", "/scopes"]),
        (
            #"{"mode":"test","sites":["nowhere"],"scopes":["root"]}"#, 422, "validation_failed",
            ["/sites/0", "/scopes/0"]
        ),
        (#"{"mode":"test","sites":["main"],"scopes":["read"],"x/y":1}"#, 422, "unknown_field", ["/x~1y"]),
        (#"{"mode":"test","sites":[],"scopes":["read"]}"#, 422, "validation_failed", ["/sites"]),
        (
            #"{"mode":3,"sites":["main"],"scopes":"read","name":7}"#, 422, "validation_failed",
            ["/name", "/mode", "/scopes"]
        ),
        (#"[1]"#, 422, "validation_failed", []),
        (#"{"mode":"test","mode":"live"}"#, 400, "malformed_json", []),
    ])
    func `a wrong request for a key says all that is wrong`(
        body: String,
        status: Int,
        code: String,
        pointers: [String]
    ) throws {
        var call = APICall(.post, "/v1/api_keys")
        call.contentType = "application/json"
        call.body = Array(body.utf8)
        let answer = harness.call(call, through: .socket)
        #expect(answer.status == status)
        #expect(answer.code == code)
        #expect(try answer.json()["errors"]?.elements.compactMap { $0["pointer"]?.string } ?? [] == pointers)
    }

    @Test func `a body that is not announced as JSON is refused`() throws {
        var call = APICall(.post, "/v1/api_keys")
        call.body = Array("{}".utf8)
        #expect(harness.call(call, through: .socket).code == "unsupported_media_type")
        call.contentType = "text/plain"
        #expect(harness.call(call, through: .socket).code == "unsupported_media_type")
    }

    @Test func `an admin key cannot make, see or revoke keys of another mode or site`() throws {
        let admin = try harness.key(.test, sites: ["main"], scopes: [.admin])
        _ = try harness.key(.live, sites: ["main"])
        _ = try harness.key(.test, sites: ["main", "shop"])
        for body in [
            #"{"mode":"live","sites":["main"],"scopes":["read"]}"#,
            #"{"mode":"test","sites":["shop"],"scopes":["read"]}"#,
        ] {
            #expect(harness.post("/v1/api_keys", key: admin, body: body).code == "insufficient_scope")
        }
        #expect(try harness.get("/v1/api_keys", key: admin).ids() == [publicID(.apiKey, 1)])
        for number: Int64 in [2, 3] {
            var call = APICall(.delete, "/v1/api_keys/\(publicID(.apiKey, number))")
            call.authorization = ["Bearer \(admin)"]
            #expect(harness.call(call).status == 404)
        }
        let listed = try harness.call(APICall(.get, "/v1/api_keys"), through: .socket).ids()
        #expect(listed.count == 3)
    }

    @Test func `the last use is kept, to the minute`() throws {
        let key = try harness.key(scopes: [.admin])
        _ = harness.get("/v1/customers", key: key)
        // The note travels through the same writing thread, so one write later it is there.
        try harness.write { _ throws(DatabaseError) in }
        let data = try harness.get("/v1/api_keys", key: key).json()["data"]
        #expect(data?.elements.map { $0["last_used_at"]?.string } == [Harness.now.rfc3339])
    }
}
