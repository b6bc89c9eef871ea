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
            ("ID", .left), ("RECEIVED", .left), ("STATE", .left), ("TRIES", .right), ("TYPE", .left),
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
        options: [.flag("--body", "print the body that was signed, and nothing else"), json]
            + StoreClient.options
    )

    private static func show(_ arguments: ParsedArguments, _ terminal: Terminal) throws(CommandFailure)
        -> Int32
    {
        let client = try StoreClient(arguments)
        let path = "/v1/webhook_events/\(percentEncoded(arguments.operands[0]))"
        let wantsBody = arguments.has("--body")
        let event = try client.call(.get, path, query: wantsBody ? [("expand", "body")] : [])
        if wantsBody {
            guard let body = event["body"], !body.isNull else {
                if event["has_body"]?.boolean == true {
                    throw CommandFailure("the body is not JSON: --json shows it in base 64")
                }
                throw CommandFailure(
                    "the body was removed when its time was over (retention.event_bodies_days)"
                )
            }
            terminal.bytes(body.rawBytes + [UInt8(ascii: "\n")])
            return ExitCode.success
        }
        if arguments.has("--json") {
            terminal.bytes(event.rawBytes + [UInt8(ascii: "\n")])
            return ExitCode.success
        }
        for line in Fields.lines(of: event) { terminal.line(line) }
        return ExitCode.success
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
            let client = try StoreClient(arguments)
            var exitCode = ExitCode.success
            for id in arguments.operands {
                do throws(CommandFailure) {
                    let event = try client.call(.post, "/v1/webhook_events/\(percentEncoded(id))/\(verb)")
                    terminal.line("\(printable(id)): \(text(event["state"]))")
                } catch {
                    // One that is refused does not keep the others waiting.
                    terminal.note("\(printable(id)): \(error.message)")
                    exitCode = error.exitCode
                }
            }
            return exitCode
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
