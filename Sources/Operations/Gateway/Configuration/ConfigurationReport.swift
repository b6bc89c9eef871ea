import JSON

/// Gathers what is wrong, and which keys were looked for, while a configuration is decoded on one thread.
final class ConfigurationReport {
    private(set) var problems: [ConfigurationProblem] = []
    private(set) var warnings: [ConfigurationProblem] = []
    private(set) var knownKeys: Set<String> = []

    func problem(_ path: String, found: String, wanted: String, hint: String? = nil) {
        problems.append(ConfigurationProblem(path: path, found: found, wanted: wanted, hint: hint))
    }

    func warning(_ path: String, found: String, wanted: String, hint: String? = nil) {
        warnings.append(ConfigurationProblem(path: path, found: found, wanted: wanted, hint: hint))
    }

    func knows(_ keyPattern: String) {
        knownKeys.insert(keyPattern)
    }

    /// A value as a problem may show it: short, printable, and never what might be a secret.
    static func shown(_ value: JSONValue) -> String {
        switch value.kind {
        case .null: "null"
        case .boolean: value.boolean == true ? "true" : "false"
        case .number: "the number " + String((value.numberText ?? "").prefix(24))
        case .string: shown(value.string ?? "")
        case .array: "a list"
        case .object: "an object"
        }
    }

    static func shown(_ text: String) -> String {
        if text.isEmpty { return "an empty text" }
        let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
        guard isPlain, text.utf8.count <= 48, !mayBeSecret(text) else {
            return "a text that is not shown here"
        }
        return "\"\(text)\""
    }

    /// Beginnings of keys as providers hand them out, userinfo of a URL, and long words of mixed characters.
    private static func mayBeSecret(_ text: String) -> Bool {
        let lowered = text.lowercased()
        if ["sk_", "rk_", "pk_", "whsec", "whsk", "bearer", "key_"].contains(where: lowered.contains) {
            return true
        }
        if text.utf8.contains(UInt8(ascii: "@")) { return true }
        let longestWord = text.utf8.split { byte in
            !(UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
                || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte)
        }.map(\.count).max()
        return (longestWord ?? 0) >= 20
    }
}
