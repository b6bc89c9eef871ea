import BillingModel

/// The parameters of one Stripe call, in the order in which they are sent.
///
/// `reference/provider_api.md` 1.1: `a[b][c]=v`; lists are always indexed, `a[0]=x`; `field=` clears; what is
/// absent stays as it is. Encoded once and frozen: the bytes belong to the idempotency key.
package enum StripeForm: Sendable, Hashable {
    case text(String)
    case integer(Int64)
    case boolean(Bool)
    /// An empty one clears, as in Stripe's own libraries.
    case list([StripeForm])
    /// An empty one sends nothing.
    case map([Member])
    case clear

    package struct Member: Sendable, Hashable {
        package let key: String
        package let value: StripeForm

        package init(_ key: String, _ value: StripeForm) {
            self.key = key
            self.value = value
        }
    }

    /// As the body of a POST, or without change as the query of a GET or DELETE.
    package func encoded() -> [UInt8] {
        guard case .map(let members) = self else {
            preconditionFailure("a call's parameters have names")
        }
        var writer = StripeFormWriter()
        for member in members {
            writer.write(member.value, named: PercentText.form(member.key))
        }
        return writer.bytes
    }

    /// The query text without a question mark.
    package func query() -> String { String(decoding: encoded(), as: UTF8.self) }
}

private struct StripeFormWriter {
    var bytes: [UInt8] = []

    mutating func write(_ value: StripeForm, named name: [UInt8]) {
        switch value {
        case .text(let text): pair(name, PercentText.form(text))
        case .integer(let integer): pair(name, Array(String(integer).utf8))
        case .boolean(let boolean): pair(name, Array((boolean ? "true" : "false").utf8))
        case .clear: pair(name, [])
        case .list(let elements):
            if elements.isEmpty { pair(name, []) }
            for (index, element) in elements.enumerated() {
                write(element, named: bracketed(name, Array(String(index).utf8)))
            }
        case .map(let members):
            for member in members {
                write(member.value, named: bracketed(name, PercentText.form(member.key)))
            }
        }
    }

    private func bracketed(_ name: [UInt8], _ part: [UInt8]) -> [UInt8] {
        name + [UInt8(ascii: "[")] + part + [UInt8(ascii: "]")]
    }

    private mutating func pair(_ name: [UInt8], _ value: [UInt8]) {
        if !bytes.isEmpty { bytes.append(UInt8(ascii: "&")) }
        bytes += name
        bytes.append(UInt8(ascii: "="))
        bytes += value
    }
}

/// Builds a map member by member, leaving out what is not there.
struct StripeFormBuilder {
    private(set) var members: [StripeForm.Member] = []

    var form: StripeForm { .map(members) }

    mutating func add(_ key: String, _ value: StripeForm?) {
        if let value { members.append(StripeForm.Member(key, value)) }
    }

    /// Nil and the empty text add nothing: with an empty value the provider would clear.
    mutating func add(_ key: String, text: String?) {
        if let text, !text.isEmpty { add(key, .text(text)) }
    }

    mutating func add(_ key: String, _ builder: StripeFormBuilder) {
        if !builder.members.isEmpty { add(key, builder.form) }
    }

    mutating func add(_ key: String, change: FieldChange<String>) {
        switch change {
        case .keep: break
        case .set(let text): add(key, text.isEmpty ? .clear : .text(text))
        case .clear: add(key, .clear)
        }
    }
}

/// Percent-encoding: everything but RFC 3986's unreserved characters, a space as `%20`, which Stripe and every
/// other server reads alike in a form, a query and a path.
enum PercentText {
    static func form(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                bytes.append(byte)
            default:
                bytes += [UInt8(ascii: "%"), hexDigit(byte >> 4), hexDigit(byte & 0xF)]
            }
        }
        return bytes
    }

    /// An id as one segment of a path. Nil for one that a path would not carry unchanged: an empty one, or dots,
    /// which libcurl and servers resolve as folders.
    static func segment(_ id: ProviderID) -> String? {
        guard !id.rawValue.isEmpty, id.rawValue != ".", id.rawValue != ".." else { return nil }
        return String(decoding: form(id.rawValue), as: UTF8.self)
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }
}
