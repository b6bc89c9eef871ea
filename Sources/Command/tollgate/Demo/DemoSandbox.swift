import Cryptography
import HTTPClient
import HTTPServer
import SandboxProvider
import Threading
import Timing

/// The demo's billing provider, in this process, on a free port of loopback.
final class DemoSandbox: Sendable {
    private let client = HTTPClient()
    private let provider: SandboxProvider
    private let target: Lock<String?>

    /// Listens from now on. `secret` signs its webhooks.
    init(secret: RedactedText) throws(CommandFailure) {
        var configuration = SandboxConfiguration()
        configuration.address = .tcp(host: "127.0.0.1", port: 0)
        configuration.webhook = .init(url: "http://127.0.0.1/", secret: secret)
        let target = Lock<String?>(nil)
        self.target = target
        provider = SandboxProvider(
            configuration: configuration,
            sender: DemoWebhookSender(transport: client, target: target),
            random: .system()
        )
        do {
            try client.start()
            try provider.start()
        } catch {
            throw CommandFailure(
                "the sandbox provider cannot start: \(error)",
                exitCode: ExitCode.unavailable
            )
        }
    }

    var url: String { provider.url }
    var port: UInt16 { provider.port }
    var key: RedactedText { RedactedText(SandboxConfiguration.keyDefault) }

    /// Webhooks go there from now on; until then nobody is there, and they are tried again.
    func sendWebhooks(to url: String) {
        target.withLock { $0 = url }
    }

    /// The provider's customer that bears this text as metadata `key`.
    func customer(withMark mark: String, under key: String) -> String? {
        provider.ids(.customer).first { id in
            provider.object(id)?["metadata"]?.object?.text(key) == mark
        }
    }

    func stop() {
        provider.stop()
        client.stop()
    }
}

/// Posts to an address that is known only later: the gateway listens after it was told where the provider is.
private struct DemoWebhookSender: WebhookSender {
    let transport: HTTPClient
    let target: Lock<String?>

    func send(_ delivery: WebhookDelivery) async -> Int? {
        guard let url = target.withLock({ $0 }) else { return nil }
        let request = HTTPClientRequest(
            method: .post,
            url: url,
            headers: delivery.headers,
            body: delivery.body,
            addressPolicy: .loopbackOnly,
            totalTimeout: .seconds(20)
        )
        do {
            return try await transport.send(request).status
        } catch {
            // Whatever it was, the delivery comes again.
            return nil
        }
    }
}
