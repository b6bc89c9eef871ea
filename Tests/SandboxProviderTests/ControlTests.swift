import Glibc
import JSON
import SandboxProvider
import Testing

@Suite struct `The sandbox's ledger and dashboard` {
    let sandbox: TestSandbox
    let client: SandboxClient
    let json = ["Content-Type": "application/json"]

    init() throws {
        sandbox = try TestSandbox()
        client = sandbox.client
    }

    @Test func `tell effects by key, updates in order, and requests at once`() throws {
        let id = try client.post("/v1/customers", "name=A", key: "k1").id
        for number in 2...4 {
            _ = try client.post("/v1/customers/\(id)", "name=\(number)", key: "k\(number)")
        }
        _ = try client.post("/v1/customers/\(id)", "name=4", key: "k4")
        let ledger = try client.get("/sandbox/effects").json
        #expect(ledger["effects_per_key_max"]?.integer == 1)
        #expect(ledger["effects"]?.members.map(\.key) == ["k1", "k2", "k3", "k4"])
        #expect(ledger["updates_by_object"]?.member(id)?.integer == 4)
        #expect(ledger["by_status"]?["200"]?.integer == 5)
        #expect(ledger["replays"]?.integer == 1)
        let updates = try #require(try client.get("/sandbox/effects?object=\(id)").json["updates"])
        #expect(
            updates.elements.map { $0["parameters"]?.string } == ["name=A", "name=2", "name=3", "name=4"]
        )
        #expect(sandbox.provider.effects.updates[id]?.map(\.idempotencyKey) == ["k1", "k2", "k3", "k4"])
        _ = try client.delete("/sandbox/effects")
        #expect(sandbox.provider.effects.requests == 0)
    }

    @Test func `count requests that are in flight for one object`() throws {
        let id = try client.post("/v1/customers", "name=A").id
        sandbox.provider.addFaults([FaultRule(.latency(milliseconds: 3_600_000, jitter: 0))])
        let waiting = try (0..<3).map { number in
            try client.begin("POST", "/v1/customers/\(id)", "name=\(number)")
        }
        while sandbox.provider.effects.requests < 4 { sched_yield() }
        #expect(sandbox.provider.effects.inFlightMaxByObject[id] == 3)
        withExtendedLifetime(waiting) {}
    }

    @Test func `change objects as a person in the dashboard does`() throws {
        let id = try client.post("/v1/customers", "name=A&metadata[a]=1").id
        let patch = "{\"email\":\"d@e.f\",\"metadata\":{\"a\":null,\"b\":\"2\"}}"
        let edited = try client.post("/sandbox/customers/\(id)", patch, headers: json)
        #expect(edited.status == 200)
        let read = try client.get("/v1/customers/\(id)").json
        #expect(read["email"]?.string == "d@e.f")
        #expect(read["metadata"]?.members.map(\.key) == ["b"])
        #expect(try client.get("/v1/customers?email=d%40e.f").ids == [id])
        #expect(sandbox.provider.effects.updates[id]?.count == 1)
        #expect(try client.delete("/sandbox/customers/\(id)").status == 200)
        #expect(try client.get("/v1/customers/\(id)").json["deleted"]?.boolean == true)
        #expect(
            sandbox.provider.events.map(\.type) == [
                "customer.created", "customer.updated", "customer.deleted",
            ]
        )
        #expect(try client.post("/sandbox/customers/\(id)", patch, headers: json).status == 404)
        #expect(try client.post("/sandbox/customers/cus_1", "no", headers: json).status == 400)
    }

    @Test func `move the clock forward, and stop it`() throws {
        #expect(try client.get("/sandbox/clock").json["now"]?.integer == TestSandbox.start)
        let moved = try client.post("/sandbox/clock", "{\"advance_s\":60}", headers: json)
        #expect(try moved.json["now"]?.integer == TestSandbox.start + 60)
        #expect(try client.post("/sandbox/clock", "{\"advance_s\":-1}", headers: json).status == 400)
        #expect(try client.post("/sandbox/clock", "{\"stopped\":true}", headers: json).status == 200)
        #expect(try client.get("/sandbox/nowhere").status == 404)
    }
}
