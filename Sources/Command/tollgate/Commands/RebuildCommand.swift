import HTTPServer
import JSON

/// `tollgate rebuild`: makes typed rows anew from the mirrored objects, and tells what differed.
enum RebuildCommand {
    static let command = Command(syntax: syntax, run: run)

    private static let syntax = CommandSyntax(
        "rebuild",
        summary: "make every typed row anew from the mirrored objects, and tell what differed",
        details: [
            "Asks nobody outside. Needed after an upgrade that says so; else nothing should differ.",
            "Exit code 0: nothing differed, or all was mended. 1: a dry run found differences.",
        ],
        options: [
            .flag("--dry-run", "only tell; write nothing"),
            .flag("--json", "print the result as JSON instead of a table"),
        ] + StoreClient.options
    )

    private static func run(_ arguments: ParsedArguments, _ terminal: Terminal) throws(CommandFailure)
        -> Int32
    {
        let isDry = arguments.has("--dry-run")
        let client = try StoreClient(arguments)
        var tally = RebuildTally()
        var progress = StepProgress(terminal)
        var cursor: String?
        repeat {
            let step = try client.call(.post, "/v1/rebuilds", body: body(isDry: isDry, cursor: cursor))
            tally.add(step)
            cursor = step["next_cursor"]?.string
            progress.show(percent: Int(step["done_percent"]?.integer ?? 0), tally.counts)
        } while cursor != nil
        progress.end()
        let exitCode = isDry && tally.differing > 0 ? ExitCode.failure : ExitCode.success
        if arguments.has("--json") {
            terminal.bytes(tally.json(isDry: isDry))
            return exitCode
        }
        for line in tally.table { terminal.line(line) }
        terminal.note(tally.summary(isDry: isDry))
        return exitCode
    }

    private static func body(isDry: Bool, cursor: String?) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("mode", isDry ? "dry_run" : "apply")
        if let cursor { writer.field("cursor", cursor) }
        writer.endObject()
        return writer.bytes
    }
}

/// What the steps of one rebuild found, together.
struct RebuildTally {
    private struct Place: Hashable {
        let table: String
        let field: String?
    }

    private(set) var compared: Int64 = 0
    private(set) var differing: Int64 = 0
    private var pending: Int64 = 0
    private var unreadable: Int64 = 0
    private var found: [Place: (rows: Int64, example: String?)] = [:]

    mutating func add(_ step: JSONValue) {
        compared += step["compared"]?.integer ?? 0
        differing += step["differing_rows"]?.integer ?? 0
        pending += step["pending"]?.integer ?? 0
        unreadable += step["unreadable"]?.integer ?? 0
        guard let differences = step["differences"] else { return }
        for difference in differences.elements {
            let place = Place(table: text(difference["table"]), field: difference["field"]?.string)
            let before = found[place]
            found[place] = (
                (before?.rows ?? 0) + (difference["rows"]?.integer ?? 0),
                before?.example ?? difference["example"]?.string
            )
        }
    }

    private var places: [(Place, (rows: Int64, example: String?))] {
        found.map { ($0.key, $0.value) }.sorted {
            ($0.0.table, $0.0.field ?? "") < ($1.0.table, $1.0.field ?? "")
        }
    }

    var counts: String { "\(compared) objects compared, \(differing) rows differ" }

    /// Empty when nothing differed.
    var table: [String] {
        guard !found.isEmpty else { return [] }
        var table = TextTable([("TABLE", .left), ("FIELD", .left), ("ROWS", .right), ("EXAMPLE", .left)])
        for (place, count) in places {
            table.add([
                place.table, place.field ?? "(whole row)", String(count.rows), count.example ?? "-",
            ])
        }
        return table.lines
    }

    func summary(isDry: Bool) -> String {
        var text = "\(compared) objects compared: "
        switch (differing, isDry) {
        case (0, _): text += "nothing differs"
        // What customers derive from rows that differ is compared with those rows as they are.
        case (_, true): text += "\(differing) rows differ, derived ones counted as well; nothing was written"
        case (_, false): text += "\(differing) rows differed and were made anew"
        }
        if pending > 0 { text += "; \(pending) left alone, because changes of them are owed" }
        if unreadable > 0 { text += "; \(unreadable) without readable JSON" }
        return text
    }

    func json(isDry: Bool) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("mode", isDry ? "dry_run" : "apply")
        writer.field("compared", compared)
        writer.field("pending", pending)
        writer.field("unreadable", unreadable)
        writer.field("differing_rows", differing)
        writer.key("differences")
        writer.beginArray()
        for (place, count) in places {
            writer.beginObject()
            writer.field("table", place.table)
            writer.field("field", place.field)
            writer.field("rows", count.rows)
            writer.field("example", count.example)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.bytes + [UInt8(ascii: "\n")]
    }
}
