import Timing
import WebhookVerifier

/// `tollgate sign`: the headers under which a provider would send a file.
enum SignCommand {
    static let command = Command(syntax: syntax, run: run)

    /// One command line without program and command name; returns the exit code.
    static func run(arguments words: [String], terminal: Terminal = .standard) -> Int32 {
        CommandLineTool.run(["sign"] + words, terminal: terminal)
    }

    static let syntax = CommandSyntax(
        "sign",
        summary: "print the signature headers of a file, for curl",
        details: [
            "The file is signed byte for byte as it is. One header a line, as curl takes them:",
            "",
            "  tollgate sign event.json --secret-env STRIPE_WEBHOOK_SECRET |",
            "    curl -H @- --data-binary @event.json http://127.0.0.1:8480/webhooks/stripe",
            "",
            "Where a provider puts the signature into the body (adyen-standard), the signed body is printed.",
        ],
        operands: .one("FILE", "the body to sign"),
        options: SigningOptions.all + [
            .value("--timestamp", "SECONDS", "sign as of this Unix time; now unless given"),
            .value("--id", "ID", "message id, for profiles that sign one"),
        ]
    )

    private static func run(_ arguments: ParsedArguments, _ terminal: Terminal) throws(CommandFailure)
        -> Int32
    {
        let signing = try SigningOptions.configuration(arguments, publicURL: nil, terminal)
        let seconds = try arguments.integer("--timestamp", in: 0...253_402_300_799)
        let path = arguments.operands[0]
        let body = try EventFiles.read(path)
        let publicURL = arguments.value("--public-url") ?? ""
        let query = publicURL.firstIndex(of: "?").map { String(publicURL[publicURL.index(after: $0)...]) }
        let signed: SignedWebhook
        do throws(WebhookSigner.Problem) {
            signed = try WebhookSigner(signing).sign(
                body: body,
                id: arguments.value("--id") ?? "msg_tollgate_sign",
                timestamp: seconds.flatMap { Timestamp(seconds: Int64($0)) } ?? WallClock.system.now(),
                query: query ?? ""
            )
        } catch {
            throw CommandFailure("\(printable(path)): \(error)", exitCode: ExitCode.input)
        }
        if case .json = signing.profile.signature {
            terminal.bytes(signed.body)
            return ExitCode.success
        }
        for header in signed.headers { terminal.line("\(header.name): \(header.value)") }
        return ExitCode.success
    }
}
