package import JSON

/// A JSON value that the sandbox holds: what it stores, edits and sends.
package enum WireValue: Sendable, Equatable {
    case null
    case boolean(Bool)
    case integer(Int64)
    /// A number with a fraction or an exponent, as it was written.
    case number(String)
    case text(String)
    case list([WireValue])
    case object(WireObject)

    package var text: String? { if case .text(let text) = self { text } else { nil } }
    package var integer: Int64? { if case .integer(let integer) = self { integer } else { nil } }
    package var boolean: Bool? { if case .boolean(let boolean) = self { boolean } else { nil } }
    package var object: WireObject? { if case .object(let object) = self { object } else { nil } }
    package var list: [WireValue]? { if case .list(let list) = self { list } else { nil } }
    package var isNull: Bool { self == .null }

    /// Nil becomes null.
    init(_ text: String?) { self = text.map { .text($0) } ?? .null }
    init(_ integer: Int64?) { self = integer.map { .integer($0) } ?? .null }

    package init(_ value: JSONValue) {
        switch value.kind {
        case .null: self = .null
        case .boolean: self = .boolean(value.boolean == true)
        case .number:
            self = value.integer.map { .integer($0) } ?? .number(value.numberText ?? "0")
        case .string: self = .text(value.string ?? "")
        case .array: self = .list(value.elements.map { WireValue($0) })
        case .object: self = .object(WireObject(members: value.members.map { ($0.key, WireValue($0.value)) }))
        }
    }

    func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .boolean(let boolean): writer.boolean(boolean)
        case .integer(let integer): writer.integer(integer)
        case .number(let number): writer.raw(number.utf8)
        case .text(let text): writer.string(text)
        case .list(let list):
            writer.beginArray()
            for element in list { element.write(to: &writer) }
            writer.endArray()
        case .object(let object): object.write(to: &writer)
        }
    }
}

extension WireValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral text: String) { self = .text(text) }
    package init(integerLiteral integer: Int64) { self = .integer(integer) }
    package init(booleanLiteral boolean: Bool) { self = .boolean(boolean) }
    package init(nilLiteral: ()) { self = .null }
    package init(arrayLiteral elements: WireValue...) { self = .list(elements) }
    package init(dictionaryLiteral members: (String, WireValue)...) {
        self = .object(WireObject(members: members))
    }
}
