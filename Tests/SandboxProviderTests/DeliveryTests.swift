import Cryptography
import HTTPClient
import HTTPServer
import JSON
import SandboxProvider
import Testing
import Threading

/// A receiver of webhooks on a socket; refuses the first ones.
private final class Receiver: HTTPHandler {
    let bodies = Lock<[(signature: String?, body: [UInt8])]>([])
    private let refusals: Int

    init(refusals: Int) {
        self.refusals = refusals
    }

    func admit(_ head: borrowing HTTPRequestHead) -> HTTPAdmission { .accept(bodyBytesMax: 1 << 20) }

    func handle(_ head: borrowing HTTPRequestHead, body: UnsafeRawBufferPointer, responder: HTTPResponder) {
        let (signature, body) = (head.header("stripe-signature"), Array(body))
        let count = bodies.withLock { bodies in
            bodies.append((signature, body))
            return bodies.count
        }
        responder.respond(HTTPResponse(status: count <= refusals ? 500 : 200))
    }
}

@Suite struct `Deliveries over a socket` {
    @Test func `arrive signed, and again when they were refused`() async throws {
        let receiver = Receiver(refusals: 1)
        let server = HTTPServer(
            configuration: HTTPServerConfiguration(address: .tcp(host: "127.0.0.1", port: 0)),
            handler: receiver
        )
        try server.start()
        let transport = HTTPClient()
        try transport.start()
        defer { transport.stop() }
        let secret = "whsec_of_this_test_only_0123456789"
        let url = "http://127.0.0.1:\(server.boundPort)/hook"
        let sandbox = try TestSandbox(
            { configuration in
                var target = SandboxConfiguration.WebhookTarget(url: url, secret: RedactedText(secret))
                target.retryBaseMilliseconds = 1
                configuration.webhook = target
            },
            sender: ClientWebhookSender(transport: transport)
        )
        for number in 0..<3 { _ = try sandbox.client.post("/v1/customers", "name=\(number)") }
        while sandbox.provider.webhookStatistics.delivered < 3 {
            try await Task.sleep(nanoseconds: 1_000_000)
        }
        let statistics = sandbox.provider.webhookStatistics
        #expect((statistics.attempts, statistics.failures, statistics.givenUp) == (4, 1, 0))
        let arrived = receiver.bodies.withLock { $0 }
        // The bodies show the event as it was made: delivered to nobody.
        let told = try Set(arrived.map { try JSONDocument.parse($0.body).root["id"]?.string })
        #expect(told == Set(sandbox.provider.events.map(\.id)))
        let key = HMACContext(key: HMACKey(Array(secret.utf8)))
        for (signature, body) in arrived {
            let time = "\(TestSandbox.start)"
            #expect(signature == "t=\(time),v1=\(Hex.encode(key.tag(of: Array("\(time).".utf8) + body)))")
        }
    }
}
