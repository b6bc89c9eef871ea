package import JSON

/// Names and array positions from a value inwards, written with dots: `notificationItems.0.amount`.
package struct JSONPath: Sendable, Hashable {
    package let text: String
    private let steps: [String]

    /// The empty text leads to the value itself.
    package init(_ text: String) {
        self.text = text
        steps =
            text.isEmpty ? [] : text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    }

    /// Nil where a step leads nowhere.
    package func find(in root: JSONValue) -> JSONValue? {
        var value = root
        for step in steps {
            switch value.kind {
            case .object:
                guard let next = value.member(step) else { return nil }
                value = next
            case .array:
                guard let position = Int(step), position >= 0, position < value.count else { return nil }
                var elements = value.elements
                for _ in 0..<position { _ = elements.next() }
                guard let next = elements.next() else { return nil }
                value = next
            case .null, .boolean, .number, .string:
                return nil
            }
        }
        return value
    }

    /// Text of the scalar there: a string's content, a number as written, `true` or `false`. Nil for null, for
    /// arrays and objects, and where there is nothing.
    package func text(in root: JSONValue) -> String? {
        guard let value = find(in: root) else { return nil }
        switch value.kind {
        case .string: return value.string
        case .number: return value.numberText
        case .boolean: return value.boolean.map { $0 ? "true" : "false" }
        case .null, .array, .object: return nil
        }
    }
}
