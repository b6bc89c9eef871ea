import Gateway
import HTTPServer
import JSON

/// `tollgate reconcile …`: compare the store with the provider, and mend what differs.
///
/// The words for scopes and states are the API's own: it names those that there are when it is given another.
enum ReconcileCommands {
    static let all = [
        Command(syntax: startSyntax, run: start), Command(syntax: listSyntax, run: list),
        Command(syntax: showSyntax, run: show), act("pause"), act("resume"), act("cancel"),
    ]

    /// The run failed, or did not come to its end.
    static let notDone: Int32 = 2
    /// As shells tell it of a program that Ctrl-C ended.
    private static let interrupted: Int32 = 130
    private static let shownFindings = 20

    private static let json = OptionSyntax.flag("--json", "print the API's JSON instead of a table")

    // MARK: reconcile

    private static let scopes = [
        "customers", "subscriptions", "checkout_sessions", "invoices", "products", "prices",
        "payment_methods",
        "all",
    ]
    private static let states = [
        "planned", "running", "paused", "completed", "incomplete", "failed", "cancelled",
    ]

    private static let startSyntax = CommandSyntax(
        "reconcile",
        summary: "compare the store with the provider, and mend what differs",
        details: [
            "Scopes: \(scopes.joined(separator: ", ")).",
            "Repair pulls: what the provider shows is what the store says afterwards; only changes that the",
            "outbox owes go out. A killed or stopped server goes on with the run where it was.",
            "",
            "Exit code 0: nothing differs within the scope, or all was mended. 1: differences are left (in a",
            "dry run those that were found; else what is still on its way). 2: failed, incomplete, cancelled",
            "or refused. 69: no server runs. 130: Ctrl-C; the run goes on.",
        ],
        operands: .atMostOne("SCOPE", "what is compared; all unless given"),
        options: [
            .value("--connection", "NAME", "whose provider is asked; needed where there are several"),
            .flag("--dry-run", "only tell; write nothing but the findings"),
            .value(
                "--customer",
                "ID",
                "one customer with everything below it: our id, the provider's or yours"
            ),
            .value(
                "--created-since",
                "TIME",
                "only what the provider made since then (2026-11-01 or RFC 3339)"
            ),
            .flag("--no-wait", "order it and return"), json,
        ] + StoreClient.options
    )

    private static func start(_ arguments: ParsedArguments, _ terminal: Terminal) throws(CommandFailure)
        -> Int32
    {
        let body = try order(arguments)
        let client = try StoreClient(arguments)
        guard client.isServer else {
            throw CommandFailure(
                "no server runs on this store, and only a server talks to the provider",
                hint: "start it with tollgate serve, then try again",
                exitCode: ExitCode.unavailable
            )
        }
        let run: RunView
        do throws(CommandFailure) {
            run = RunView(json: try client.call(.post, "/v1/reconciliations", body: body))
        } catch {
            // 1 would say that differences are left.
            let exitCode = error.exitCode == ExitCode.failure ? notDone : error.exitCode
            throw CommandFailure(error.message, hint: error.hint, exitCode: exitCode)
        }
        if arguments.has("--no-wait") {
            if arguments.has("--json") {
                terminal.bytes(run.json.rawBytes + [UInt8(ascii: "\n")])
            } else {
                terminal.line(run.id)
                terminal.note("tollgate reconcile show \(run.id) --follow watches it")
            }
            return ExitCode.success
        }
        return try follow(run.id, client, arguments, terminal)
    }

    private static func order(_ arguments: ParsedArguments) throws(CommandFailure) -> [UInt8] {
        func wrong(_ message: String) -> CommandFailure {
            CommandFailure(
                "reconcile: \(message)",
                hint: "usage: \(startSyntax.usage)",
                exitCode: ExitCode.usage
            )
        }
        let customer = arguments.value("--customer")
        let scope = arguments.operands.first
        if let scope {
            guard customer == nil else {
                throw wrong("--customer is a scope of its own: leave \(printable(scope)) out")
            }
            if scope == "customer" {
                throw wrong("name the customer: tollgate reconcile --customer ID")
            }
            guard scopes.contains(scope) else {
                let words = scopes + ["list", "show", "pause", "resume", "cancel"]
                let meant = NameSuggestion.hint(for: scope, among: words).map { "; \($0)" } ?? ""
                throw wrong("there is no scope \"\(printable(scope))\"\(meant)")
            }
        }
        var writer = JSONWriter()
        writer.beginObject()
        if let customer {
            writer.field("customer_id", customer)
        } else {
            writer.field("scope", scope ?? "all")
        }
        writer.field("mode", arguments.has("--dry-run") ? "dry_run" : "apply")
        if let since = arguments.value("--created-since") {
            // A day alone is its beginning in UTC.
            writer.field("created_since", since.utf8.count == 10 ? since + "T00:00:00Z" : since)
        }
        if let connection = arguments.value("--connection") { writer.field("connection", connection) }
        writer.endObject()
        return writer.bytes
    }

    private static func follow(
        _ id: String,
        _ client: StoreClient,
        _ arguments: ParsedArguments,
        _ terminal: Terminal
    ) throws(CommandFailure) -> Int32 {
        switch try RunFollower(client: client, terminal: terminal).follow(id) {
        case .over(let run):
            try tell(run, client, arguments, terminal)
            return run.exitCode
        case .paused(let run):
            terminal.note("\(run.id) is paused; tollgate reconcile resume \(run.id) lets it go on")
            return notDone
        case .left:
            terminal.note("the run goes on: tollgate reconcile show \(id) --follow watches it,")
            terminal.note("tollgate reconcile cancel \(id) ends it")
            return interrupted
        }
    }

    /// Differences to standard output, what is said of them beside it.
    private static func tell(
        _ run: RunView,
        _ client: StoreClient,
        _ arguments: ParsedArguments,
        _ terminal: Terminal,
        limit: Int = shownFindings
    ) throws(CommandFailure) {
        if arguments.has("--json") {
            terminal.bytes(run.json.rawBytes + [UInt8(ascii: "\n")])
            return
        }
        let path = "/v1/reconciliations/\(percentEncoded(run.id))/findings"
        let findings = try FetchedList(client, path, [], limit: limit)
        for line in RunView.table(findings.rows) { terminal.line(line) }
        if findings.hasMore {
            let total = run.json["findings"]?.integer ?? 0
            terminal.note(
                "and \(grouped(total - Int64(findings.rows.count))) more: "
                    + "tollgate reconcile show \(run.id) --jsonl prints all"
            )
        }
        for line in run.summary { terminal.note(line) }
    }

    // MARK: list

    private static let listSyntax = CommandSyntax(
        "reconcile list",
        summary: "list reconciliations, newest first",
        options: [
            .value("--state", "STATE", "only these: \(states.joined(separator: ", "))"),
            .value("--scope", "SCOPE", "only these, as customers"),
            .value("--connection", "NAME", "only those of this connection"),
            .value("--limit", "N", "at most so many, 20 unless given"), json,
        ] + StoreClient.options
    )

    private static func list(_ arguments: ParsedArguments, _ terminal: Terminal) throws(CommandFailure)
        -> Int32
    {
        let limit = try arguments.integer("--limit", in: 1...100_000) ?? 20
        let state = try arguments.choice("--state", among: states)
        let scope = try arguments.choice("--scope", among: scopes + ["customer"])
        var filters: [(name: String, value: String)] = []
        for (name, value) in [
            ("state", state), ("scope", scope), ("connection", arguments.value("--connection")),
        ] {
            if let value { filters.append((name, value)) }
        }
        let list = try FetchedList(StoreClient(arguments), "/v1/reconciliations", filters, limit: limit)
        if arguments.has("--json") {
            terminal.bytes(list.json)
            return ExitCode.success
        }
        guard !list.rows.isEmpty else {
            terminal.note("no such reconciliations")
            return ExitCode.success
        }
        var table = TextTable([
            ("ID", .left), ("ORDERED", .left), ("CONNECTION", .left), ("SCOPE", .left), ("MODE", .left),
            ("BY", .left), ("STATE", .left), ("SEEN", .right), ("DIFFER", .right), ("FAILED", .right),
        ])
        for row in list.rows {
            let run = RunView(json: row)
            table.add([
                run.id, text(row["created_at"]), text(row["connection"]), text(row["scope"]),
                text(row["mode"]),
                text(row["trigger"]), run.state, grouped(run.seen), grouped(run.differences),
                grouped(run.counter("failed")),
            ])
        }
        for line in table.lines { terminal.line(line) }
        if list.hasMore { terminal.note("there are more: --limit shows them") }
        return ExitCode.success
    }

    // MARK: show

    private static let showSyntax = CommandSyntax(
        "reconcile show",
        summary: "show one reconciliation and what it found",
        details: ["Exit codes of a run that is over are those of tollgate reconcile."],
        operands: .one("ID", "its id (rec_…)"),
        options: [
            .flag("--follow", "watch it until it is over"),
            .flag("--jsonl", "print all findings, one JSON object a line, and nothing else"),
            .value("--limit", "N", "at most so many findings in the table, \(shownFindings) unless given"),
            json,
        ] + StoreClient.options
    )

    private static func show(_ arguments: ParsedArguments, _ terminal: Terminal) throws(CommandFailure)
        -> Int32
    {
        let limit = try arguments.integer("--limit", in: 1...100_000) ?? shownFindings
        let client = try StoreClient(arguments)
        let id = arguments.operands[0]
        let path = "/v1/reconciliations/\(percentEncoded(id))"
        if arguments.has("--jsonl") {
            try printLines(client, path + "/findings", terminal)
            return ExitCode.success
        }
        if arguments.has("--follow") { return try follow(id, client, arguments, terminal) }
        let run = RunView(json: try client.call(.get, path))
        try tell(run, client, arguments, terminal, limit: limit)
        if !run.isOver, !arguments.has("--json") { terminal.note(run.line(RunSpeed())) }
        return run.isOver ? run.exitCode : ExitCode.success
    }

    /// Page by page, so that a million findings need no more memory than a hundred.
    private static func printLines(_ client: StoreClient, _ path: String, _ terminal: Terminal)
        throws(CommandFailure)
    {
        var cursor: String?
        repeat {
            var query = [(name: "limit", value: "100")]
            if let cursor { query.append(("cursor", cursor)) }
            let page = try client.call(.get, path, query: query)
            var lines: [UInt8] = []
            if let data = page["data"] {
                for finding in data.elements { lines += finding.rawBytes + [UInt8(ascii: "\n")] }
            }
            terminal.bytes(lines)
            cursor = page["next_cursor"]?.string
        } while cursor != nil
    }

    // MARK: pause, resume, cancel

    private static let summaries = [
        "pause": "hold reconciliations where they are",
        "resume": "let paused reconciliations go on",
        "cancel": "end reconciliations; what was mended stays so",
    ]

    private static func act(_ verb: String) -> Command {
        let syntax = CommandSyntax(
            "reconcile \(verb)",
            summary: summaries[verb] ?? "",
            operands: .oneOrMore("ID", "ids of reconciliations (rec_…)"),
            options: StoreClient.options
        )
        return Command(syntax: syntax) { arguments, terminal throws(CommandFailure) in
            try StoreClient.forEachOperand(of: arguments, terminal) { client, id throws(CommandFailure) in
                text(try client.call(.post, "/v1/reconciliations/\(percentEncoded(id))/\(verb)")["state"])
            }
        }
    }
}
