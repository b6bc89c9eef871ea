/// Why a document was refused, and where. Never holds any of the document's content, so it may be logged.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: String, Hashable, Sendable, CaseIterable {
        case tooManyBytes = "too_many_bytes"
        case tooManyTokens = "too_many_tokens"
        case tooDeep = "too_deep"
        case unexpectedEnd = "unexpected_end"
        case unexpectedByte = "unexpected_byte"
        case trailingBytes = "trailing_bytes"
        case byteOrderMark = "byte_order_mark"
        case invalidLiteral = "invalid_literal"
        case invalidNumber = "invalid_number"
        case invalidEscape = "invalid_escape"
        case controlCharacter = "control_character"
        case invalidUTF8 = "invalid_utf8"
        case loneSurrogate = "lone_surrogate"
        case duplicateKey = "duplicate_key"
    }

    package let reason: Reason
    /// Bytes before the first one that cannot stand; the document's length when it ends too early.
    /// For a duplicate key, the second key's opening quote.
    package let offset: Int

    package init(reason: Reason, offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    package var description: String { "\(reason.rawValue) at byte \(offset)" }
}
