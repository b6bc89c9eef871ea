import BillingModel
import Cryptography
import Gateway
import Glibc
import HTTPServer
import JSON
import Telemetry
import Threading
import Timing
import WebhookVerifier

/// `tollgate demo`: the whole way of a webhook, and of a change to the provider and back, on this machine, in a few
/// seconds.
enum DemoCommand {
    /// The connection, and its endpoint, that stand for the sandbox provider.
    static let circleConnection = "sandbox"

    static let command = Command(syntax: syntax, run: run)

    private static let syntax = CommandSyntax(
        "demo",
        summary: "start a gateway and a sandbox provider, and show what webhooks and changes do",
        details: [
            "Replays the stories of Fixtures. Then makes a customer, which appears at the provider, opens a checkout",
            "session for it and pays that on the provider's page, until the subscription is in the store.",
            "Uses a temporary database that is removed at the end, and secrets of its own. Listens on loopback.",
            "Exit code 0 when every customer ended as its story does and every step arrived, 1 when one did not.",
        ],
        options: [
            .flag("--once", "end after the tables instead of serving until Ctrl-C"),
            .value(
                "--fixtures",
                "FOLDER",
                "the repository's Fixtures, in the working directory unless given"
            ),
            .value(
                "--port",
                "N",
                "port of the public listener, the admin's is the next; free ones unless given"
            ),
        ]
    )

    /// How long the last event may take to be applied.
    private static let patienceMilliseconds: Int64 = 30_000

    private static func run(_ arguments: ParsedArguments, _ terminal: Terminal) throws(CommandFailure)
        -> Int32
    {
        let port = try arguments.integer("--port", in: 1...65_534)
        let stories = try FixtureStories(folder: arguments.value("--fixtures") ?? "Fixtures")
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let signals = StopSignals()
        // Not a secret from anybody: it guards made-up events on loopback, for as long as the demo runs.
        let secret = "whsec_" + Hex.encode(SecretRandom.bytes(count: 16))
        let sandbox = try DemoSandbox(secret: RedactedText(secret))
        defer { sandbox.stop() }
        let configuration = try configuration(folder, secret: secret, port: port, sandbox)
        let gateway = try ServeCommand.start(
            configuration,
            Gateway.Options(exit: { code in _exit(code) }),
            Logger(descriptor: 2, level: .warning)
        )
        defer { gateway.stop() }
        sandbox.sendWebhooks(to: "http://\(gateway.publicAddress)/webhooks/\(circleConnection)")
        return try show(gateway, sandbox, configuration, stories, arguments, signals, terminal)
    }

    private static func show(
        _ gateway: Gateway,
        _ sandbox: DemoSandbox,
        _ configuration: GatewayConfiguration,
        _ stories: FixtureStories,
        _ arguments: ParsedArguments,
        _ signals: StopSignals,
        _ terminal: Terminal
    ) throws(CommandFailure) -> Int32 {
        let monotonic = MonotonicClock.system
        let start = monotonic.nanoseconds()
        try deliver(stories, to: gateway.publicAddress, as: configuration.endpoints[0].verifier)
        let store = try StoreClient(configuration.database)
        try waitUntilApplied(store, monotonic)
        let milliseconds = (monotonic.nanoseconds() - start) / 1_000_000
        terminal.line(
            "\(stories.eventCount) signed webhooks of \(stories.stories.count) stories, stored and applied in "
                + "\(milliseconds) ms"
        )
        let key = try makeKey(store)
        let report = DemoReport(customers: try customers(gateway, key), stories: stories.stories)
        for table in [report.customerTable, report.subscriptionTable] {
            terminal.line()
            for line in table.lines { terminal.line(line) }
        }
        terminal.line()
        let differences = report.differences
        for line in differences { terminal.line(printable(line)) }
        if differences.isEmpty {
            terminal.line("All \(report.expectedCount) customers ended as their stories do.")
        }
        terminal.line()
        try DemoCircle(
            gateway: client(of: gateway.adminAddress),
            at: "\(gateway.adminAddress)",
            key: key,
            sandbox: sandbox,
            terminal: terminal
        ).run()
        if !arguments.has("--once") {
            invite(gateway, sandbox, configuration, key, terminal)
            _ = signals.wait()
            signals.release()
        }
        return differences.isEmpty ? ExitCode.success : ExitCode.failure
    }

    private static func configuration(
        _ folder: TemporaryFolder,
        secret: String,
        port: Int?,
        _ sandbox: DemoSandbox
    ) throws(CommandFailure) -> GatewayConfiguration {
        // A profile of our own and a text of our own: an error here is a fault of this build, and stops it.
        guard let profile = SignatureProfile.builtIn("stripe"),
            let secret = try? WebhookSecret(RedactedText(secret), for: profile),
            let verifier = try? VerifierConfiguration(profile: profile, secrets: [secret])
        else { preconditionFailure("the built-in profile takes any text as its secret") }
        var configuration = GatewayConfiguration(
            database: DatabaseLocation(path: folder.path + "/demo.db"),
            connections: [
                ConnectionConfiguration(name: "demo"),
                ConnectionConfiguration(
                    name: circleConnection,
                    api: ProviderAPIConfiguration(baseURL: sandbox.url, key: sandbox.key)
                ),
            ],
            endpoints: [
                EndpointConfiguration(name: "stripe", connection: "demo", verifier: verifier),
                EndpointConfiguration(
                    name: circleConnection,
                    connection: circleConnection,
                    verifier: verifier
                ),
            ]
        )
        let first = UInt16(port ?? 0)
        configuration.listen.publicAddress = .tcp(host: "127.0.0.1", port: first)
        configuration.listen.adminAddress = .tcp(host: "127.0.0.1", port: first == 0 ? 0 : first + 1)
        return configuration
    }

    private static func deliver(
        _ stories: FixtureStories,
        to address: HTTPListenAddress,
        as verifier: VerifierConfiguration
    ) throws(CommandFailure) {
        let client = client(of: address)
        let signer = WebhookSigner(verifier)
        for story in stories.stories {
            for (index, event) in story.events.enumerated() {
                let place = "\(story.name), event \(index + 1)"
                // As above.
                guard let signed = try? signer.sign(body: event, id: "", timestamp: WallClock.system.now())
                else {
                    preconditionFailure("the stripe profile signs any body")
                }
                let response: LocalHTTPClient.Response
                do throws(LocalHTTPClient.Failure) {
                    response = try client.request(
                        "POST",
                        "/webhooks/stripe",
                        headers: signed.headers,
                        body: signed.body
                    )
                } catch {
                    throw CommandFailure("\(place): \(error)", exitCode: ExitCode.unavailable)
                }
                guard response.status == 200 else {
                    throw CommandFailure("\(place) was answered with \(response.status)")
                }
            }
        }
    }

    /// Until no event is left that arrived and was not looked at.
    private static func waitUntilApplied(_ store: StoreClient, _ monotonic: MonotonicClock)
        throws(CommandFailure)
    {
        let deadline = monotonic.nanoseconds() + UInt64(patienceMilliseconds) * 1_000_000
        let pause = EventSignal()
        while true {
            var count = 0
            for state in ["received", "leased"] {
                let page = try store.call(
                    .get,
                    "/v1/webhook_events",
                    query: [("state", state), ("limit", "1")]
                )
                count += page["data"]?.count ?? 0
            }
            if count == 0 { return }
            guard monotonic.nanoseconds() < deadline else {
                throw CommandFailure("events are still waiting after \(patienceMilliseconds / 1000) s")
            }
            pause.wait(milliseconds: 10)
        }
    }

    private static func makeKey(_ store: StoreClient) throws(CommandFailure) -> RedactedText {
        let body = #"{"name": "demo", "mode": "test", "sites": ["main"], "scopes": ["admin"]}"#
        let key = try store.call(.post, "/v1/api_keys", body: Array(body.utf8))
        return RedactedText(text(key["key"]))
    }

    private static func customers(_ gateway: Gateway, _ key: RedactedText) throws(CommandFailure)
        -> [JSONValue]
    {
        let client = client(of: gateway.adminAddress)
        var customers: [JSONValue] = []
        var cursor: String?
        repeat {
            let target =
                "/v1/customers?limit=50&expand=subscriptions"
                + (cursor.map { "&cursor=\(percentEncoded($0))" } ?? "")
            let page = try page(client, target, key)
            if let data = page["data"] { customers += data.elements }
            cursor = page["next_cursor"]?.string
        } while cursor != nil
        return customers
    }

    private static func page(
        _ client: LocalHTTPClient,
        _ target: String,
        _ key: RedactedText
    ) throws(CommandFailure) -> JSONValue {
        do {
            let headers = [(name: "Authorization", value: "Bearer \(key.revealed())")]
            let response = try client.request("GET", target, headers: headers)
            guard response.status == 200 else {
                throw CommandFailure("GET \(target) was answered with \(response.status)")
            }
            return try JSONDocument.parse(response.body).root
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure("GET \(target): \(error)", exitCode: ExitCode.unavailable)
        }
    }

    private static func invite(
        _ gateway: Gateway,
        _ sandbox: DemoSandbox,
        _ configuration: GatewayConfiguration,
        _ key: RedactedText,
        _ terminal: Terminal
    ) {
        let admin = gateway.adminAddress
        let bearer = "-H 'Authorization: Bearer \(key.revealed())'"
        for line in [
            "", "It serves until Ctrl-C. Look around:",
            "  curl \(bearer) 'http://\(admin)/v1/customers?limit=3'",
            "  curl \(bearer) 'http://\(admin)/v1/webhook_events?limit=3'",
            "  curl http://\(admin)/metrics",
            "  curl http://\(gateway.publicAddress)/readyz",
            "  tollgate inbox list --database \(configuration.database.path)",
            "  tollgate outbox list --database \(configuration.database.path)",
            "  curl \(sandbox.url)/sandbox/effects",
        ] { terminal.line(line) }
    }

    private static func client(of address: HTTPListenAddress) -> LocalHTTPClient {
        switch address {
        case .tcp(_, let port): LocalHTTPClient(.loopback(port: port))
        case .unix(let path): LocalHTTPClient(.unix(path: path))
        }
    }
}
