/// A parameter that may be left out (unchanged), sent empty (cleared) or given.
enum Change<Value> {
    case absent
    case cleared
    case set(Value)

    /// Nil for absent and cleared.
    var value: Value? { if case .set(let value) = self { value } else { nil } }
    var isAbsent: Bool { if case .absent = self { true } else { false } }
}

/// Takes the parameters of one request, one by one, each with its type; what nobody took is unknown.
///
/// A class, because readers of inner objects report to the same list. Lives for one request on one thread.
final class Parameters {
    private let branch: FormBranch
    private let prefix: String
    private var taken: Set<String> = []
    private var inner: [Parameters] = []

    init(_ branch: FormBranch, prefix: String = "") {
        self.branch = branch
        self.prefix = prefix
    }

    /// The parameter's whole name, as an error tells it: `line_items[0][price]`.
    func name(_ key: String) -> String { prefix.isEmpty ? key : "\(prefix)[\(key)]" }

    func has(_ key: String) -> Bool { branch[key] != nil }

    /// Throws for the first parameter that nobody asked for. Call before anything is changed.
    func finish() throws(ProviderError) {
        for entry in branch.entries where !taken.contains(entry.key) {
            throw .unknownParameter(name(entry.key))
        }
        for reader in inner { try reader.finish() }
    }

    private func take(_ key: String) -> FormNode? {
        taken.insert(key)
        return branch[key]
    }

    // MARK: Texts

    func clearable(_ key: String, max: Int = 5000) throws(ProviderError) -> Change<String> {
        switch take(key) {
        case nil: return .absent
        case .text(""): return .cleared
        case .text(let text):
            guard text.unicodeScalars.count <= max else {
                throw .invalid(
                    name(key),
                    "Invalid string: the value is longer than \(max) characters.",
                    code: "parameter_invalid_string_too_long"
                )
            }
            return .set(text)
        case .branch, .appended:
            throw .invalid(name(key), "Invalid string: \(name(key)) is no object and no list.")
        }
    }

    /// A text that may be left out but not be empty.
    func text(_ key: String, max: Int = 5000) throws(ProviderError) -> String? {
        switch try clearable(key, max: max) {
        case .absent: return nil
        case .set(let text): return text
        case .cleared:
            throw .invalid(
                name(key),
                "You passed an empty string for '\(name(key))'.",
                code: "parameter_invalid_empty"
            )
        }
    }

    func required(_ key: String, max: Int = 5000) throws(ProviderError) -> String {
        guard let text = try text(key, max: max) else { throw .missing(name(key)) }
        return text
    }

    func word(_ key: String, among words: [String]) throws(ProviderError) -> String? {
        guard let text = try text(key) else { return nil }
        guard words.contains(text) else {
            throw .invalid(name(key), "Invalid \(key): must be one of \(words.joined(separator: ", "))")
        }
        return text
    }

    // MARK: Numbers and truth

    func integer(_ key: String, in range: ClosedRange<Int64>? = nil) throws(ProviderError) -> Int64? {
        guard let text = try text(key) else { return nil }
        let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
        guard digits.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), let value = Int64(text)
        else {
            throw .invalid(name(key), "Invalid integer: \(text)", code: "parameter_invalid_integer")
        }
        if let range, !range.contains(value) {
            throw .invalid(
                name(key),
                "This value must be from \(range.lowerBound) to \(range.upperBound).",
                code: "parameter_invalid_integer"
            )
        }
        return value
    }

    func boolean(_ key: String) throws(ProviderError) -> Bool? {
        switch try text(key) {
        case nil: return nil
        case "true": return true
        case "false": return false
        case let text?: throw .invalid(name(key), "Invalid boolean: \(text)")
        }
    }

    // MARK: Objects and lists

    func object(_ key: String) throws(ProviderError) -> Parameters? {
        try clearableObject(key).value
    }

    func clearableObject(_ key: String) throws(ProviderError) -> Change<Parameters> {
        switch take(key) {
        case nil: return .absent
        case .text(""): return .cleared
        case .branch(let branch):
            let reader = Parameters(branch, prefix: name(key))
            inner.append(reader)
            return .set(reader)
        case .text, .appended:
            throw .invalid(name(key), "Invalid object")
        }
    }

    /// The elements of `key[0][…]`, `key[1][…]`: numbered from zero without a gap.
    func objects(_ key: String) throws(ProviderError) -> [Parameters]? {
        guard let node = take(key) else { return nil }
        guard case .branch(let branch) = node else { throw .invalid(name(key), "Invalid array") }
        var readers: [Parameters] = []
        for (index, entry) in branch.entries.enumerated() {
            guard entry.key == "\(index)", case .branch(let element) = entry.node else {
                throw .invalid(name(key), "Invalid array")
            }
            readers.append(Parameters(element, prefix: "\(name(key))[\(index)]"))
        }
        inner += readers
        return readers
    }

    func texts(_ key: String) throws(ProviderError) -> Change<[String]> {
        switch take(key) {
        case nil: return .absent
        case .text(""): return .cleared
        case .text: throw .invalid(name(key), "Invalid array")
        case .appended(let values): return .set(values)
        case .branch(let branch):
            var values: [String] = []
            for (index, entry) in branch.entries.enumerated() {
                guard entry.key == "\(index)", case .text(let value) = entry.node else {
                    throw .invalid(name(key), "Invalid array")
                }
                values.append(value)
            }
            return .set(values)
        }
    }

    /// `metadata[k]=v`, `metadata[k]=` removes a key, `metadata=` all of them.
    func metadata(_ key: String = "metadata") throws(ProviderError) -> Change<[(String, String)]> {
        switch take(key) {
        case nil: return .absent
        case .text(""): return .cleared
        case .text, .appended: throw .invalid(name(key), "Invalid object")
        case .branch(let branch):
            var pairs: [(String, String)] = []
            for entry in branch.entries {
                guard case .text(let value) = entry.node else {
                    throw .invalid("\(name(key))[\(entry.key)]", "Metadata values are texts.")
                }
                guard entry.key.unicodeScalars.count <= 40 else {
                    throw .invalid(name(key), "Metadata keys have at most 40 characters.")
                }
                guard value.unicodeScalars.count <= 500 else {
                    throw .invalid(
                        "\(name(key))[\(entry.key)]",
                        "Metadata values have at most 500 characters."
                    )
                }
                pairs.append((entry.key, value))
            }
            return .set(pairs)
        }
    }

    /// `expand[0]=a.b`; every path is taken apart, at most four deep.
    func expansions() throws(ProviderError) -> [[String]] {
        guard let paths = try texts("expand").value else { return [] }
        var expansions: [[String]] = []
        for path in paths {
            let steps = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            guard steps.count <= 4, !steps.contains("") else {
                throw .invalid("expand", "You cannot expand more than 4 levels of a property: \(path)")
            }
            expansions.append(steps)
        }
        return expansions
    }
}
