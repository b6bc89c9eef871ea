/// Writes JSON into `bytes`, with commas where they belong. The output is valid JSON in UTF-8 as long as what
/// `raw` is given is; calling in an order that JSON does not know is a programming error and stops the process.
package struct JSONWriter: Sendable {
    package private(set) var bytes: [UInt8] = []
    // One bit per open container, the innermost lowest: set for an object.
    private var objects: UInt64 = 0
    private var depth = 0
    private var needsComma = false
    private var isAfterKey = false

    package init(capacity: Int = 256) {
        bytes.reserveCapacity(capacity)
    }

    /// Every container is closed and exactly one value stands there.
    package var isComplete: Bool { depth == 0 && needsComma && !isAfterKey }

    package mutating func beginObject() { open(UInt8(ascii: "{"), object: 1) }
    package mutating func endObject() { close(UInt8(ascii: "}"), object: 1) }
    package mutating func beginArray() { open(UInt8(ascii: "["), object: 0) }
    package mutating func endArray() { close(UInt8(ascii: "]"), object: 0) }

    /// Names the next value; only directly inside an object. Keys are not checked for having stood before.
    package mutating func key(_ name: String) {
        beforeKey()
        appendQuoted(name)
        bytes.append(UInt8(ascii: ":"))
        isAfterKey = true
    }

    /// A key taken over from a parsed document, quotes and escapes as they stood.
    mutating func key(quoted name: UnsafeBufferPointer<UInt8>) {
        beforeKey()
        bytes.append(contentsOf: name)
        bytes.append(UInt8(ascii: ":"))
        isAfterKey = true
    }

    package mutating func string(_ text: String) {
        beforeValue()
        appendQuoted(text)
        afterValue()
    }

    package mutating func integer(_ value: Int64) {
        beforeValue()
        appendDecimal(value)
        afterValue()
    }

    package mutating func integer(_ value: Int) { integer(Int64(value)) }

    package mutating func boolean(_ value: Bool) { literal(value ? "true" : "false") }

    package mutating func null() { literal("null") }

    /// One complete JSON value that somebody has already checked; nothing here looks at it again.
    package mutating func raw(_ value: some Sequence<UInt8>) {
        beforeValue()
        bytes.append(contentsOf: value)
        afterValue()
    }

    /// A parsed value exactly as it stood in its document.
    package mutating func raw(_ value: JSONValue) { raw(value.document.bytes[value.byteRange]) }

    // Fields: a key with its value, nil as null.

    package mutating func field(_ name: String, _ value: String?) {
        key(name)
        if let value { string(value) } else { null() }
    }

    /// The same from borrowed UTF-8.
    package mutating func field(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) {
        beforeKey()
        JSONWriter.appendQuoted(name, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        JSONWriter.appendQuoted(value, to: &bytes)
        afterValue()
    }

    package mutating func field(_ name: String, _ value: Int64?) {
        key(name)
        if let value { integer(value) } else { null() }
    }

    package mutating func field(_ name: String, _ value: Int?) { field(name, value.map { Int64($0) }) }

    package mutating func field(_ name: String, _ value: Bool?) {
        key(name)
        if let value { boolean(value) } else { null() }
    }

    package mutating func field(_ name: String, _ value: JSONValue?) {
        key(name)
        if let value { raw(value) } else { null() }
    }

    private mutating func open(_ bracket: UInt8, object: UInt64) {
        precondition(depth < 64, "our own documents are at most 64 deep, as those we read")
        beforeValue()
        bytes.append(bracket)
        objects = objects << 1 | object
        depth += 1
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8, object: UInt64) {
        precondition(depth > 0 && objects & 1 == object && !isAfterKey, "only what is open can be closed")
        bytes.append(bracket)
        objects >>= 1
        depth -= 1
        afterValue()
    }

    private mutating func literal(_ text: StaticString) {
        beforeValue()
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        afterValue()
    }

    private mutating func beforeKey() {
        precondition(depth > 0 && objects & 1 == 1 && !isAfterKey, "a key stands only inside an object")
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func beforeValue() {
        if depth == 0 {
            precondition(!needsComma, "a document is one value")
        } else if objects & 1 == 1 {
            precondition(isAfterKey, "a value inside an object follows its key")
        } else if needsComma {
            bytes.append(UInt8(ascii: ","))
        }
        isAfterKey = false
    }

    private mutating func afterValue() { needsComma = true }

    private mutating func appendDecimal(_ value: Int64) {
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        var rest = value.magnitude
        let start = bytes.count
        repeat {
            let (tens, digit) = rest.quotientAndRemainder(dividingBy: 10)
            bytes.append(UInt8(ascii: "0") + UInt8(digit))
            rest = tens
        } while rest > 0
        bytes[start...].reverse()
    }

    private mutating func appendQuoted(_ text: String) {
        var text = text
        text.withUTF8 { JSONWriter.appendQuoted($0, to: &bytes) }
    }

    /// Escapes what JSON must, control bytes, and U+2028 and U+2029, which older JavaScript takes for line ends.
    static func appendQuoted(
        _ text: UnsafeBufferPointer<UInt8>,
        escapingLineSeparators: Bool = true,
        to bytes: inout [UInt8]
    ) {
        bytes.append(UInt8(ascii: "\""))
        let raw = UnsafeRawBufferPointer(text)
        var start = 0
        var offset = 0
        while offset < text.count {
            if offset &+ 8 <= text.count,
                JSONText.stops(in: raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) == 0
            {
                offset &+= 8
                continue
            }
            let byte = text[offset]
            let isSeparator =
                byte == 0xE2 && escapingLineSeparators && offset + 2 < text.count && text[offset + 1] == 0x80
                && text[offset + 2] & 0xFE == 0xA8
            guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || isSeparator
            else {
                offset += 1
                continue
            }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start..<offset]))
            start = offset + (isSeparator ? 3 : 1)
            offset = start
            bytes.append(UInt8(ascii: "\\"))
            switch byte {
            case 0x08: bytes.append(UInt8(ascii: "b"))
            case 0x09: bytes.append(UInt8(ascii: "t"))
            case 0x0A: bytes.append(UInt8(ascii: "n"))
            case 0x0C: bytes.append(UInt8(ascii: "f"))
            case 0x0D: bytes.append(UInt8(ascii: "r"))
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
            default:
                let unit: UInt16 = isSeparator ? 0x2028 | UInt16(text[start - 1] & 1) : UInt16(byte)
                bytes.append(UInt8(ascii: "u"))
                for shift: UInt16 in [12, 8, 4, 0] {
                    let digit = UInt8(truncatingIfNeeded: unit >> shift & 0xF)
                    bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
                }
            }
        }
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start...]))
        bytes.append(UInt8(ascii: "\""))
    }
}
