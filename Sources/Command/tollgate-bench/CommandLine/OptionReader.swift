/// Takes `--name value` and `--name` apart; each reader names what it knows, `finish` refuses the rest.
package struct OptionReader {
    private var rest: [String]

    package init(_ arguments: [String]) {
        rest = arguments
    }

    /// Whether the option without a value was given.
    package mutating func flag(_ name: String) -> Bool {
        guard let index = rest.firstIndex(of: "--\(name)") else { return false }
        rest.remove(at: index)
        return true
    }

    package mutating func text(_ name: String) throws(BenchError) -> String? {
        guard let index = rest.firstIndex(where: { $0 == "--\(name)" || $0.hasPrefix("--\(name)=") }) else {
            return nil
        }
        let option = rest.remove(at: index)
        if let equals = option.firstIndex(of: "=") { return String(option[option.index(after: equals)...]) }
        guard index < rest.count else { throw BenchError.usage("--\(name) needs a value") }
        return rest.remove(at: index)
    }

    package mutating func integer(
        _ name: String,
        default standard: Int,
        in range: ClosedRange<Int>
    ) throws(BenchError) -> Int {
        guard let text = try text(name) else { return standard }
        guard let value = Int(text), range.contains(value) else {
            throw BenchError.usage(
                "--\(name) is a whole number from \(range.lowerBound) to \(range.upperBound), not \(text)"
            )
        }
        return value
    }

    /// Several, with commas between them.
    package mutating func integers(
        _ name: String,
        default standard: [Int],
        in range: ClosedRange<Int>
    ) throws(BenchError) -> [Int] {
        guard let text = try text(name) else { return standard }
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let values = parts.compactMap { Int($0) }.filter { range.contains($0) }
        guard values.count == parts.count else {
            throw BenchError.usage(
                "--\(name) is a list of numbers from \(range.lowerBound) to \(range.upperBound), not \(text)"
            )
        }
        return values
    }

    package mutating func seconds(_ name: String, default standard: Double) throws(BenchError) -> Double {
        guard let text = try text(name) else { return standard }
        guard let value = Double(text), value >= 0, value <= 86_400 else {
            throw BenchError.usage("--\(name) is a number of seconds, not \(text)")
        }
        return value
    }

    /// Nil for `max`.
    package mutating func rate(_ name: String, default standard: Double?) throws(BenchError) -> Double? {
        guard let text = try text(name) else { return standard }
        if text == "max" { return nil }
        guard let value = Double(text), value > 0, value <= 10_000_000 else {
            throw BenchError.usage("--\(name) is a number of events per second or max, not \(text)")
        }
        return value
    }

    package mutating func scheme() throws(BenchError) -> EventIDScheme {
        guard let text = try text("ids") else { return .ordered }
        guard let scheme = EventIDScheme(rawValue: text) else {
            let known = EventIDScheme.allCases.map(\.rawValue).joined(separator: ", ")
            throw BenchError.usage("--ids is one of \(known), not \(text)")
        }
        return scheme
    }

    /// Throws when something is left that nobody asked for.
    package func finish() throws(BenchError) {
        guard let first = rest.first else { return }
        throw BenchError.usage("unknown option \(first)")
    }
}
