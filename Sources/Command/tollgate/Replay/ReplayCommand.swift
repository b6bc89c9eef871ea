import Cryptography
import Timing
import WebhookVerifier

/// `tollgate replay`: sends stored events again, signed as their provider would.
enum ReplayCommand {
    static let command = Command(syntax: syntax, run: run)

    /// One command line without program and command name; returns the exit code.
    static func run(arguments words: [String], terminal: Terminal = .standard) -> Int32 {
        CommandLineTool.run(["replay"] + words, terminal: terminal)
    }

    static let syntax = CommandSyntax(
        "replay",
        summary: "send stored events to a webhook endpoint, freshly signed",
        details: [
            "Each .json file holds one event or a list of events, each line of a .jsonl file one. Of a folder all",
            "such files are sent in order of their names; those that hold no event are left out and told.",
            "",
            "Every delivery is signed when it is sent, in the profile's own header format. An event that is sent",
            "again, by --repeat or --duplicate, keeps its id, so the receiver must know it for a duplicate;",
            "--fresh-ids gives every event of every repetition a new one.",
            "",
            "Exit code 0 when every delivery was answered with 2xx, 1 when one was not, 69 when nobody listens.",
            "",
            "  export STRIPE_WEBHOOK_SECRET=whsec_…",
            "  tollgate replay Fixtures/scenarios --to http://127.0.0.1:8480/webhooks/stripe \\",
            "    --secret-env STRIPE_WEBHOOK_SECRET --shuffle 7 --duplicate 10",
        ],
        operands: .oneOrMore("FILES", "files or folders with events"),
        options: [.value("--to", "URL", "the endpoint: http://HOST:PORT/webhooks/NAME", isRequired: true)]
            + SigningOptions.all + [
                .value(
                    "--shuffle",
                    "SEED",
                    "send in an order drawn from this number, the same one each time"
                ),
                .value("--duplicate", "PERCENT", "send that share of the deliveries twice, 0 to 100"),
                .value("--repeat", "N", "send everything N times"),
                .flag("--fresh-ids", "give events new ids, so that none is a duplicate of an earlier run"),
                .value("--rate", "PER_SECOND", "deliveries a second; as fast as answers come unless given"),
                .value(
                    "--connections",
                    "N",
                    "connections to send over; 1 unless given, which keeps the order"
                ),
            ]
    )

    private static func run(_ arguments: ParsedArguments, _ terminal: Terminal) throws(CommandFailure)
        -> Int32
    {
        let target = try target(arguments)
        let signing = try SigningOptions.configuration(arguments, publicURL: target.url, terminal)
        let seed = try arguments.integer("--shuffle", in: 0...Int.max)
        let duplicatePercent = try arguments.integer("--duplicate", in: 0...100) ?? 0
        let repetitions = try arguments.integer("--repeat", in: 1...1_000_000) ?? 1
        let rate = try arguments.integer("--rate", in: 1...1_000_000)
        let connections = try arguments.integer("--connections", in: 1...1024) ?? 1
        let renews = arguments.has("--fresh-ids")
        if renews, !EventFreshener.canRenew(signing.profile) {
            throw CommandFailure(
                "--fresh-ids: the events of profile \(signing.profile.name) have no single id that could be renewed",
                exitCode: ExitCode.usage
            )
        }

        let files = try EventFiles(arguments.operands, profile: signing.profile)
        if !files.skipped.isEmpty { terminal.note(Self.skippedNote(files.skipped)) }
        guard files.events.count <= 50_000_000 / repetitions else {
            throw CommandFailure("--repeat: more than 50,000,000 deliveries", exitCode: ExitCode.usage)
        }
        let plan = DeliveryPlan(
            eventCount: files.events.count,
            repetitions: repetitions,
            duplicatePercent: duplicatePercent,
            shuffles: seed != nil,
            random: RandomSource(seed: UInt64(seed ?? 0))
        )
        let replayer = Replayer(
            events: files.events,
            plan: plan,
            target: target,
            signing: signing,
            connections: connections,
            ratePerSecond: rate,
            runMark: renews ? Hex.encode(SecretRandom.bytes(count: 4)) : nil
        )
        var progress = ReplayProgress(terminal)
        let outcome = try replayer.run { done, planned in progress.show(done: done, planned: planned) }
        progress.end()
        let lines = outcome.tally.summary(
            planned: plan.deliveries.count,
            connections: min(connections, plan.deliveries.count),
            elapsed: outcome.elapsedNanoseconds
        )
        for line in lines { terminal.line(line) }
        if let reason = outcome.abortReason {
            throw CommandFailure("gave up: \(reason)", exitCode: ExitCode.unavailable)
        }
        if outcome.tally.answersByStatus[401] != nil {
            terminal.note("  401: the secret is not that of the endpoint, or the clocks differ")
        }
        return outcome.tally.isAllAccepted ? ExitCode.success : ExitCode.failure
    }

    private static func target(_ arguments: ParsedArguments) throws(CommandFailure) -> ReplayTarget {
        guard let url = arguments.value("--to") else {
            throw CommandFailure(
                "--to is missing",
                hint: "where to send: --to http://127.0.0.1:8480/webhooks/NAME",
                exitCode: ExitCode.usage
            )
        }
        return try ReplayTarget(url)
    }

    private static func skippedNote(_ places: [String]) -> String {
        let shown = places.prefix(3).map(printable).joined(separator: ", ")
        let more = places.count > 3 ? " and \(places.count - 3) more" : ""
        return "left out, they hold no event: \(shown)\(more)"
    }
}
