import Cryptography
import JSON
import SandboxProvider
import Testing

@Suite struct `Changes that the sandbox does not tell of` {
    let json = ["Content-Type": "application/json"]

    @Test func `stand in the list of events and are delivered to nobody, or are told nowhere`() throws {
        let sender = NoSender()
        let sandbox = try TestSandbox(
            { $0.webhook = .init(url: "http://127.0.0.1:1/", secret: RedactedText("whsec_1")) },
            sender: sender
        )
        let client = sandbox.client
        sandbox.provider.addFaults(
            try FaultScript.parse(
                Array(#"[{"match":{"event":"customer.created"},"action":"drop_webhook"}]"#.utf8)
            )
        )
        let ids = try (0..<3).map { try client.post("/v1/customers", "name=\($0)").id }
        let patch = "{\"name\":\"By hand\"}"
        for (id, word) in zip(ids, ["list", "nothing"]) {
            let edited = try client.post("/sandbox/customers/\(id)?tell=\(word)", patch, headers: json)
            #expect(edited.status == 200)
            #expect(try client.get("/v1/customers/\(id)").json["name"]?.string == "By hand")
        }
        #expect(try client.delete("/sandbox/customers/\(ids[2])?tell=list").status == 200)
        #expect(try client.get("/v1/customers/\(ids[2])").json["deleted"]?.boolean == true)
        #expect(try client.delete("/sandbox/customers/\(ids[1])?tell=nothing").status == 200)
        #expect(
            try client.post("/sandbox/customers/\(ids[0])?tell=everybody", patch, headers: json).status == 400
        )

        let told = try client.get("/v1/events?limit=100").json["data"]?.elements.map { event in
            "\(event["type"]?.string ?? "") \(event["data"]?["object"]?["id"]?.string ?? "")"
        }
        #expect(
            told == [
                "customer.deleted \(ids[2])", "customer.updated \(ids[0])", "customer.created \(ids[2])",
                "customer.created \(ids[1])", "customer.created \(ids[0])",
            ]
        )
        #expect(sandbox.provider.webhookStatistics.attempts == 0)
    }

    @Test func `are made by calls, too, when a fault loses their events`() throws {
        let sandbox = try TestSandbox()
        let client = sandbox.client
        let script = #"{"faults":[{"match":{"event":"customer.*"},"action":"lose_event","times":2}]}"#
        #expect(try client.post("/sandbox/faults", script, headers: json).status == 200)
        let ids = try (0..<3).map { try client.post("/v1/customers", "name=\($0)").id }
        #expect(sandbox.provider.events.map(\.objectID) == [ids[2]])
        #expect(try client.get("/v1/customers").ids.count == 3)
        let report = try client.get("/sandbox/faults").json["faults"]
        #expect(report.map { Array($0.elements) }?.first?["done"]?.integer == 2)
    }

    @Test func `storms and outages begin and end on order, by the sandbox's clock`() throws {
        let sandbox = try TestSandbox { $0.customers = 50 }
        let client = sandbox.client
        let script = """
            [{"match":{"path":"/v1/customers","until_s":60},"action":"rate_limit","reason":"global-rate"},
             {"match":{"path":"/v1/","from_s":60,"until_s":3660},"action":"lose_request"},
             {"match":{"path":"/v1/","from_s":3660,"until_s":3720},"action":"status","status":500}]
            """
        #expect(try client.post("/sandbox/faults", script, headers: json).status == 200)
        #expect(try client.get("/v1/customers").status == 429)
        #expect(try client.get("/v1/customers").headers["stripe-rate-limited-reason"] == "global-rate")
        #expect(try client.get("/v1/events").status == 200)
        sandbox.provider.advanceClock(milliseconds: 60_000)
        #expect(try client.exchange("GET", "/v1/customers").bytes.isEmpty)
        sandbox.provider.advanceClock(milliseconds: 3_600_000)
        #expect(try client.get("/v1/customers").status == 500)
        sandbox.provider.advanceClock(milliseconds: 60_000)
        #expect(try client.get("/v1/customers").ids.count == 10)
    }
}

/// Would take whatever is sent.
private struct NoSender: WebhookSender {
    func send(_ delivery: WebhookDelivery) async -> Int? { 200 }
}
