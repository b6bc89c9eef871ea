import JSON

/// Collects problems while a profile is read, so that all are told at once.
final class ProblemList {
    private(set) var all: [ProfileProblem] = []

    func add(_ path: String, wanted: String, found: JSONValue?) {
        all.append(ProfileProblem(path: path, wanted: wanted, found: found.map(Self.show)))
    }

    func addUnknown(_ path: String, known: [String]) {
        all.append(
            ProfileProblem(
                path: path,
                wanted: "one of the known members (\(known.joined(separator: ", ")))",
                found: "a member that is not known here"
            )
        )
    }

    private static func show(_ value: JSONValue) -> String {
        switch value.kind {
        case .null: "null"
        case .boolean: value.boolean == true ? "true" : "false"
        case .number: value.numberText ?? "a number"
        case .string: "\"\((value.string ?? "").prefix(60))\""
        case .array: "a list"
        case .object: "an object"
        }
    }
}

/// Reads members of one object by name and kind; each failed wish becomes a problem and a nil.
struct MemberReader {
    let object: JSONValue
    let path: String
    let problems: ProblemList

    /// Nil, with a problem, when `value` is no object or has members beyond `known`.
    init?(_ value: JSONValue, path: String, known: [String], problems: ProblemList) {
        guard value.kind == .object else {
            problems.add(path, wanted: "an object", found: value)
            return nil
        }
        object = value
        self.path = path
        self.problems = problems
        for (key, _) in value.members where !known.contains(key) {
            problems.addUnknown("\(path).\(key)", known: known)
        }
    }

    func has(_ name: String) -> Bool {
        object.member(name) != nil
    }

    func string(_ name: String, wanted: String) -> String? {
        guard let value = object.member(name) else { return nil }
        if let text = value.string { return text }
        problems.add("\(path).\(name)", wanted: wanted, found: value)
        return nil
    }

    /// A string, or a list of at least one string; empty when the member is absent or wrong.
    func strings(_ name: String, wanted: String) -> [String] {
        guard let value = object.member(name) else { return [] }
        if let text = value.string, !text.isEmpty { return [text] }
        let texts = value.elements.compactMap(\.string).filter { !$0.isEmpty }
        if value.kind == .array, !texts.isEmpty, texts.count == value.count { return texts }
        problems.add("\(path).\(name)", wanted: wanted, found: value)
        return []
    }

    func boolean(_ name: String) -> Bool? {
        guard let value = object.member(name) else { return nil }
        if let flag = value.boolean { return flag }
        problems.add("\(path).\(name)", wanted: "true or false", found: value)
        return nil
    }

    func integer(_ name: String, in range: ClosedRange<Int64>) -> Int64? {
        guard let value = object.member(name) else { return nil }
        if let number = value.integer, range.contains(number) { return number }
        let wanted = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        problems.add("\(path).\(name)", wanted: wanted, found: value)
        return nil
    }

    func choice<Choice: RawRepresentable<String> & CaseIterable>(_ name: String) -> Choice? {
        guard let value = object.member(name) else { return nil }
        if let choice = value.string.flatMap(Choice.init(rawValue:)) { return choice }
        problems.add("\(path).\(name)", wanted: Self.list(Choice.self), found: value)
        return nil
    }

    func choices<Choice: RawRepresentable<String> & CaseIterable>(_ name: String) -> [Choice] {
        let wanted = "one or a list of: \(Self.list(Choice.self))"
        let texts = strings(name, wanted: wanted)
        let choices = texts.compactMap(Choice.init(rawValue:))
        if choices.count == texts.count { return choices }
        problems.add("\(path).\(name)", wanted: wanted, found: object.member(name))
        return []
    }

    func require(_ name: String, wanted: String) {
        if !has(name) { problems.add("\(path).\(name)", wanted: wanted, found: nil) }
    }

    private static func list<Choice: RawRepresentable<String> & CaseIterable>(_ type: Choice.Type) -> String {
        Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
    }
}
