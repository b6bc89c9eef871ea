import JSON

/// One object of the configuration while it is read: hands out its members, reports what has the wrong type,
/// and at the end whatever nobody asked for.
///
/// A reading method returns nil, or its fallback, after reporting; the decoder goes on to find the rest.
final class ConfigurationSection {
    let path: String
    let report: ConfigurationReport
    private let pattern: String
    private let value: JSONValue?
    private var keys: [String] = []

    init(_ value: JSONValue?, path: String, pattern: String, report: ConfigurationReport) {
        self.path = path
        self.pattern = pattern
        self.report = report
        if let value, value.kind != .object {
            report.problem(path, found: ConfigurationReport.shown(value), wanted: "an object")
            self.value = nil
            isUsable = false
        } else {
            self.value = value
            isUsable = true
        }
    }

    /// False when something other than an object stood there, which has been reported.
    let isUsable: Bool

    func path(of key: String) -> String {
        path.isEmpty ? key : "\(path).\(key)"
    }

    private func pattern(of key: String) -> String {
        pattern.isEmpty ? key : "\(pattern).\(key)"
    }

    /// The member; nil when it is absent or null.
    func member(_ key: String) -> JSONValue? {
        keys.append(key)
        report.knows(pattern(of: key))
        guard let member = value?.member(key), !member.isNull else { return nil }
        return member
    }

    func optionalText(_ key: String, wanted: String) -> String? {
        guard let member = member(key) else { return nil }
        guard let text = member.string, !member.containsNUL else {
            report.problem(path(of: key), found: ConfigurationReport.shown(member), wanted: wanted)
            return nil
        }
        return text
    }

    /// Reports when it is absent.
    func requiredText(_ key: String, wanted: String) -> String? {
        let problemsBefore = report.problems.count
        if let text = optionalText(key, wanted: wanted) { return text }
        if isUsable, report.problems.count == problemsBefore {
            report.problem(path(of: key), found: "nothing", wanted: wanted)
        }
        return nil
    }

    /// A name that may stand in URLs, logs and tables.
    func name(_ key: String, fallback: String? = nil) -> String? {
        let wanted = "a name of lower-case letters, digits, - and _, at most 63 long"
        let text: String?
        if let fallback {
            text = optionalText(key, wanted: wanted) ?? fallback
        } else {
            text = requiredText(key, wanted: wanted)
        }
        guard let text else { return nil }
        let isName =
            (1...63).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                    || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            }
        guard isName else {
            report.problem(path(of: key), found: ConfigurationReport.shown(text), wanted: wanted)
            return nil
        }
        return text
    }

    func optionalInteger(_ key: String, in range: ClosedRange<Int>, unit: String) -> Int? {
        guard let member = member(key) else { return nil }
        guard let integer = member.integer, let value = Int(exactly: integer), range.contains(value) else {
            report.problem(
                path(of: key),
                found: ConfigurationReport.shown(member),
                wanted: "a whole number of \(unit) from \(range.lowerBound) to \(range.upperBound)"
            )
            return nil
        }
        return value
    }

    func integer(_ key: String, in range: ClosedRange<Int>, unit: String, fallback: Int) -> Int {
        optionalInteger(key, in: range, unit: unit) ?? fallback
    }

    func boolean(_ key: String, fallback: Bool) -> Bool {
        guard let member = member(key) else { return fallback }
        guard let boolean = member.boolean else {
            report.problem(path(of: key), found: ConfigurationReport.shown(member), wanted: "true or false")
            return fallback
        }
        return boolean
    }

    /// One word of an enumeration; without `fallback` it must be there.
    func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String,
        fallback: Choice? = nil
    ) -> Choice? where Choice.RawValue == String {
        let words = Choice.allCases.map(\.rawValue)
        let quoted = words.map { "\"\($0)\"" }
        let wanted = quoted.dropLast().joined(separator: ", ") + " or " + (quoted.last ?? "")
        guard let member = member(key) else {
            if fallback == nil, isUsable { report.problem(path(of: key), found: "nothing", wanted: wanted) }
            return fallback
        }
        guard let text = member.string, let choice = Choice(rawValue: text) else {
            report.problem(
                path(of: key),
                found: ConfigurationReport.shown(member),
                wanted: wanted,
                hint: member.string.flatMap { NameSuggestion.hint(for: $0, among: words) }
            )
            return fallback
        }
        return choice
    }

    /// An object of its own; an absent one has only defaults.
    func section(_ key: String) -> ConfigurationSection {
        let value = member(key)
        return ConfigurationSection(value, path: path(of: key), pattern: pattern(of: key), report: report)
    }

    /// The same; nil when it is absent or null.
    func optionalSection(_ key: String) -> ConfigurationSection? {
        guard let value = member(key) else { return nil }
        let section = ConfigurationSection(
            value,
            path: path(of: key),
            pattern: pattern(of: key),
            report: report
        )
        return section.isUsable ? section : nil
    }

    /// A list's values with their paths; empty when absent.
    func list(_ key: String, wanted: String) -> [(path: String, value: JSONValue)] {
        guard let member = member(key) else { return [] }
        guard member.kind == .array else {
            report.problem(path(of: key), found: ConfigurationReport.shown(member), wanted: wanted)
            return []
        }
        return member.elements.enumerated().map { ("\(path(of: key))[\($0.offset)]", $0.element) }
    }

    /// A list of objects. One without any entry is reported.
    func sections(_ key: String, wanted: String) -> [ConfigurationSection] {
        let problemsBefore = report.problems.count
        let entries = list(key, wanted: wanted)
        if entries.isEmpty, isUsable, report.problems.count == problemsBefore {
            report.problem(
                path(of: key),
                found: "none",
                wanted: wanted,
                hint: "config.example.json shows one"
            )
        }
        return entries.map { entry in
            ConfigurationSection(
                entry.value,
                path: entry.path,
                pattern: pattern(of: key) + "[]",
                report: report
            )
        }
    }

    /// The members of an object whose keys the operator chooses.
    func named(_ key: String) -> [(name: String, path: String, value: JSONValue)] {
        guard let section = optionalSection(key), let value = section.value else { return [] }
        return value.members.map { ($0.key, "\(path(of: key)).\($0.key)", $0.value) }
    }

    /// Reports members that nobody asked for. Call when everything else was read.
    func finish() {
        guard let value else { return }
        for (key, _) in value.members where !keys.contains(key) {
            report.problem(
                path(of: ConfigurationReport.shownKey(key)),
                found: "a key that is not known here",
                wanted: "one of " + keys.joined(separator: ", "),
                hint: NameSuggestion.hint(for: key, among: keys)
            )
        }
    }
}

extension ConfigurationReport {
    /// A key is named, unless it could be anything but a name.
    static func shownKey(_ key: String) -> String {
        let shown = shown(key)
        return shown == "\"\(key)\"" ? key : "(a key that is not shown here)"
    }
}
