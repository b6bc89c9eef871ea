/// What a patch does to one field. At providers that know no empty texts, as Stripe, setting one clears.
package enum FieldChange<Value: Sendable & Hashable>: Sendable, Hashable {
    /// Not mentioned in the request: the provider leaves it as it is.
    case keep
    case set(Value)
    case clear

    /// Nil clears.
    package init(_ value: Value?) {
        self = value.map { .set($0) } ?? .clear
    }

    package var isKept: Bool { self == .keep }

    /// This change and then `later`, which wins wherever it says anything.
    package func merged(with later: FieldChange) -> FieldChange {
        switch later {
        case .keep: self
        case .set, .clear: later
        }
    }

    package func folded(over value: Value?) -> Value? {
        switch self {
        case .keep: value
        case .set(let new): new
        case .clear: nil
        }
    }
}

extension FieldChange where Value == String {
    /// Nil and the empty text clear: Stripe cannot tell them apart, so neither do we.
    package static func text(_ text: String?) -> FieldChange {
        guard let text, !text.isEmpty else { return .clear }
        return .set(text)
    }

    /// With the empty text as nothing, so that the fold shows what the provider will hold.
    package func foldedText(over value: String?) -> String? {
        guard let text = folded(over: value), !text.isEmpty else { return nil }
        return text
    }
}
