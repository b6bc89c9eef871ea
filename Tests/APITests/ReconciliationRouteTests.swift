import API
import BillingModel
import Database
import HTTPServer
import JSON
import Reconciler
import Testing
import Threading
import Timing

@Suite struct ReconciliationRouteTests {
    let harness: Harness
    let admin: String

    init() throws {
        harness = try Harness()
        admin = try harness.key(scopes: [.admin])
    }

    @discardableResult
    private func start(_ body: String, key: String? = nil, idempotencyKey: String? = nil) -> APIAnswer {
        harness.send(
            .post,
            "/v1/reconciliations",
            key: key ?? admin,
            body: body,
            idempotencyKey: idempotencyKey
        )
    }

    private func started(_ body: String) throws -> String {
        let answer = start(body)
        try #require(answer.status == 202, "\(answer.text)")
        return try #require(try answer.field("id"))
    }

    private func act(_ verb: String, _ id: String) -> APIAnswer {
        harness.send(.post, "/v1/reconciliations/\(id)/\(verb)", key: admin)
    }

    private static let end = Statement(
        "test.end_run",
        "UPDATE reconciliation_runs SET state = 'completed', ended_at = $1, notes = 'One.' || char(10) || 'Two.', seen = 7"
    )
    private static let finding = Statement(
        "test.finding",
        """
        INSERT INTO reconciliation_findings
            (run_id, number, object_type, object_id, field, local_value, remote_value, action)
        VALUES (1, $1, 'customer', $2, $3, $4, $5, 'repaired')
        """
    )

    private func end() throws {
        _ = try harness.write { transaction throws(DatabaseError) in
            try transaction.execute(Self.end, [.integer(Harness.now.milliseconds)])
        }
    }

    // MARK: Order

    @Test func `a run is ordered with 202, is on record, and who carries it out is told`() throws {
        let answer = start(#"{"scope":"customers","mode":"dry_run","created_since":"2025-01-01T00:00:00Z"}"#)
        #expect(answer.status == 202, "\(answer.text)")
        let json = try answer.json()
        let id = try #require(json["id"]?.string)
        #expect(id.hasPrefix("rec_"))
        #expect(answer.headerValue("Location") == "/v1/reconciliations/\(id)")
        for (name, value) in [
            ("object", "reconciliation"), ("connection", "stripe-test"), ("scope", "customers"),
            ("mode", "dry_run"), ("state", "planned"), ("trigger", "request"),
            ("created_since", "2025-01-01T00:00:00Z"),
        ] {
            #expect(json.member(name)?.string == value, "\(name)")
        }
        #expect(json["counters"]?["seen"]?.integer == 0)
        #expect(json["progress"]?["pages"]?.integer == 0)
        #expect(harness.runWakes.withLock { $0 } == 1)
        let shown = harness.get("/v1/reconciliations/\(id)", key: admin)
        #expect(shown.status == 200 && shown.text == answer.text)
        let log = harness.get("/v1/audit_log?target=\(id)", key: admin)
        #expect(try log.json()["data"]?.elements.map { $0["act"]?.string } == ["reconciliation.start"])
    }

    @Test func `a second run of the same lists is refused, and the first one named`() throws {
        let first = try started(#"{"scope":"customers"}"#)
        for body in [#"{"scope":"customers","mode":"dry_run"}"#, #"{"scope":"all"}"#] {
            let refused = start(body)
            #expect(refused.status == 409 && refused.code == "reconciliation_running")
            #expect(try refused.json()["conflict"]?["reconciliation_id"]?.string == first)
            #expect(try refused.field("detail")?.contains(first) == true)
        }
        #expect(start(#"{"scope":"products"}"#).status == 202)
        try end()
        #expect(start(#"{"scope":"all"}"#).status == 202)
    }

    @Test func `an idempotency key orders once`() throws {
        let first = start(#"{"scope":"all"}"#, idempotencyKey: "night")
        let again = start(#"{"scope":"all"}"#, idempotencyKey: "night")
        #expect(first.status == 202 && again.status == 202)
        #expect(again.text == first.text)
        #expect(again.headerValue("Idempotency-Replayed") == "true")
        #expect(again.headerValue("Location") == first.headerValue("Location"))
    }

    @Test func `one customer is named by our id, the application's or the provider's`() throws {
        let number = try StoreRows(harness: harness).customer("cus_7")
        let ours = try #require(
            try harness.get("/v1/customers?provider_id=cus_7", key: try harness.key()).ids().first
        )
        #expect(number > 0)
        for text in [ours, "cus_7", "cus_unknown"] {
            let answer = start(#"{"customer_id":"\#(text)"}"#)
            #expect(answer.status == 202, "\(answer.text)")
            #expect(try answer.field("scope") == "customer")
            let expected = text == ours ? "cus_7" : text
            #expect(try answer.field("provider_customer_id") == expected)
            try end()
        }
        // One that only we have.
        let writer = try harness.key(scopes: [.write])
        let local = harness.post("/v1/customers", key: writer, body: #"{"external_id":"u1"}"#)
        let id = try #require(try local.field("id"))
        let refused = start(#"{"scope":"customer","customer_id":"\#(id)"}"#)
        #expect(refused.status == 422 && refused.text.contains("not_mirrored"), "\(refused.text)")
    }

    @Test func `what cannot be asked is refused with all that is wrong`() throws {
        for (body, word) in [
            (#"{}"#, "/scope"), (#"{"scope":"everything"}"#, "unknown_word"),
            (#"{"scope":"customers","customer_id":"cus_1"}"#, "/customer_id"),
            (#"{"scope":"customer"}"#, "/customer_id"), (#"{"scope":"all","mode":"wet"}"#, "/mode"),
            (#"{"scope":"all","created_since":"2099-01-01T00:00:00Z"}"#, "/created_since"),
            (#"{"customer_id":"cus_1","created_since":"2025-01-01T00:00:00Z"}"#, "/created_since"),
            (#"{"scope":"all","connection":"nothing"}"#, "unknown_connection"),
            (#"{"scope":"all","connection":"second-test"}"#, "unknown_connection"),
            (#"{"scope":"all","since":"2025-01-01T00:00:00Z"}"#, "/since"),
        ] {
            let answer = start(body)
            #expect(answer.status == 422 && answer.text.contains(word), "\(body): \(answer.text)")
        }
        #expect(harness.post("/v1/reconciliations", key: admin).status == 422)
        // On the control socket there are several connections to choose from.
        var call = APICall(.post, "/v1/reconciliations")
        call.contentType = "application/json"
        call.body = Array(#"{"scope":"all"}"#.utf8)
        let several = harness.call(call, through: .socket)
        #expect(several.status == 422 && several.text.contains("stripe-live"), "\(several.text)")
        #expect(harness.runWakes.withLock { $0 } == 0)
    }

    @Test func `nothing is ordered where nobody would carry it out`() throws {
        let idle = try Harness(carriesRuns: false)
        let key = try idle.key(scopes: [.admin])
        let answer = idle.send(.post, "/v1/reconciliations", key: key, body: #"{"scope":"all"}"#)
        #expect(answer.status == 503 && answer.code == "reconciliation_unavailable")
        #expect(try idle.get("/v1/reconciliations", key: key).ids() == [])
    }

    // MARK: Look and act

    @Test func `runs are listed newest first, by connection, state and scope`() throws {
        let first = try started(#"{"scope":"customers"}"#)
        try end()
        let second = try started(#"{"scope":"products"}"#)
        #expect(try harness.get("/v1/reconciliations", key: admin).ids() == [second, first])
        for (query, ids) in [
            ("state=completed", [first]), ("state=running", []), ("scope=products", [second]),
            ("connection=stripe-test", [second, first]), ("connection=nothing", []),
        ] {
            #expect(try harness.get("/v1/reconciliations?\(query)", key: admin).ids() == ids, "\(query)")
        }
        #expect(harness.get("/v1/reconciliations?scope=some", key: admin).code == "invalid_parameter")
        let page = harness.get("/v1/reconciliations?limit=1", key: admin)
        let cursor = try #require(try page.field("next_cursor"))
        #expect(
            try harness.get("/v1/reconciliations?limit=1&cursor=\(cursor)", key: admin).ids() == [first]
        )
        let notes = try harness.get("/v1/reconciliations/\(first)", key: admin).json()["notes"]
        #expect(notes?.elements.map { $0.string } == ["One.", "Two."])
    }

    @Test func `a run is held, let go on and ended, and asking twice is no error`() throws {
        let id = try started(#"{"scope":"all"}"#)
        for (verb, state) in [
            ("pause", "paused"), ("pause", "paused"), ("resume", "planned"), ("resume", "planned"),
            ("cancel", "cancelled"), ("cancel", "cancelled"),
        ] {
            let answer = act(verb, id)
            #expect(answer.status == 200, "\(verb): \(answer.text)")
            #expect(try answer.field("state") == state)
        }
        for verb in ["pause", "resume"] {
            let refused = act(verb, id)
            #expect(refused.status == 409 && refused.code == "reconciliation_state_conflict", "\(verb)")
        }
        #expect(act("cancel", "rec_nothing").status == 404)
        #expect(harness.runWakes.withLock { $0 } == 7)
    }

    @Test func `nobody without the scope sees or acts, and no one of another site or mode`() throws {
        let id = try started(#"{"scope":"all"}"#)
        let reader = try harness.key(scopes: [.read, .write])
        for target in ["", "/\(id)", "/\(id)/findings"] {
            #expect(harness.get("/v1/reconciliations\(target)", key: reader).status == 403)
        }
        #expect(start(#"{"scope":"all"}"#, key: reader).status == 403)
        for other in [
            try harness.key(.live, scopes: [.admin]), try harness.key(sites: ["shop"], scopes: [.admin]),
        ] {
            #expect(try harness.get("/v1/reconciliations", key: other).ids() == [])
            #expect(harness.get("/v1/reconciliations/\(id)", key: other).status == 404)
            #expect(harness.get("/v1/reconciliations/\(id)/findings", key: other).status == 404)
            #expect(harness.send(.post, "/v1/reconciliations/\(id)/cancel", key: other).status == 404)
            let named = start(#"{"scope":"all","connection":"stripe-test"}"#, key: other)
            #expect(named.status == 422, "\(named.text)")
        }
    }

    // MARK: Findings

    @Test func `findings come in their order, as a list and as lines`() throws {
        let id = try started(#"{"scope":"customers"}"#)
        for number in 1...5 {
            _ = try harness.write { transaction throws(DatabaseError) in
                try transaction.execute(
                    Self.finding,
                    [
                        .integer(Int64(number)), .text("cus_\(number)"),
                        .text(number == 5 ? "" : "email"),
                        number == 5 ? .null : .text("\"a\""), .text("{\"b\":[1]}"),
                    ]
                )
            }
        }
        let path = "/v1/reconciliations/\(id)/findings"
        let all = harness.get(path, key: admin)
        #expect(try all.ids() == (1...5).map { "cus_\($0)" })
        let first = try #require(try all.json()["data"]?.elements.map { $0 }.first)
        #expect(
            String(decoding: first.rawBytes, as: UTF8.self)
                == #"{"object":"customer","id":"cus_1","field":"email","local":"a","remote":{"b":[1]},"action":"repaired"}"#
        )
        var ids: [String] = []
        var cursor: String? = ""
        while let place = cursor {
            let page = harness.get(path + "?limit=2" + (place.isEmpty ? "" : "&cursor=\(place)"), key: admin)
            ids += try page.ids()
            cursor = try page.field("next_cursor")
        }
        #expect(ids == (1...5).map { "cus_\($0)" })

        let lines = harness.send(
            .get,
            path,
            key: admin,
            accept: "application/json;q=0.5, application/x-ndjson"
        )
        #expect(lines.contentType == "application/x-ndjson")
        #expect(lines.headerValue("Link") == nil)
        let split = lines.text.split(separator: "\n").map(String.init)
        #expect(split.count == 5)
        #expect(split[4].hasPrefix(#"{"object":"customer","id":"cus_5","field":null,"local":null,"#))
        let some = harness.send(.get, path + "?limit=3", key: admin, accept: "application/x-ndjson")
        let link = try #require(some.headerValue("Link"))
        let next = try #require(link.split(separator: ">").first?.dropFirst())
        let rest = harness.send(.get, String(next), key: admin, accept: "application/x-ndjson")
        #expect(some.text + rest.text == lines.text)
        #expect(
            harness.send(.get, path + "?limit=0", key: admin, accept: "application/x-ndjson").status == 400
        )
        #expect(harness.get(path + "?field=x", key: admin).code == "unknown_parameter")
    }
}
