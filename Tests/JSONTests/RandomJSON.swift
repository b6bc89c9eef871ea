import JSON

/// Trees from a seed, written by hand rather than by `JSONWriter`, in varying notations.
struct RandomJSON {
    indirect enum Tree: Sendable {
        case null
        case boolean(Bool)
        /// The same value in two notations.
        case number(String, String)
        case string(String)
        case array([Tree])
        case object([(key: String, value: Tree)])
    }

    private var state: UInt64
    init(seed: UInt64) { state = seed }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    mutating func text() -> String {
        let pieces = [
            "a", "id", "é", "😀", "\"", "\\", "/", "\n", "\u{0}", "\u{1F}", "\u{2028}", "\u{2029}",
            "longer text here", "\u{7F}",
        ]
        return (0..<below(5)).map { _ in pieces[below(pieces.count)] }.joined()
    }

    mutating func tree(depth: Int = 4) -> Tree {
        switch below(depth > 0 ? 9 : 6) {
        case 0: return .null
        case 1: return .boolean(below(2) == 0)
        case 2:
            let numbers = [
                ("1", "1.0"), ("0", "-0.0e7"), ("-15", "-1.5e1"), ("100", "1E+2"), ("0.5", "5e-1"),
                ("2e30", "200e28"),
                ("123456789012345678901", "1234567890123456789010e-1"), ("9999999999", "9999999999"),
            ]
            let pick = numbers[below(numbers.count)]
            return .number(pick.0, pick.1)
        case 3, 4, 5: return .string(text())
        case 6: return .array((0..<below(4)).map { _ in tree(depth: depth - 1) })
        default: return object(depth: depth, membersMax: 6)
        }
    }

    mutating func object(depth: Int, membersMax: Int) -> Tree {
        var members: [(key: String, value: Tree)] = []
        let names = ["a", "b", "c", "meta", "é", "a\"b", "list", ""]
        for _ in 0..<below(membersMax + 1) {
            let key = membersMax > 8 ? "k\(below(40))" : names[below(names.count)]
            guard !members.contains(where: { Array($0.key.utf8) == Array(key.utf8) }) else { continue }
            members.append((key, tree(depth: depth - 1)))
        }
        return .object(members)
    }

    /// `tree` as text; `isOther` chooses the other notation, blanks, escapes and another order of members.
    mutating func text(of tree: Tree, isOther: Bool) -> String {
        let blank = isOther && below(3) == 0 ? " \n" : ""
        switch tree {
        case .null: return "null"
        case .boolean(let value): return value ? "true" : "false"
        case .number(let one, let other): return isOther ? other : one
        case .string(let value): return quoted(value, isOther: isOther)
        case .array(let elements):
            var parts: [String] = []
            for element in elements { parts.append(text(of: element, isOther: isOther)) }
            return "[" + blank + parts.joined(separator: "," + blank) + "]"
        case .object(var members):
            if isOther {
                for place in members.indices.reversed() { members.swapAt(place, below(place + 1)) }
            }
            var parts: [String] = []
            for member in members {
                parts.append(
                    quoted(member.key, isOther: isOther) + blank + ":"
                        + text(of: member.value, isOther: isOther)
                )
            }
            return "{" + blank + parts.joined(separator: "," + blank) + blank + "}"
        }
    }

    private mutating func quoted(_ text: String, isOther: Bool) -> String {
        var result = "\""
        for unit in text.utf16 {
            let mustEscape = unit < 0x20 || unit == 0x22 || unit == 0x5C
            if mustEscape || (isOther && (UTF16.isSurrogate(unit) || below(4) == 0)) {
                let digits = String(unit, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            } else if UTF16.isLeadSurrogate(unit) || UTF16.isTrailSurrogate(unit) {
                let digits = String(unit, radix: 16)
                result += "\\u" + digits
            } else {
                result.unicodeScalars.append(Unicode.Scalar(unit)!)
            }
        }
        return result + "\""
    }

    /// Written through `JSONWriter`.
    static func write(_ tree: Tree, to writer: inout JSONWriter) {
        switch tree {
        case .null: writer.null()
        case .boolean(let value): writer.boolean(value)
        case .number(let text, _):
            if let integer = Int64(text) { writer.integer(integer) } else { writer.raw(text.utf8) }
        case .string(let value): writer.string(value)
        case .array(let elements):
            writer.beginArray()
            for element in elements { write(element, to: &writer) }
            writer.endArray()
        case .object(let members):
            writer.beginObject()
            for member in members {
                writer.key(member.key)
                write(member.value, to: &writer)
            }
            writer.endObject()
        }
    }

    /// The rule of provider_api.md 3.5 in its plainest form: the overlay laid over, then null members dropped.
    static func overlaid(_ base: Tree, _ overlay: Tree) -> Tree {
        guard case .object(var members) = base, case .object(let upper) = overlay else { return overlay }
        for member in upper {
            if let place = members.firstIndex(where: { Array($0.key.utf8) == Array(member.key.utf8) }) {
                members[place].value = overlaid(members[place].value, member.value)
            } else {
                members.append(member)
            }
        }
        return .object(members)
    }

    static func withoutNulls(_ tree: Tree) -> Tree {
        switch tree {
        case .object(let members):
            .object(
                members.compactMap { member in
                    if case .null = member.value { return nil }
                    return (member.key, withoutNulls(member.value))
                }
            )
        case .array(let elements): .array(elements.map(withoutNulls))
        default: tree
        }
    }
}
