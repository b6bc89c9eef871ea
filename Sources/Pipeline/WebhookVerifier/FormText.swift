/// `application/x-www-form-urlencoded` text, as it stands in bodies and query strings (WHATWG URL §5.1).
package enum FormText {
    /// The first value of that name, decoded; nil if it is absent. Names are compared after decoding.
    package static func value(of name: String, in text: UnsafeRawBufferPointer) -> [UInt8]? {
        let wanted = Array(name.utf8)
        var found: [UInt8]?
        text.forEachEntry([UInt8(ascii: "&")]) { entry in
            guard found == nil, !entry.isEmpty else { return }
            if let (key, value) = entry.keyAndValue() {
                if decoded(key) == wanted { found = decoded(value) }
            } else if decoded(entry) == wanted {
                found = []
            }
        }
        return found
    }

    /// A `%` without two hex digits behind it stands for itself.
    private static func decoded(_ text: UnsafeRawBufferPointer) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte == UInt8(ascii: "%"), index + 2 < text.count, let high = nibble(text[index + 1]),
                let low = nibble(text[index + 2])
            {
                bytes.append(high << 4 | low)
                index += 3
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
                index += 1
            }
        }
        return bytes
    }

    private static func nibble(_ digit: UInt8) -> UInt8? {
        Character(Unicode.Scalar(digit)).hexDigitValue.map { UInt8($0) }
    }
}
