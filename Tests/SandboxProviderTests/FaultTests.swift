import JSON
import SandboxProvider
import Testing

@Suite struct `Faults of the sandbox` {
    /// A sandbox that does what the script says, and a client that waits no longer than a second.
    private func sandbox(_ script: String) throws -> (TestSandbox, SandboxClient) {
        let sandbox = try TestSandbox()
        sandbox.provider.addFaults(try FaultScript.parse(Array("[\(script)]".utf8)))
        var client = sandbox.client
        client.patience = 1
        return (sandbox, client)
    }

    private let key = ["Idempotency-Key": "k"]

    @Test(arguments: [
        ("lose_answer", Ending.closed, 1), ("reset", .reset, 1), ("lose_request", .closed, 0),
        ("hold", .silent, 1),
    ])
    func `lose an answer, before or after the change`(action: String, ending: Ending, changes: Int) throws {
        let (sandbox, client) = try sandbox(
            "{\"action\":\"\(action)\",\"match\":{\"method\":\"POST\",\"nth\":1}}"
        )
        let (bytes, seen) = try client.exchange("POST", "/v1/customers", "name=A", headers: key)
        #expect(bytes.isEmpty)
        #expect(seen == ending)
        #expect(sandbox.provider.ids(.customer).count == changes)
        let again = try client.post("/v1/customers", "name=A", key: "k")
        #expect(again.status == 200)
        #expect(again.headers["idempotent-replayed"] == (changes == 1 ? "true" : nil))
        #expect(sandbox.provider.effects.effectsByKey == ["k": 1])
        #expect(sandbox.provider.effects.unanswered == 1)
        #expect(sandbox.provider.ids(.customer).count == 1)
    }

    @Test(arguments: [
        ("{\"action\":\"reset_mid_body\"}", Ending.reset), ("{\"action\":\"short_body\"}", .closed),
        ("{\"action\":\"truncated_chunks\"}", .closed),
    ])
    func `break an answer off in its middle`(fault: String, ending: Ending) throws {
        let (sandbox, client) = try sandbox(fault)
        let (bytes, seen) = try client.exchange("POST", "/v1/customers", "name=A", headers: key)
        #expect(seen == ending)
        // A reset may overtake what was sent before it.
        #expect(
            ending == .reset || String(decoding: bytes, as: UTF8.self).contains("\"object\":\"customer\"")
        )
        #expect(SandboxClient.parse(bytes) == nil)
        #expect(sandbox.provider.ids(.customer).count == 1)
    }

    @Test func `drip an answer byte by byte`() throws {
        let (_, client) = try sandbox("{\"action\":\"drip\",\"ms\":1}")
        #expect(try client.get("/v1/customers").ids == [])
        let (_, slow) = try sandbox("{\"action\":\"drip\",\"ms\":3600000}")
        let (bytes, ending) = try slow.exchange("GET", "/v1/customers")
        #expect(bytes == Array("H".utf8))
        #expect(ending == .silent)
    }

    @Test func `answer with something else than was asked for`() throws {
        let (sandbox, client) = try sandbox(
            """
            {"action":"html","match":{"nth":1}}, {"action":"invalid_json","match":{"nth":1}},
            {"action":"empty","match":{"nth":1}}, {"action":"huge_body","bytes":3000000,"match":{"nth":1}}
            """
        )
        let html = try client.get("/v1/customers")
        #expect(html.status == 200 && html.headers["content-type"] == "text/html; charset=utf-8")
        let broken = try client.get("/v1/customers")
        #expect(throws: JSONError.self) { try JSONDocument.parse(broken.body) }
        #expect(try client.get("/v1/customers").body.isEmpty)
        #expect(try client.get("/v1/customers").body.count == 3_000_000)
        let id = try client.post("/v1/customers", "name=A").id
        sandbox.provider.addFaults([FaultRule(.wrongID)])
        #expect(try client.get("/v1/customers/\(id)").id != id)
    }

    @Test func `tell errors, stored or not, before or after the change`() throws {
        let (sandbox, client) = try sandbox(
            """
            {"action":"status","status":500,"stored":true,"match":{"nth":1},"headers":{"Stripe-Should-Retry":"false"}},
            {"action":"status","status":500,"after":true,"match":{"nth":2}}
            """
        )
        let first = try client.post("/v1/customers", "name=A", key: "a")
        #expect(first.status == 500)
        #expect(first.headers["stripe-should-retry"] == "false")
        #expect(try first.error.type == "api_error")
        // Served from the store from now on.
        let replayed = try client.post("/v1/customers", "name=A", key: "a")
        #expect(replayed.status == 500 && replayed.headers["idempotent-replayed"] == "true")
        #expect(sandbox.provider.ids(.customer).isEmpty)
        #expect(try client.post("/v1/customers", "name=A", key: "b").status == 500)
        #expect(sandbox.provider.ids(.customer).count == 1)
        let after = try client.post("/v1/customers", "name=A", key: "b")
        #expect(after.status == 200 && after.headers["idempotent-replayed"] == "true")
    }

    @Test func `limit the rate in each of its forms, and redirect`() throws {
        let (sandbox, client) = try sandbox(
            """
            {"action":"rate_limit","reason":"endpoint-rate","match":{"nth":1}},
            {"action":"rate_limit","lock_timeout":true,"match":{"nth":1}},
            {"action":"rate_limit","retry_after":"120","match":{"nth":1}},
            {"action":"redirect","location":"http://127.0.0.1:9/x","match":{"nth":1}}
            """
        )
        #expect(
            try client.post("/v1/customers", "name=A", key: "a").headers["stripe-rate-limited-reason"]
                == "endpoint-rate"
        )
        let locked = try client.post("/v1/customers", "name=A", key: "a")
        #expect(locked.status == 429)
        #expect(try locked.error.code == "lock_timeout")
        #expect(try client.post("/v1/customers", "name=A", key: "a").headers["retry-after"] == "120")
        let moved = try client.post("/v1/customers", "name=A", key: "a")
        #expect(moved.status == 302 && moved.headers["location"] == "http://127.0.0.1:9/x")
        #expect(try client.post("/v1/customers", "name=A", key: "a").status == 200)
        #expect(sandbox.provider.effects.effectsByKey == ["a": 1])
    }

    @Test func `last for a window of time, so many times, for some paths, with some chance`() throws {
        let (sandbox, client) = try sandbox(
            "{\"action\":\"status\",\"status\":503,\"match\":{\"from_s\":10,\"until_s\":20,\"path\":\"/v1/customers\"}}"
        )
        #expect(try client.get("/v1/customers").status == 200)
        sandbox.provider.advanceClock(milliseconds: 10_000)
        #expect(try client.get("/v1/customers").status == 503)
        #expect(try client.get("/v1/events").status == 200)
        sandbox.provider.advanceClock(milliseconds: 10_000)
        #expect(try client.get("/v1/customers").status == 200)

        let (_, twice) = try self.sandbox(
            "{\"action\":\"status\",\"status\":503,\"times\":2,\"match\":{\"every\":2}}"
        )
        #expect(
            try (0..<6).map { _ in try twice.get("/v1/customers").status } == [200, 503, 200, 503, 200, 200]
        )

        let (chance, some) = try self.sandbox(
            "{\"action\":\"status\",\"status\":503,\"match\":{\"probability\":0.25}}"
        )
        for _ in 0..<200 { _ = try some.get("/v1/customers") }
        let share = chance.provider.effects.countByStatus[503] ?? 0
        #expect((20...80).contains(share), "\(share) of 200 with probability 0.25, seed 1")
    }

    @Test(arguments: [
        "{}", "[{\"action\":\"explode\"}]", "[{\"action\":\"hold\",\"ms\":1}]",
        "[{\"action\":\"hold\",\"match\":{\"header\":1}}]", "[{\"action\":\"status\"}]", "not json",
        "[{\"action\":\"drip\",\"ms\":-1}]", "[{\"action\":\"hold\",\"match\":{\"nth\":\"1\"}}]",
        "[{\"action\":\"hold\",\"match\":{\"event\":\"customer.*\"}}]",
        "[{\"action\":\"drop_webhook\",\"match\":{\"path\":\"/v1\"}}]",
    ])
    func `are refused when the script is wrong`(script: String) {
        #expect(throws: FaultScript.Mistake.self) { try FaultScript.parse(Array(script.utf8)) }
    }

    @Test func `are ordered, shown and ended over HTTP`() throws {
        let sandbox = try TestSandbox()
        let client = sandbox.client
        let json = ["Content-Type": "application/json"]
        let script = "{\"faults\":[{\"name\":\"down\",\"action\":\"status\",\"status\":502}]}"
        #expect(try client.post("/sandbox/faults", script, headers: json).status == 200)
        #expect(try client.get("/v1/customers").status == 502)
        let shown = try #require(
            try client.get("/sandbox/faults").json["faults"]?.elements.first { _ in true }
        )
        #expect(shown["name"]?.string == "down")
        #expect(shown["done"]?.integer == 1)
        #expect(try client.delete("/sandbox/faults").status == 200)
        #expect(try client.get("/v1/customers").status == 200)
        #expect(try client.post("/sandbox/faults", "[1]", headers: json).status == 400)
    }
}
