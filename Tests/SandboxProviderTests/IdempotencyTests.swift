import Glibc
import SandboxProvider
import Testing

@Suite struct `Idempotency keys of the sandbox` {
    @Test func `replay the first answer, and change nothing again`() throws {
        let sandbox = try TestSandbox()
        let client = sandbox.client
        let first = try client.post("/v1/customers", "name=A&email=a%40b.c", key: "k")
        #expect(first.headers["idempotency-key"] == "k")
        #expect(first.headers["idempotent-replayed"] == nil)
        _ = try client.post("/v1/customers/\(try first.id)", "name=B")
        // The order of parameters does not matter.
        let second = try client.post("/v1/customers", "email=a%40b.c&name=A", key: "k")
        #expect(second.body == first.body)
        #expect(second.headers["idempotent-replayed"] == "true")
        #expect(second.headers["idempotency-key"] == "k")
        #expect(second.headers["request-id"] != first.headers["request-id"])
        #expect(sandbox.provider.ids(.customer).count == 1)
        #expect(sandbox.provider.effects.effectsByKey == ["k": 1])
        #expect(sandbox.provider.effects.replays == 1)
    }

    @Test func `refuse another request under the same key`() throws {
        let sandbox = try TestSandbox()
        _ = try sandbox.client.post("/v1/customers", "name=A", key: "k")
        let other = try sandbox.client.post("/v1/customers", "name=B", key: "k")
        #expect(other.status == 400)
        #expect(try other.error.type == "idempotency_error")
        #expect(sandbox.provider.ids(.customer).count == 1)
    }

    @Test func `are forgotten after a day`() throws {
        let sandbox = try TestSandbox()
        _ = try sandbox.client.post("/v1/customers", "name=A", key: "k")
        sandbox.provider.advanceClock(milliseconds: 24 * 3600 * 1000 - 1)
        let replayed = try sandbox.client.post("/v1/customers", "name=A", key: "k")
        #expect(replayed.headers["idempotent-replayed"] == "true")
        sandbox.provider.advanceClock(milliseconds: 1)
        let fresh = try sandbox.client.post("/v1/customers", "name=A", key: "k")
        #expect(fresh.headers["idempotent-replayed"] == nil)
        #expect(sandbox.provider.ids(.customer).count == 2)
    }

    @Test func `keep nothing of a request that failed validation`() throws {
        let sandbox = try TestSandbox()
        let client = sandbox.client
        #expect(try client.post("/v1/customers", "colour=red", key: "k").status == 400)
        #expect(try client.post("/v1/customers", "name=A", key: "k").status == 200)
        #expect(sandbox.provider.effects.effectsByKey == ["k": 1])
    }

    @Test func `are in use while the first request is in flight`() throws {
        let sandbox = try TestSandbox()
        var late = FaultRule(.latency(milliseconds: 3_600_000, jitter: 0))
        late.nth = 1
        sandbox.provider.addFaults([late])
        let headers = ["Idempotency-Key": "k"]
        let first = try sandbox.client.begin("POST", "/v1/customers", "name=A", headers: headers)
        while sandbox.provider.effects.requests == 0 { sched_yield() }
        let second = try sandbox.client.post("/v1/customers", "name=A", key: "k")
        #expect(second.status == 409)
        #expect(try second.error.code == "idempotency_key_in_use")
        #expect(try sandbox.client.post("/v1/customers", "name=A", key: "other").status == 200)
        withExtendedLifetime(first) {}
    }

    @Test func `make one effect each, however often answers are lost`() throws {
        let sandbox = try TestSandbox { $0.seed = 8 }
        sandbox.provider.addFaults(
            try FaultScript.parse(
                Array(
                    """
                    [{"action":"lose_answer","match":{"probability":0.2}},
                     {"action":"lose_request","match":{"probability":0.1}},
                     {"action":"reset","match":{"probability":0.1}}]
                    """.utf8
                )
            )
        )
        var tries = 0
        for number in 0..<100 {
            var isAnswered = false
            while !isAnswered {
                tries += 1
                let (bytes, _) = try sandbox.client.exchange(
                    "POST",
                    "/v1/customers",
                    "name=\(number)",
                    headers: ["Idempotency-Key": "key-\(number)"]
                )
                isAnswered = SandboxClient.parse(bytes)?.status == 200
            }
        }
        #expect(tries > 120, "\(tries) tries with seed 8")
        let effects = sandbox.provider.effects
        #expect(effects.effectsByKey.count == 100)
        #expect(effects.effectsByKey.values.allSatisfy { $0 == 1 })
        #expect(sandbox.provider.ids(.customer).count == 100)
        #expect(effects.unanswered == tries - 100)
    }
}
