/// Base64 with the standard alphabet and padding, RFC 4648 §4; strict where decoders are usually lenient.
package enum Base64 {
    package enum Padding: Sendable {
        case required
        /// Standard Webhooks secrets come with and without; a wrong amount of `=` is still refused.
        case optional
    }

    package static func encodedCount(of byteCount: Int) -> Int {
        (byteCount + 2) / 3 * 4
    }

    package static func encode(_ bytes: [UInt8]) -> String {
        bytes.withUnsafeBytes { bytes in
            String(unsafeUninitializedCapacity: encodedCount(of: bytes.count)) { text in
                write(bytes, to: UnsafeMutableRawBufferPointer(text))
            }
        }
    }

    /// Writes the padded text and returns its length; `text` must have room for it.
    @discardableResult
    package static func write(_ bytes: UnsafeRawBufferPointer, to text: UnsafeMutableRawBufferPointer) -> Int
    {
        precondition(
            text.count >= encodedCount(of: bytes.count),
            "base64 takes four characters for three bytes"
        )
        var position = 0
        var index = 0
        while index < bytes.count {
            let left = bytes.count - index
            let group =
                UInt32(bytes[index]) << 16
                | (left > 1 ? UInt32(bytes[index + 1]) << 8 : 0)
                | (left > 2 ? UInt32(bytes[index + 2]) : 0)
            text[position] = character(group >> 18)
            text[position + 1] = character(group >> 12)
            text[position + 2] = left > 1 ? character(group >> 6) : UInt8(ascii: "=")
            text[position + 3] = left > 2 ? character(group) : UInt8(ascii: "=")
            position += 4
            index += 3
        }
        return position
    }

    /// Nil for any character outside the alphabet, wrong padding, or bits set behind the last byte.
    package static func decode(_ text: some Collection<UInt8>, padding: Padding = .required) -> [UInt8]? {
        var characters = Array(text)
        let padded = characters.count
        while characters.last == UInt8(ascii: "="), padded - characters.count < 2 { characters.removeLast() }
        let equalsSigns = padded - characters.count
        let wanted = (4 - characters.count % 4) % 4
        guard wanted != 3 else { return nil }
        switch padding {
        case .required: guard equalsSigns == wanted else { return nil }
        case .optional: guard equalsSigns == wanted || equalsSigns == 0 else { return nil }
        }

        var bytes: [UInt8] = []
        bytes.reserveCapacity(characters.count / 4 * 3 + 2)
        var pending: UInt32 = 0
        var pendingBits = 0
        for character in characters {
            guard let value = value(character) else { return nil }
            pending = pending << 6 | value
            pendingBits += 6
            if pendingBits >= 8 {
                pendingBits -= 8
                bytes.append(UInt8(truncatingIfNeeded: pending >> UInt32(pendingBits)))
                pending &= (1 << UInt32(pendingBits)) - 1
            }
        }
        return pending == 0 ? bytes : nil
    }

    package static func decode(_ text: String, padding: Padding = .required) -> [UInt8]? {
        decode(text.utf8, padding: padding)
    }

    private static func character(_ group: UInt32) -> UInt8 {
        let value = UInt8(group & 0x3F)
        return switch value {
        case 0..<26: UInt8(ascii: "A") + value
        case 26..<52: UInt8(ascii: "a") + value - 26
        case 52..<62: UInt8(ascii: "0") + value - 52
        case 62: UInt8(ascii: "+")
        default: UInt8(ascii: "/")
        }
    }

    private static func value(_ character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
