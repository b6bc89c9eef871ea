import Gateway

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
        guard ConfigurationFile.decode(ConfigurationFile.path(arguments), terminal) != nil else {
            return ExitCode.configuration
        }
        throw CommandFailure("serve is not built in yet", exitCode: ExitCode.unavailable)
    }
}
