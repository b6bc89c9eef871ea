import Cryptography
import Gateway
import Glibc
import HTTPClient
import HTTPServer
import SandboxProvider
import Timing

/// `tollgate sandbox`: the built-in billing provider, in the foreground.
enum SandboxCommand {
    static let command = Command(syntax: syntax, run: run)

    private static let syntax = CommandSyntax(
        "sandbox",
        summary: "run a billing provider with Stripe's API on this machine, for trying things out",
        details: [
            "Everything is in memory and ends with the process. It shall serve this machine only: whoever",
            "reaches it may order faults under /sandbox. README, \"The sandbox provider\", lists them.",
        ],
        options: [
            .value("--listen", "ADDRESS:PORT", "where it listens; 127.0.0.1:8482 by default, port 0 for any"),
            .value("--key", "KEY", "the API key to let in; \(SandboxConfiguration.keyDefault) by default"),
            .value("--customers", "N", "start with N customers, made up from the seed and kept nowhere"),
            .value("--seed", "S", "what they, and every chance, follow from; 1 by default"),
            .value("--latency-ms", "L", "answer each call after L milliseconds"),
            .value("--rate-per-s", "R", "answer calls beyond R a second with 429"),
            .value("--faults", "FILE", "what to do wrong, as JSON"),
            .value("--webhooks-to", "URL", "post signed events there"),
            .value("--webhook-secret-env", "NAME", "the environment variable that holds the signing secret"),
            .value(
                "--webhook-concurrency",
                "N",
                "deliveries under way at once; 1, the default, keeps their order"
            ),
        ]
    )

    private static func run(_ arguments: ParsedArguments, _ terminal: Terminal) throws(CommandFailure)
        -> Int32
    {
        let configuration = try SandboxOptions.configuration(arguments)
        let faults = try SandboxOptions.faults(arguments)
        // Before any thread: all of them inherit the blocked signals.
        let signals = StopSignals()
        let client = HTTPClient()
        if configuration.webhook != nil { try start(client) }
        let provider = SandboxProvider(
            configuration: configuration,
            sender: ClientWebhookSender(transport: client),
            // Without a seed, ids never repeat: a gateway may still know those of an earlier run.
            random: arguments.value("--seed") == nil ? .system() : nil
        )
        do throws(HTTPServerError) {
            try provider.start()
        } catch {
            throw CommandFailure(
                "\(error)",
                hint: "--listen names another address; ss -ltnp tells who has this one",
                exitCode: ExitCode.unavailable
            )
        }
        provider.addFaults(faults)
        terminal.line("sandbox provider on \(provider.url)")
        terminal.line("  API key     \(configuration.keys[0])")
        terminal.line("  API version \(configuration.apiVersion)")
        if let webhook = configuration.webhook { terminal.line("  webhooks to \(printable(webhook.url))") }
        if configuration.customers > 0 { terminal.line("  customers   \(configuration.customers)") }
        if !faults.isEmpty { terminal.line("  faults      \(faults.count)") }
        terminal.note("stop it with Ctrl-C")
        _ = signals.wait()
        signals.release()
        provider.stop()
        client.stop()
        return ExitCode.success
    }

    private static func start(_ client: HTTPClient) throws(CommandFailure) {
        do throws(HTTPClientFailure) {
            try client.start()
        } catch {
            throw CommandFailure("webhooks cannot be sent: \(error)", exitCode: ExitCode.unavailable)
        }
    }
}
