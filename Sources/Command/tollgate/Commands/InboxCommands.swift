import Cryptography
import HTTPServer
import Inbox
import JSON

/// `tollgate inbox …`: look at stored events, and decide about dead letters.
enum InboxCommands {
    static let all = [
        Command(syntax: listSyntax, run: list), Command(syntax: showSyntax, run: show), act("retry"),
        act("discard"),
        act("replay"),
    ]

    private static let json = OptionSyntax.flag("--json", "print the API's JSON instead of a table")

    // MARK: list

    private static let listSyntax = CommandSyntax(
        "inbox list",
        summary: "list stored events, newest first",
        options: [
            .value(
                "--state",
                "STATE",
                "only these: \(InboxState.allCases.map(\.rawValue).joined(separator: ", "))"
            ),
            .value("--type", "TYPE", "only these, as customer.created"),
            .value("--endpoint", "NAME", "only those that arrived there"),
            .value("--connection", "NAME", "only those of this connection"),
            .value("--limit", "N", "at most so many, 20 unless given"), json,
        ] + StoreClient.options
    )

    private static func list(_ arguments: ParsedArguments, _ terminal: Terminal) throws(CommandFailure)
        -> Int32
    {
        let limit = try arguments.integer("--limit", in: 1...100_000) ?? 20
        let state = try arguments.choice("--state", among: InboxState.allCases.map(\.rawValue))
        var filters = state.map { [(name: "state", value: $0)] } ?? []
        for name in ["type", "endpoint", "connection"] {
            if let value = arguments.value("--\(name)") { filters.append((name, value)) }
        }
        let client = try StoreClient(arguments)
        let list = try FetchedList(client, "/v1/webhook_events", filters, limit: limit)
        if arguments.has("--json") {
            terminal.bytes(list.json)
            return ExitCode.success
        }
        guard !list.rows.isEmpty else {
            terminal.note("no such events")
            return ExitCode.success
        }
        var table = TextTable([
            ("ID", .left), ("RECEIVED", .left), ("STATE", .left), ("FAILED", .right), ("TYPE", .left),
            ("PROVIDER'S ID", .left), ("REASON", .left),
        ])
        for event in list.rows {
            table.add([
                text(event["id"]), text(event["received_at"]), text(event["state"]), text(event["attempts"]),
                text(event["type"]), text(event["provider_event_id"]), text(event["reason"]),
            ])
        }
        for line in table.lines { terminal.line(line) }
        if list.hasMore { terminal.note("there are more: --limit shows them") }
        return ExitCode.success
    }

    // MARK: show

    private static let showSyntax = CommandSyntax(
        "inbox show",
        summary: "show one stored event",
        operands: .one("ID", "our id (whe_…) or the provider's"),
        options: [
            .flag("--body", "print the body that was signed, and nothing else; with --json as part of it"),
            json,
        ] + StoreClient.options
    )

    private static func show(_ arguments: ParsedArguments, _ terminal: Terminal) throws(CommandFailure)
        -> Int32
    {
        let client = try StoreClient(arguments)
        let path = "/v1/webhook_events/\(percentEncoded(arguments.operands[0]))"
        let wantsBody = arguments.has("--body")
        let event = try client.call(.get, path, query: wantsBody ? [("expand", "body")] : [])
        if arguments.has("--json") {
            terminal.bytes(event.rawBytes + [UInt8(ascii: "\n")])
            return ExitCode.success
        }
        if wantsBody {
            terminal.bytes(try body(of: event) + [UInt8(ascii: "\n")])
            return ExitCode.success
        }
        for line in Fields.lines(of: event) { terminal.line(line) }
        return ExitCode.success
    }

    /// The bytes that were signed, also those that are no JSON: why an event died is to be seen in them.
    private static func body(of event: JSONValue) throws(CommandFailure) -> [UInt8] {
        if let body = event["body"], !body.isNull { return body.rawBytes }
        guard let text = event["body_base64"]?.string, let bytes = Base64.decode(text) else {
            throw CommandFailure("the body was removed when its time was over (retention.event_bodies_days)")
        }
        return bytes
    }

    // MARK: retry, discard, replay

    private static let summaries = [
        "retry": "try dead letters again", "discard": "give dead letters up",
        "replay": "apply stored events once more, whatever became of them",
    ]

    private static func act(_ verb: String) -> Command {
        let syntax = CommandSyntax(
            "inbox \(verb)",
            summary: summaries[verb] ?? "",
            operands: .oneOrMore("ID", "our ids (whe_…) or the provider's"),
            options: StoreClient.options
        )
        return Command(syntax: syntax) { arguments, terminal throws(CommandFailure) in
            try StoreClient.forEachOperand(of: arguments, terminal) { client, id throws(CommandFailure) in
                text(try client.call(.post, "/v1/webhook_events/\(percentEncoded(id))/\(verb)")["state"])
            }
        }
    }
}

/// A value as a table shows it: text and numbers as they are, nothing as `-`.
func text(_ value: JSONValue?) -> String {
    guard let value else { return "-" }
    switch value.kind {
    case .null: return "-"
    case .boolean: return value.boolean == true ? "yes" : "no"
    case .string: return value.string ?? ""
    case .number: return value.numberText ?? ""
    case .array: return value.elements.map { text($0) }.joined(separator: ",")
    case .object: return String(decoding: value.rawBytes, as: UTF8.self)
    }
}

/// One object as lines of `name  value`.
enum Fields {
    static func lines(of object: JSONValue) -> [String] {
        let members = Array(object.members)
        let width = members.reduce(0) { max($0, $1.key.count) }
        return members.map { key, value in
            key + String(repeating: " ", count: width - key.count + 2) + printable(text(value))
        }
    }
}
