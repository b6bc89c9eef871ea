/// One value of a document. A reference to the document and a place in its index: cheap to copy, safe to keep.
package struct JSONValue: Sendable {
    package enum Kind: Hashable, Sendable {
        case null
        case boolean
        case number
        case string
        case array
        case object
    }

    let document: JSONDocument
    let index: Int

    init(document: JSONDocument, index: Int) {
        self.document = document
        self.index = index
    }

    var token: JSONToken { document.tokens[index] }

    package var kind: Kind {
        switch token.kind {
        case JSONToken.null: .null
        case JSONToken.boolean: .boolean
        case JSONToken.number: .number
        case JSONToken.string: .string
        case JSONToken.array: .array
        default: .object
        }
    }

    /// The member of that name; nil if there is none or this is no object. A member that is JSON null is a
    /// value with `isNull`. Time is linear in the object's members.
    package subscript(_ key: StaticString) -> JSONValue? {
        if key.hasPointerRepresentation {
            return member(UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
        }
        return member(key.description)
    }

    /// The same for a name that is known at run time only.
    package func member(_ key: String) -> JSONValue? {
        var key = key
        return key.withUTF8 { member($0) }
    }

    private func member(_ key: UnsafeBufferPointer<UInt8>) -> JSONValue? {
        document.withCursor { cursor in cursor.member(of: index, key) }
            .map { JSONValue(document: document, index: $0) }
    }

    package var isNull: Bool { token.kind == JSONToken.null }

    package var boolean: Bool? { token.kind == JSONToken.boolean ? token.isFlagged : nil }

    /// The text of a string, escapes resolved. Compare ids as `Array(text.utf8)` or by `==` on texts known to be
    /// ASCII: Swift holds canonically equivalent texts for equal.
    package var string: String? {
        guard token.kind == JSONToken.string else { return nil }
        return document.withCursor { cursor in cursor.text(index) }
    }

    /// Lends the UTF-8 of a string, escapes resolved, or the bytes of any other value as they stand.
    package func withUTF8<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        document.withCursor { cursor in
            token.kind == JSONToken.string ? cursor.withText(index, body) : body(cursor.raw(index))
        }
    }

    /// The same of each member's key, with the member's value; nothing for a value that is no object.
    package func forEachMember(_ body: (UnsafeBufferPointer<UInt8>, JSONValue) -> Void) {
        guard token.kind == JSONToken.object else { return }
        document.withCursor { cursor in
            var key = index + 1
            while key < Int(token.next) {
                cursor.withText(key) { body($0, JSONValue(document: document, index: key + 1)) }
                key = Int(cursor.tokens[key + 1].next)
            }
        }
    }

    /// A string whose text holds U+0000, which no id and no column of ours may carry.
    package var containsNUL: Bool {
        guard token.kind == JSONToken.string, token.isFlagged else { return false }
        // A raw NUL is refused by the parser, so it can only come from an escape.
        return document.withCursor { cursor in JSONText.decoded(token, over: cursor.base).contains(0) }
    }

    /// A number written without fraction or exponent that fits 64 bits; `1.0` and `1e3` are none.
    package var integer: Int64? {
        guard token.kind == JSONToken.number, token.isFlagged else { return nil }
        return document.withCursor { cursor in
            let negative = cursor.base[Int(token.start)] == UInt8(ascii: "-")
            var value: Int64 = 0
            for offset in Int(token.start) + (negative ? 1 : 0)..<Int(token.end) {
                let digit = Int64(cursor.base[offset] &- UInt8(ascii: "0"))
                let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
                let (sum, carry) =
                    negative ? tens.subtractingReportingOverflow(digit) : tens.addingReportingOverflow(digit)
                if overflow || carry { return nil }
                value = sum
            }
            return value
        }
    }

    /// A number exactly as it was written.
    package var numberText: String? {
        guard token.kind == JSONToken.number else { return nil }
        return String(decoding: document.bytes[byteRange], as: UTF8.self)
    }

    /// Elements of an array or members of an object; 0 for anything else.
    package var count: Int { token.count }

    /// An array's elements in order; empty for anything else.
    package var elements: JSONElements { JSONElements(array: self) }

    /// An object's members in the order of the text; empty for anything else.
    package var members: JSONMembers { JSONMembers(object: self) }

    /// Where the value stands in `document.bytes`, a string with its quotes.
    package var byteRange: Range<Int> { Int(token.start)..<Int(token.end) }

    /// The value's bytes exactly as they stand in the document.
    package var rawBytes: [UInt8] { [UInt8](document.bytes[byteRange]) }
}

package struct JSONElements: Sequence, IteratorProtocol, Sendable {
    private let document: JSONDocument
    private var index: Int
    private let end: Int

    init(array: JSONValue) {
        document = array.document
        index = array.index + 1
        end = array.token.kind == JSONToken.array ? Int(array.token.next) : index
    }

    package mutating func next() -> JSONValue? {
        guard index < end else { return nil }
        defer { index = Int(document.tokens[index].next) }
        return JSONValue(document: document, index: index)
    }
}

package struct JSONMembers: Sequence, IteratorProtocol, Sendable {
    private let document: JSONDocument
    private var index: Int
    private let end: Int

    init(object: JSONValue) {
        document = object.document
        index = object.index + 1
        end = object.token.kind == JSONToken.object ? Int(object.token.next) : index
    }

    package mutating func next() -> (key: String, value: JSONValue)? {
        guard index < end else { return nil }
        let key = document.withCursor { cursor in cursor.text(index) }
        let value = JSONValue(document: document, index: index + 1)
        index = Int(value.token.next)
        return (key, value)
    }
}
