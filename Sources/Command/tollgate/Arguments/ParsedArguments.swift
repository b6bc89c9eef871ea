import Gateway

/// A command's words after they were held against its syntax.
struct ParsedArguments: Sendable {
    private let syntax: CommandSyntax
    private var values: [String: [String]] = [:]
    let operands: [String]
    let wantsHelp: Bool

    /// `--name VALUE`, `--name=VALUE`, flags, operands in any order; after `--` everything is an operand.
    init(_ words: [String], for syntax: CommandSyntax) throws(CommandFailure) {
        self.syntax = syntax
        var operands: [String] = []
        var rest = words[...]
        var wantsHelp = false
        while let word = rest.popFirst() {
            if word == "--" {
                operands += rest
                break
            }
            guard word.hasPrefix("-"), word != "-" else {
                operands.append(word)
                continue
            }
            if word == "--help" || word == "-h" {
                wantsHelp = true
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            guard let option = syntax.options.first(where: { $0.name == name }) else {
                if name == "--help" { throw Self.failure("--help takes no value", syntax) }
                throw Self.unknown(name, syntax)
            }
            let value = try Self.value(
                of: option,
                inline: parts.count > 1 ? String(parts[1]) : nil,
                &rest,
                syntax
            )
            if values[name] != nil, !option.mayRepeat {
                throw Self.failure("\(name) stands twice", syntax)
            }
            values[name, default: []].append(value)
        }
        self.operands = operands
        self.wantsHelp = wantsHelp
        if !wantsHelp { try Self.check(operands, syntax) }
    }

    func has(_ flag: String) -> Bool {
        precondition(syntax.options.contains { $0.name == flag }, "only declared options are asked for")
        return values[flag] != nil
    }

    func value(_ name: String) -> String? {
        precondition(syntax.options.contains { $0.name == name }, "only declared options are asked for")
        return values[name]?.last
    }

    func values(_ name: String) -> [String] {
        precondition(syntax.options.contains { $0.name == name }, "only declared options are asked for")
        return values[name] ?? []
    }

    /// A whole number, written in digits only.
    func integer(_ name: String, in range: ClosedRange<Int>) throws(CommandFailure) -> Int? {
        guard let text = value(name) else { return nil }
        let isPlain = text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        guard isPlain, let number = Int(text), range.contains(number) else {
            throw Self.failure(
                "\(name) wants a whole number from \(range.lowerBound) to \(range.upperBound), not \"\(text)\"",
                syntax
            )
        }
        return number
    }

    /// One word of a few.
    func choice(_ name: String, among words: [String]) throws(CommandFailure) -> String? {
        guard let text = value(name) else { return nil }
        guard words.contains(text) else {
            let meant = NameSuggestion.hint(for: text, among: words).map { "; \($0)" } ?? ""
            throw Self.failure("\(name) wants one of \(words.joined(separator: ", "))\(meant)", syntax)
        }
        return text
    }

    private static func value(
        of option: OptionSyntax,
        inline: String?,
        _ rest: inout ArraySlice<String>,
        _ syntax: CommandSyntax
    ) throws(CommandFailure) -> String {
        guard let valueName = option.value else {
            guard inline == nil else { throw failure("\(option.name) takes no value", syntax) }
            return ""
        }
        if let inline { return inline }
        // A value that begins with two dashes is more likely a forgotten one: write --name=--value for it.
        guard let next = rest.first, !next.hasPrefix("--") else {
            throw failure("\(option.name) wants a value: \(option.name) \(valueName)", syntax)
        }
        rest.removeFirst()
        return next
    }

    private static func check(_ operands: [String], _ syntax: CommandSyntax) throws(CommandFailure) {
        let allowed = syntax.operands?.count ?? 0...0
        if operands.count < allowed.lowerBound, let wanted = syntax.operands {
            throw failure("\(wanted.name) is missing", syntax)
        }
        if operands.count > allowed.upperBound {
            throw failure("\"\(printable(operands[allowed.upperBound]))\" is one word too many", syntax)
        }
    }

    private static func unknown(_ name: String, _ syntax: CommandSyntax) -> CommandFailure {
        let names = syntax.options.map(\.name) + ["--help"]
        let meant = NameSuggestion.hint(for: name, among: names).map { "; \($0)" } ?? ""
        return failure("unknown option \(printable(name))\(meant)", syntax)
    }

    private static func failure(_ message: String, _ syntax: CommandSyntax) -> CommandFailure {
        CommandFailure(
            "\(syntax.name): \(message)",
            hint: "usage: \(syntax.usage)",
            exitCode: ExitCode.usage
        )
    }
}
