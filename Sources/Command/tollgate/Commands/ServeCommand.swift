import Gateway
import Glibc
import Telemetry

/// `tollgate serve`: the gateway itself, in the foreground.
enum ServeCommand {
    static let command = Command(syntax: syntax, run: run)

    private static let syntax = CommandSyntax(
        "serve",
        summary: "run the gateway until SIGTERM or SIGINT",
        details: [
            "Logs are JSON lines on standard error. Exit code 78 when the configuration is wrong, 74 when the disk",
            "fails, 0 after a signal.",
        ],
        options: [
            ConfigurationFile.option,
            .flag(
                "--accept-only",
                "take webhooks, apply none: for a rescue, or while an upgrade is prepared"
            ),
        ]
    )

    private static func run(_ arguments: ParsedArguments, _ terminal: Terminal) throws(CommandFailure)
        -> Int32
    {
        guard let configuration = ConfigurationFile.decode(ConfigurationFile.path(arguments), terminal) else {
            return ExitCode.configuration
        }
        let signals = StopSignals()
        let log = Logger(descriptor: STDERR_FILENO, level: configuration.log.level)
        var options = Gateway.Options(exit: { code in Glibc._exit(code) })
        options.acceptOnly = arguments.has("--accept-only")
        let gateway: Gateway
        do throws(GatewayError) {
            gateway = try Gateway(configuration: configuration, options: options, log: log)
        } catch {
            throw CommandFailure(error.description, exitCode: ExitCode.unavailable)
        }
        _ = signals.wait()
        signals.release()
        gateway.stop()
        return ExitCode.success
    }
}
