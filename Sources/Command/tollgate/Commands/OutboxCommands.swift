import HTTPServer
import JSON

/// `tollgate outbox …`: what is owed to providers; decide about dead letters, and hold a connection's queue.
///
/// The words for states and kinds are the API's own: it names those that there are when it is given another.
enum OutboxCommands {
    static let all = [
        Command(syntax: listSyntax, run: list), Command(syntax: showSyntax, run: show), act("retry"),
        act("discard"), connection("pause"), connection("resume"),
    ]

    private static let json = OptionSyntax.flag("--json", "print the API's JSON instead of a table")

    // MARK: list

    private static let states = ["queued", "sent", "acknowledged", "done", "dead"]

    private static let listSyntax = CommandSyntax(
        "outbox list",
        summary: "list what is owed to providers, newest first, and which connections stand still",
        options: [
            .value("--state", "STATE", "only these: \(states.joined(separator: ", "))"),
            .value("--kind", "KIND", "only these, as update_customer"),
            .value("--connection", "NAME", "only those of this connection"),
            .value("--customer", "ID", "only those of this customer (cst_…) and what waits for it"),
            .value("--limit", "N", "at most so many, 20 unless given"), json,
        ] + StoreClient.options
    )

    private static func list(_ arguments: ParsedArguments, _ terminal: Terminal) throws(CommandFailure)
        -> Int32
    {
        let limit = try arguments.integer("--limit", in: 1...100_000) ?? 20
        let state = try arguments.choice("--state", among: states)
        var filters = state.map { [(name: "state", value: $0)] } ?? []
        for (option, name) in [
            ("--kind", "kind"), ("--connection", "connection"), ("--customer", "customer_id"),
        ] {
            if let value = arguments.value(option) { filters.append((name, value)) }
        }
        let client = try StoreClient(arguments)
        let list = try FetchedList(client, "/v1/outbox", filters, limit: limit)
        if arguments.has("--json") {
            terminal.bytes(list.json)
            return ExitCode.success
        }
        if list.rows.isEmpty {
            terminal.note("no such operations")
        } else {
            var table = TextTable([
                ("ID", .left), ("CREATED", .left), ("CONNECTION", .left), ("KIND", .left), ("OBJECT", .left),
                ("STATE", .left), ("TRIES", .right), ("NEXT TRY", .left), ("REASON", .left),
            ])
            for operation in list.rows {
                let object =
                    operation["object_id"].flatMap { $0.isNull ? nil : $0 } ?? operation["provider_id"]
                table.add([
                    text(operation["id"]), text(operation["created_at"]), text(operation["connection"]),
                    text(operation["kind"]), text(object), text(operation["state"]),
                    text(operation["attempts"]), nextTry(operation),
                    text(operation["reason"]),
                ])
            }
            for line in table.lines { terminal.line(line) }
        }
        if list.hasMore { terminal.note("there are more: --limit shows them") }
        try noteStandstills(client, terminal)
        return ExitCode.success
    }

    private static func nextTry(_ operation: JSONValue) -> String {
        if let first = operation["waits_for"]?.string { return "after \(first)" }
        return text(operation["next_attempt_at"])
    }

    /// Why nothing goes out, where that is so.
    private static func noteStandstills(_ client: StoreClient, _ terminal: Terminal) throws(CommandFailure) {
        let connections = try client.call(.get, "/v1/connections")
        guard let data = connections["data"] else { return }
        for connection in data.elements {
            let name = printable(text(connection["name"]))
            if let pauses = connection["pauses"] {
                for pause in pauses.elements {
                    let message = pause["message"]?.string.map { ": \($0)" } ?? ""
                    terminal.note(
                        "\(name) is paused since \(text(pause["since"])) (\(text(pause["reason"])))"
                            + printable(message)
                    )
                }
            }
            if let breaker = connection["breaker"]?.string, breaker != "closed" {
                terminal.note("\(name): the breaker is \(breaker) since \(text(connection["breaker_since"]))")
            }
        }
    }

    // MARK: show

    private static let showSyntax = CommandSyntax(
        "outbox show",
        summary: "show one operation",
        operands: .one("ID", "its id (obx_…)"),
        options: [json] + StoreClient.options
    )

    private static func show(_ arguments: ParsedArguments, _ terminal: Terminal) throws(CommandFailure)
        -> Int32
    {
        let client = try StoreClient(arguments)
        let operation = try client.call(.get, "/v1/outbox/\(percentEncoded(arguments.operands[0]))")
        if arguments.has("--json") {
            terminal.bytes(operation.rawBytes + [UInt8(ascii: "\n")])
            return ExitCode.success
        }
        for line in Fields.lines(of: operation) { terminal.line(line) }
        return ExitCode.success
    }

    // MARK: retry, discard

    private static let summaries = [
        "retry": "try dead operations again, or waiting ones at once",
        "discard": "give operations up that are dead or were never sent",
        "pause": "hold what goes to a connection's provider; changes queue up",
        "resume": "let a connection's queue go on, whatever held it",
    ]

    private static func act(_ verb: String) -> Command {
        let syntax = CommandSyntax(
            "outbox \(verb)",
            summary: summaries[verb] ?? "",
            operands: .oneOrMore("ID", "ids of operations (obx_…)"),
            options: StoreClient.options
        )
        return Command(syntax: syntax) { arguments, terminal throws(CommandFailure) in
            try StoreClient.forEachOperand(of: arguments, terminal) { client, id throws(CommandFailure) in
                text(try client.call(.post, "/v1/outbox/\(percentEncoded(id))/\(verb)")["state"])
            }
        }
    }

    // MARK: pause, resume

    private static func connection(_ verb: String) -> Command {
        let reason = OptionSyntax.value("--reason", "TEXT", "shown beside the pause")
        let syntax = CommandSyntax(
            "outbox \(verb)",
            summary: summaries[verb] ?? "",
            operands: .oneOrMore("CONNECTION", "names of connections, as configured"),
            options: (verb == "pause" ? [reason] : []) + StoreClient.options
        )
        return Command(syntax: syntax) { arguments, terminal throws(CommandFailure) in
            var body: [UInt8] = []
            if verb == "pause", let message = arguments.value("--reason") {
                var writer = JSONWriter()
                writer.beginObject()
                writer.field("message", message)
                writer.endObject()
                body = writer.bytes
            }
            return try StoreClient.forEachOperand(of: arguments, terminal) {
                client,
                name throws(CommandFailure) in
                let path = "/v1/connections/\(percentEncoded(name))/\(verb)"
                return try client.call(.post, path, body: body)["paused"]?.boolean == true
                    ? "paused" : "running"
            }
        }
    }
}
