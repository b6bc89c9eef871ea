import Gateway

/// Finds the command that the words name, and runs it.
enum CommandLineTool {
    static let version = "0.1.0"

    static var commands: [Command] {
        [
            ServeCommand.command, CheckCommand.command, DemoCommand.command, ReplayCommand.command,
            SignCommand.command, SandboxCommand.command,
        ] + InboxCommands.all + OutboxCommands.all + KeyCommands.all + ReconcileCommands.all + [
            RebuildCommand.command
        ]
    }

    /// Runs one command line, without the program's name, and returns the exit code.
    static func run(_ words: [String], terminal: Terminal = .standard) -> Int32 {
        do throws(CommandFailure) {
            return try dispatch(words, terminal)
        } catch {
            terminal.failure(error)
            return error.exitCode
        }
    }

    private static func dispatch(_ words: [String], _ terminal: Terminal) throws(CommandFailure) -> Int32 {
        switch words.first {
        case nil:
            for line in overview { terminal.note(line) }
            return ExitCode.usage
        case "help", "--help", "-h":
            try help(Array(words.dropFirst()), terminal)
            return ExitCode.success
        case "--version", "version":
            terminal.line("tollgate \(version)")
            return ExitCode.success
        default:
            if words.count == 2, ["--help", "-h"].contains(words[1]) {
                try help([words[0]], terminal)
                return ExitCode.success
            }
            let (command, rest) = try find(words)
            let arguments = try ParsedArguments(rest, for: command.syntax)
            if arguments.wantsHelp {
                for line in command.syntax.helpLines { terminal.line(line) }
                return ExitCode.success
            }
            return try command.run(arguments, terminal)
        }
    }

    private static func help(_ words: [String], _ terminal: Terminal) throws(CommandFailure) {
        guard !words.isEmpty else {
            for line in overview { terminal.line(line) }
            return
        }
        let members = commands.filter { $0.syntax.name.hasPrefix(words.joined(separator: " ") + " ") }
        let name = words.joined(separator: " ")
        if !members.isEmpty, !commands.contains(where: { $0.syntax.name == name }) {
            for line in list(of: members) { terminal.line(line) }
            return
        }
        let (command, _) = try find(words)
        for line in command.syntax.helpLines { terminal.line(line) }
        guard !members.isEmpty, command.syntax.name == name else { return }
        terminal.line()
        for line in list(of: members) { terminal.line(line) }
    }

    /// The command whose name the first one or two words are.
    private static func find(_ words: [String]) throws(CommandFailure) -> (Command, [String]) {
        for count in [2, 1] {
            let name = words.prefix(count).joined(separator: " ")
            if let command = commands.first(where: { $0.syntax.name == name }) {
                return (command, Array(words.dropFirst(count)))
            }
        }
        let first = words[0]
        let names = commands.map(\.syntax.name)
        let members = names.filter { $0.hasPrefix(first + " ") }
        if !members.isEmpty {
            let verbs = members.map { String($0.dropFirst(first.count + 1)) }
            let meant = words.count > 1 ? NameSuggestion.hint(for: words[1], among: verbs) : nil
            throw CommandFailure(
                "\(first) wants one of: \(verbs.joined(separator: ", "))" + (meant.map { "; \($0)" } ?? ""),
                hint: "tollgate help \(first) tells more",
                exitCode: ExitCode.usage
            )
        }
        let firstWords = names.map { String($0.prefix { $0 != " " }) } + ["help"]
        let meant = NameSuggestion.hint(for: first, among: firstWords).map { "; \($0)" } ?? ""
        throw CommandFailure(
            "unknown command \"\(printable(first))\"\(meant)",
            hint: "tollgate help lists the commands",
            exitCode: ExitCode.usage
        )
    }

    private static var overview: [String] {
        ["Tollgate receives payment webhooks durably and keeps what they tell readable.", ""]
            + list(of: commands) + [
                "", "tollgate help COMMAND tells what a command takes; tollgate --version its version.",
            ]
    }

    private static func list(of commands: [Command]) -> [String] {
        let width = commands.reduce(0) { max($0, $1.syntax.name.count) }
        return commands.map { command in
            let name = command.syntax.name
            let padding = String(repeating: " ", count: width - name.count + 2)
            return "  \(name)\(padding)\(command.syntax.summary)"
        }
    }
}
