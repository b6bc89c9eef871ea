import API
import BillingModel
import HTTPServer
import JSON

/// `tollgate keys …`: the bearer keys by which applications read.
enum KeyCommands {
    static let all = [
        Command(syntax: createSyntax, run: create), Command(syntax: listSyntax, run: list),
        Command(syntax: revokeSyntax, run: revoke),
    ]

    private static let json = OptionSyntax.flag("--json", "print the API's JSON instead")

    private static let createSyntax = CommandSyntax(
        "keys create",
        summary: "make a key; it is shown once and never again",
        details: ["Prints the key alone on standard output, and what it opens on standard error."],
        options: [
            .value("--mode", "MODE", "test or live", isRequired: true),
            .value("--site", "NAME", "a site that it opens, main unless given", mayRepeat: true),
            .value("--scopes", "LIST", "read, write, admin, with commas between; read unless given"),
            .value("--name", "TEXT", "what it is for"), json,
        ] + StoreClient.options
    )

    private static func create(_ arguments: ParsedArguments, _ terminal: Terminal) throws(CommandFailure)
        -> Int32
    {
        guard let mode = try arguments.choice("--mode", among: DataMode.allCases.map(\.rawValue)) else {
            throw CommandFailure(
                "keys create: --mode is missing",
                hint: "a key opens test data or live data: --mode test or --mode live",
                exitCode: ExitCode.usage
            )
        }
        let scopes = (arguments.value("--scopes") ?? "read").split(separator: ",").map(String.init)
        let known = APIScope.allCases.map(\.rawValue)
        guard !scopes.isEmpty, scopes.allSatisfy(known.contains) else {
            throw CommandFailure(
                "keys create: --scopes wants some of \(known.joined(separator: ","))",
                exitCode: ExitCode.usage
            )
        }
        let sites = arguments.values("--site")
        let body = createBody(
            name: arguments.value("--name"),
            mode: mode,
            sites: sites.isEmpty ? ["main"] : sites,
            scopes: scopes
        )
        let key = try StoreClient(arguments).call(.post, "/v1/api_keys", body: body)
        if arguments.has("--json") {
            terminal.bytes(key.rawBytes + [UInt8(ascii: "\n")])
            return ExitCode.success
        }
        terminal.note(
            "\(text(key["id"])): \(text(key["scopes"])) of \(mode) data, sites \(text(key["sites"]))"
        )
        terminal.note("keep it: it is not shown again")
        terminal.line(text(key["key"]))
        return ExitCode.success
    }

    private static func createBody(name: String?, mode: String, sites: [String], scopes: [String]) -> [UInt8]
    {
        var writer = JSONWriter()
        writer.beginObject()
        if let name { writer.field("name", name) }
        writer.field("mode", mode)
        writer.key("sites")
        writer.beginArray()
        for site in sites { writer.string(site) }
        writer.endArray()
        writer.key("scopes")
        writer.beginArray()
        for scope in scopes { writer.string(scope) }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    private static let listSyntax = CommandSyntax(
        "keys list",
        summary: "list keys, newest first; never the keys themselves",
        options: [json] + StoreClient.options
    )

    private static func list(_ arguments: ParsedArguments, _ terminal: Terminal) throws(CommandFailure)
        -> Int32
    {
        let page = try StoreClient(arguments).call(.get, "/v1/api_keys", query: [("limit", "100")])
        if arguments.has("--json") {
            terminal.bytes(page.rawBytes + [UInt8(ascii: "\n")])
            return ExitCode.success
        }
        var table = TextTable([
            ("ID", .left), ("BEGINS", .left), ("NAME", .left), ("MODE", .left), ("SITES", .left),
            ("SCOPES", .left),
            ("LAST USED", .left), ("REVOKED", .left),
        ])
        if let data = page["data"] {
            for key in data.elements {
                table.add([
                    text(key["id"]), text(key["prefix"]), text(key["name"]), text(key["mode"]),
                    text(key["sites"]),
                    text(key["scopes"]), text(key["last_used_at"]), text(key["revoked_at"]),
                ])
            }
        }
        guard !table.isEmpty else {
            terminal.note("no keys yet: tollgate keys create makes one")
            return ExitCode.success
        }
        for line in table.lines { terminal.line(line) }
        if page["has_more"]?.boolean == true { terminal.note("only the newest 100 are listed") }
        return ExitCode.success
    }

    private static let revokeSyntax = CommandSyntax(
        "keys revoke",
        summary: "take a key's power from it, at once and for ever",
        operands: .one("ID", "the key's id (key_…), as listed"),
        options: StoreClient.options
    )

    private static func revoke(_ arguments: ParsedArguments, _ terminal: Terminal) throws(CommandFailure)
        -> Int32
    {
        let id = arguments.operands[0]
        // A key in a path would stand in logs of proxies and shells.
        guard !id.hasPrefix("sk_") else {
            throw CommandFailure(
                "keys revoke wants the key's id (key_…), not the key",
                hint: "tollgate keys list shows the ids",
                exitCode: ExitCode.usage
            )
        }
        let key = try StoreClient(arguments).call(.delete, "/v1/api_keys/\(percentEncoded(id))")
        terminal.line("\(text(key["id"])): revoked \(text(key["revoked_at"]))")
        return ExitCode.success
    }
}
