import Database
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
            "Logs are JSON lines on standard error. A second signal ends the process at once; what was answered",
            "is stored then, too.",
            "Exit code 0 after a signal, 69 when the store or an address cannot be had, 74 when the disk fails,",
            "78 when the configuration is wrong.",
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
        let path = ConfigurationFile.path(arguments)
        guard let configuration = ConfigurationFile.decode(path, terminal) else {
            return ExitCode.configuration
        }
        // Before any thread: all of them inherit the blocked signals.
        let signals = StopSignals()
        var options = Gateway.Options(exit: { code in _exit(code) })
        options.acceptOnly = arguments.has("--accept-only")
        let gateway = try start(configuration, options, Logger(descriptor: 2, level: configuration.log.level))
        _ = signals.wait()
        signals.release()
        gateway.stop()
        return ExitCode.success
    }

    /// Starts a gateway, or says what stands in its way.
    static func start(
        _ configuration: GatewayConfiguration,
        _ options: Gateway.Options,
        _ log: Logger
    ) throws(CommandFailure) -> Gateway {
        do throws(GatewayError) {
            return try Gateway(configuration: configuration, options: options, log: log)
        } catch {
            switch error {
            case .store(let failure) where failure.kind == .busy:
                throw CommandFailure(
                    "another tollgate process has \(configuration.database.path)",
                    hint: "one server at a time: stop the other, or name another file under \"database\"",
                    exitCode: ExitCode.unavailable
                )
            case .store(let failure):
                throw CommandFailure(
                    "the store \(configuration.database.path) cannot be opened: \(failure)",
                    hint: advice(failure),
                    exitCode: failure.kind == .inputOutput ? ExitCode.device : ExitCode.unavailable
                )
            case .listen(let failure):
                throw CommandFailure(
                    "\(failure)",
                    hint: "listen.public and listen.admin name the addresses; ss -ltnp tells who has one",
                    exitCode: ExitCode.unavailable
                )
            case .client:
                throw CommandFailure("\(error)", exitCode: ExitCode.unavailable)
            case .connectionChanged, .endpoint:
                throw CommandFailure("\(error)", exitCode: ExitCode.configuration)
            }
        }
    }

    private static func advice(_ failure: DatabaseError) -> String? {
        switch failure.kind {
        case .corrupt:
            "it is damaged, or no store of tollgate: the README's runbook tells how to restore a backup"
        case .inputOutput: "the disk fails: the README's runbook tells what to do"
        case .full: "make room on its disk"
        case .busy, .closed, .constraint: nil
        // What a migration says needs no advice.
        case .other:
            failure.statement == "migrate" ? nil : "does its folder exist, and may this user write there?"
        }
    }
}
