import Cryptography
import JSON
import SandboxProvider
import Testing
import Threading

/// Takes deliveries as the test says; keeps them in the order in which they came.
final class TestReceiver: WebhookSender {
    let deliveries = Lock<[WebhookDelivery]>([])
    private let answer: @Sendable (WebhookDelivery) -> Int?

    init(_ answer: @escaping @Sendable (WebhookDelivery) -> Int? = { _ in 200 }) {
        self.answer = answer
    }

    func send(_ delivery: WebhookDelivery) async -> Int? {
        deliveries.withLock { $0.append(delivery) }
        return answer(delivery)
    }

    var received: [WebhookDelivery] { deliveries.withLock { $0 } }

    /// Waits until so many have come.
    func waitFor(_ count: Int) async throws -> [WebhookDelivery] {
        while received.count < count { try await Task.sleep(nanoseconds: 1_000_000) }
        return received
    }
}

@Suite struct `Webhooks of the sandbox` {
    private static let secret = "whsec_of_this_test_only_0123456789"

    private func sandbox(_ receiver: TestReceiver) throws -> TestSandbox {
        try TestSandbox(
            { configuration in
                var target = SandboxConfiguration.WebhookTarget(
                    url: "http://127.0.0.1:1/hook",
                    secret: RedactedText(Self.secret)
                )
                target.retryBaseMilliseconds = 1
                target.retryCapMilliseconds = 5
                target.attemptsMax = 4
                configuration.webhook = target
            },
            sender: receiver
        )
    }

    @Test func `are signed, in order, and as the events list shows them`() async throws {
        let receiver = TestReceiver()
        let sandbox = try sandbox(receiver)
        for number in 0..<30 { _ = try sandbox.client.post("/v1/customers", "name=\(number)") }
        let deliveries = try await receiver.waitFor(30)
        #expect(deliveries.map(\.eventID) == sandbox.provider.events.map(\.id))
        #expect(deliveries.allSatisfy { $0.attempt == 1 })
        let first = deliveries[0]
        let key = HMACContext(key: HMACKey(Array(Self.secret.utf8)))
        let signed = Array("\(TestSandbox.start).".utf8) + first.body
        let signature = first.headers.first { $0.name == "Stripe-Signature" }?.value
        #expect(signature == "t=\(TestSandbox.start),v1=\(Hex.encode(key.tag(of: signed)))")
        #expect(try JSONDocument.parse(first.body).root["pending_webhooks"]?.integer == 1)
        while sandbox.provider.webhookStatistics.delivered < 30 {
            try await Task.sleep(nanoseconds: 1_000_000)
        }
        #expect(try sandbox.client.get("/v1/events?delivery_success=false").ids == [])
    }

    @Test func `come again until they are taken, and then are given up`() async throws {
        let receiver = TestReceiver { $0.attempt < 3 ? ($0.attempt == 1 ? nil : 302) : 200 }
        let sandbox = try sandbox(receiver)
        _ = try sandbox.client.post("/v1/customers", "name=A")
        let deliveries = try await receiver.waitFor(3)
        #expect(deliveries.map(\.attempt) == [1, 2, 3])
        #expect(Set(deliveries.map(\.eventID)).count == 1)

        let deaf = TestReceiver { _ in 500 }
        let other = try self.sandbox(deaf)
        _ = try other.client.post("/v1/customers", "name=A")
        while other.provider.webhookStatistics.givenUp == 0 { try await Task.sleep(nanoseconds: 1_000_000) }
        #expect(deaf.received.count == 4)
        #expect(try other.client.get("/v1/events?delivery_success=false").ids.count == 1)
    }

    @Test func `are dropped, doubled, swapped and dated alike on order`() async throws {
        let receiver = TestReceiver()
        let sandbox = try sandbox(receiver)
        sandbox.provider.addFaults(
            try FaultScript.parse(
                Array(
                    """
                    [{"action":"drop_webhook","match":{"event":"customer.*","nth":1}},
                     {"action":"duplicate_webhook","match":{"nth":2}},
                     {"action":"reorder_webhook","match":{"nth":3}},
                     {"action":"same_second"}]
                    """.utf8
                )
            )
        )
        for number in 0..<4 {
            _ = try sandbox.client.post("/v1/customers", "name=\(number)")
            sandbox.provider.advanceClock(milliseconds: 1000)
        }
        let deliveries = try await receiver.waitFor(4)
        let ids = sandbox.provider.events.map(\.id)
        #expect(deliveries.map(\.eventID) == [ids[1], ids[1], ids[3], ids[2]])
        #expect(Set(sandbox.provider.events.map(\.created)) == [TestSandbox.start])
    }

    @Test func `that should be overtaken are sent in the end, and late ones late`() async throws {
        let receiver = TestReceiver()
        let sandbox = try sandbox(receiver)
        let script =
            "[{\"action\":\"reorder_webhook\"},{\"action\":\"delay_webhook\",\"ms\":50,\"match\":{\"nth\":2}}]"
        sandbox.provider.addFaults(try FaultScript.parse(Array(script.utf8)))
        _ = try sandbox.client.post("/v1/customers", "name=Last")
        #expect(try await receiver.waitFor(1).count == 1)
        _ = try sandbox.client.post("/v1/customers", "name=Late")
        #expect(try await receiver.waitFor(2).map(\.eventID) == sandbox.provider.events.map(\.id))
    }
}
