/// What may stand behind a command's name, as data: parsed, checked and explained from one description.
struct CommandSyntax: Sendable {
    /// As typed: `"inbox list"`.
    let name: String
    /// One line, for the list of commands.
    let summary: String
    /// Further lines of the command's own help.
    let details: [String]
    let operands: OperandSyntax?
    let options: [OptionSyntax]

    init(
        _ name: String,
        summary: String,
        details: [String] = [],
        operands: OperandSyntax? = nil,
        options: [OptionSyntax] = []
    ) {
        self.name = name
        self.summary = summary
        self.details = details
        self.operands = operands
        self.options = options
    }
}

struct OptionSyntax: Sendable {
    /// With its dashes: `"--config"`.
    let name: String
    /// Name of its value in the help; nil for a flag.
    let value: String?
    let help: String
    let mayRepeat: Bool
    /// Shown so; the command asks for it, as only it knows what to advise.
    let isRequired: Bool

    static func flag(_ name: String, _ help: String) -> OptionSyntax {
        OptionSyntax(name: name, value: nil, help: help, mayRepeat: false, isRequired: false)
    }

    static func value(
        _ name: String,
        _ value: String,
        _ help: String,
        mayRepeat: Bool = false,
        isRequired: Bool = false
    ) -> OptionSyntax {
        OptionSyntax(name: name, value: value, help: help, mayRepeat: mayRepeat, isRequired: isRequired)
    }
}

/// Words without dashes.
struct OperandSyntax: Sendable {
    let name: String
    let count: ClosedRange<Int>
    let help: String

    static func one(_ name: String, _ help: String) -> OperandSyntax {
        OperandSyntax(name: name, count: 1...1, help: help)
    }

    static func atMostOne(_ name: String, _ help: String) -> OperandSyntax {
        OperandSyntax(name: name, count: 0...1, help: help)
    }

    static func oneOrMore(_ name: String, _ help: String) -> OperandSyntax {
        OperandSyntax(name: name, count: 1...100_000, help: help)
    }
}

extension CommandSyntax {
    /// `tollgate sign --secret-env NAME [--profile NAME] FILE`
    var usage: String {
        var words = ["tollgate", name]
        for option in options {
            let word = option.value.map { "\(option.name) \($0)" } ?? option.name
            words.append((option.isRequired ? word : "[\(word)]") + (option.mayRepeat ? "…" : ""))
        }
        if let operands {
            let word = operands.count.upperBound > 1 ? "\(operands.name)…" : operands.name
            words.append(operands.count.lowerBound == 0 ? "[\(word)]" : word)
        }
        return words.joined(separator: " ")
    }

    var helpLines: [String] {
        var lines = [summary, "", "usage: \(usage)"]
        if !details.isEmpty { lines += [""] + details }
        var entries = options.map { option in
            (
                option.value.map { "\(option.name) \($0)" } ?? option.name,
                option.help + (option.isRequired ? " (required)" : "")
            )
        }
        if let operands { entries.insert((operands.name, operands.help), at: 0) }
        entries.append(("--help", "this text"))
        let width = entries.reduce(0) { max($0, $1.0.count) }
        lines.append("")
        lines += entries.map { word, help in
            "  " + word + String(repeating: " ", count: width - word.count + 2) + help
        }
        return lines
    }
}
