/// Decoding of string contents that the indexer has already accepted.
enum JSONText {
    static func hexDigit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte &- UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte &- UInt8(ascii: "a") &+ 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte &- UInt8(ascii: "A") &+ 10)
        default: nil
        }
    }

    /// Looks at eight bytes of a string at once: zero when all are plain, else the number of trailing zero bits tells
    /// which is the first that is not: a quote, a backslash, a control character, or one beyond ASCII.
    @inline(__always)
    static func stops(in word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let high: UInt64 = 0x8080_8080_8080_8080
        let quote = word ^ 0x2222_2222_2222_2222
        let slash = word ^ 0x5C5C_5C5C_5C5C_5C5C
        let found = (quote &- ones) & ~quote | (slash &- ones) & ~slash
        // Borrows make only bytes *above* a true hit look like hits: the lowest one is exact.
        return (found | (word &- 0x2020_2020_2020_2020) | word) & high
    }

    /// The UTF-8 bytes that the string at `token` means, escapes resolved.
    static func decoded(_ token: JSONToken, over base: UnsafePointer<UInt8>) -> [UInt8] {
        let content = token.content
        let raw = UnsafeBufferPointer(start: base + content.lowerBound, count: content.count)
        return token.isFlagged ? unescaped(raw) : [UInt8](raw)
    }

    private static func unescaped(_ raw: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(raw.count)
        var offset = 0
        while offset < raw.count {
            guard raw[offset] == UInt8(ascii: "\\") else {
                bytes.append(raw[offset])
                offset += 1
                continue
            }
            let letter = raw[offset + 1]
            offset += 2
            switch letter {
            case UInt8(ascii: "b"): bytes.append(0x08)
            case UInt8(ascii: "f"): bytes.append(0x0C)
            case UInt8(ascii: "n"): bytes.append(0x0A)
            case UInt8(ascii: "r"): bytes.append(0x0D)
            case UInt8(ascii: "t"): bytes.append(0x09)
            case UInt8(ascii: "u"):
                var scalar = unit(raw, at: offset)
                offset += 4
                if scalar & 0xFC00 == 0xD800 {
                    scalar = 0x10000 + (scalar & 0x3FF) << 10 + unit(raw, at: offset + 2) & 0x3FF
                    offset += 6
                }
                appendUTF8(scalar, to: &bytes)
            default: bytes.append(letter)
            }
        }
        return bytes
    }

    private static func unit(_ raw: UnsafeBufferPointer<UInt8>, at offset: Int) -> UInt32 {
        var unit: UInt32 = 0
        for place in offset..<offset + 4 {
            guard let digit = hexDigit(raw[place]) else {
                preconditionFailure("the indexer accepts four hexadecimal digits only")
            }
            unit = unit << 4 | digit
        }
        return unit
    }

    private static func appendUTF8(_ scalar: UInt32, to bytes: inout [UInt8]) {
        func tail(_ shift: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: 0x80 | scalar >> shift & 0x3F) }
        if scalar < 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: scalar))
        } else if scalar < 0x800 {
            bytes.append(UInt8(truncatingIfNeeded: 0xC0 | scalar >> 6))
            bytes.append(tail(0))
        } else if scalar < 0x10000 {
            bytes.append(UInt8(truncatingIfNeeded: 0xE0 | scalar >> 12))
            bytes.append(tail(6))
            bytes.append(tail(0))
        } else {
            bytes.append(UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18))
            bytes.append(tail(12))
            bytes.append(tail(6))
            bytes.append(tail(0))
        }
    }
}
