extension JSONIndexer {
    /// Steps over the string at `position`, eight bytes at a time while they are plain ASCII.
    /// True when it holds an escape.
    @inline(__always)
    mutating func scanString() throws(JSONError) -> Bool {
        var offset = position &+ 1
        var isEscaped = false
        while true {
            if offset &+ 8 <= count {
                let stop = JSONText.stops(in: word(at: offset))
                if stop == 0 {
                    offset &+= 8
                    continue
                }
                offset &+= stop.trailingZeroBitCount &>> 3
            } else if offset >= count {
                throw failure(.unexpectedEnd, at: count)
            }
            let byte = base[offset]
            if byte == UInt8(ascii: "\"") {
                position = offset &+ 1
                return isEscaped
            }
            if byte == UInt8(ascii: "\\") {
                isEscaped = true
                offset = try scanEscape(at: offset)
            } else if byte < 0x20 {
                throw failure(.controlCharacter, at: offset)
            } else if byte >= 0x80 {
                offset = try scanMultibyte(at: offset)
            } else {
                offset &+= 1
            }
        }
    }

    /// From a backslash to the first byte behind its escape, both halves of a surrogate pair together.
    private func scanEscape(at offset: Int) throws(JSONError) -> Int {
        guard offset + 1 < count else { throw failure(.unexpectedEnd, at: count) }
        switch base[offset + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return offset + 2
        case UInt8(ascii: "u"):
            let unit = try scanHex(at: offset + 2)
            guard unit & 0xF800 == 0xD800 else { return offset + 6 }
            guard unit < 0xDC00 else { throw failure(.loneSurrogate, at: offset) }
            guard offset + 7 < count else {
                if offset + 6 < count, base[offset + 6] != UInt8(ascii: "\\") {
                    throw failure(.loneSurrogate, at: offset)
                }
                throw failure(.unexpectedEnd, at: count)
            }
            guard base[offset + 6] == UInt8(ascii: "\\"), base[offset + 7] == UInt8(ascii: "u") else {
                throw failure(.loneSurrogate, at: offset)
            }
            guard try scanHex(at: offset + 8) & 0xFC00 == 0xDC00 else {
                throw failure(.loneSurrogate, at: offset)
            }
            return offset + 12
        default:
            throw failure(.invalidEscape, at: offset + 1)
        }
    }

    private func scanHex(at offset: Int) throws(JSONError) -> UInt32 {
        var unit: UInt32 = 0
        for place in offset..<offset + 4 {
            guard place < count else { throw failure(.unexpectedEnd, at: count) }
            guard let digit = JSONText.hexDigit(base[place]) else { throw failure(.invalidEscape, at: place) }
            unit = unit << 4 | digit
        }
        return unit
    }

    /// A run of characters beyond ASCII; RFC 3629 §4: no overlong form, no surrogate, nothing above U+10FFFF.
    private func scanMultibyte(at start: Int) throws(JSONError) -> Int {
        var offset = start
        while offset < count, base[offset] >= 0x80 {
            let length: Int
            var second: ClosedRange<UInt8> = 0x80...0xBF
            switch base[offset] {
            case 0xC2...0xDF: length = 2
            case 0xE0: (length, second) = (3, 0xA0...0xBF)
            case 0xED: (length, second) = (3, 0x80...0x9F)
            case 0xE1...0xEF: length = 3
            case 0xF0: (length, second) = (4, 0x90...0xBF)
            case 0xF1...0xF3: length = 4
            case 0xF4: (length, second) = (4, 0x80...0x8F)
            default: throw failure(.invalidUTF8, at: offset)
            }
            for place in 1..<length {
                guard offset + place < count else { throw failure(.unexpectedEnd, at: count) }
                guard (place == 1 ? second : 0x80...0xBF).contains(base[offset + place]) else {
                    throw failure(.invalidUTF8, at: offset + place)
                }
            }
            offset += length
        }
        return offset
    }
}
