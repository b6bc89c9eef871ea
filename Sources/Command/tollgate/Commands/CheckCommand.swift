import BillingModel
import Gateway
import HTTPServer
import WebhookVerifier

/// `tollgate check`: would `serve` start with this configuration?
enum CheckCommand {
    static let command = Command(syntax: syntax, run: run)

    private static let syntax = CommandSyntax(
        "check",
        summary: "check the configuration, and tell everything that is wrong with it",
        details: ["Resolves every secret, starts nothing. Exit code 0 when all is well, 78 when not."],
        options: [ConfigurationFile.option]
    )

    private static func run(_ arguments: ParsedArguments, _ terminal: Terminal) -> Int32 {
        let path = ConfigurationFile.path(arguments)
        guard let configuration = ConfigurationFile.decode(path, terminal) else {
            return ExitCode.configuration
        }
        terminal.line("\(path): good")
        terminal.line("  database   \(configuration.database.path)")
        terminal.line("  public     http://\(configuration.listen.publicAddress)")
        terminal.line("  admin      http://\(configuration.listen.adminAddress)")
        terminal.line(
            "  retention  bodies \(configuration.retention.eventBodiesDays) days, "
                + "ids \(configuration.retention.eventIDsDays) days"
        )
        terminal.line()
        var connections = TextTable([
            ("CONNECTION", .left), ("PROVIDER", .left), ("SITE", .left), ("MODE", .left), ("ACCOUNT", .left),
            ("READS PROVIDER", .left), ("RECONCILES", .left),
        ])
        for connection in configuration.connections {
            connections.add([
                connection.name, connection.provider, connection.site, connection.mode.rawValue,
                connection.account ?? "-", connection.readingWord, connection.scheduleWords,
            ])
        }
        for line in connections.lines { terminal.line(line) }
        terminal.line()
        var endpoints = TextTable([
            ("WEBHOOK ADDRESS", .left), ("CONNECTION", .left), ("PROFILE", .left), ("TOLERANCE", .right),
            ("SECRETS", .right),
        ])
        for endpoint in configuration.endpoints {
            endpoints.add([
                "/webhooks/\(endpoint.name)", endpoint.connection, endpoint.verifier.profile.name,
                endpoint.verifier.toleranceSeconds.map { "\($0) s" } ?? "-",
                String(endpoint.verifier.secrets.count),
            ])
        }
        for line in endpoints.lines { terminal.line(line) }
        return ExitCode.success
    }
}
