extension JSONValue {
    /// One text for each meaning: no blanks, members sorted by the UTF-8 bytes of their names, the fewest
    /// escapes, numbers by value. Null members stay. For tests and tools; use `JSONDigest` to compare.
    package var canonicalBytes: [UInt8] {
        document.withCursor { cursor in
            var bytes: [UInt8] = []
            cursor.appendCanonical(index, to: &bytes)
            return bytes
        }
    }
}

extension JSONCursor {
    fileprivate func appendCanonical(_ index: Int, to bytes: inout [UInt8]) {
        let token = tokens[index]
        switch token.kind {
        case JSONToken.number:
            bytes += JSONNumber(raw(index)).canonicalText
        case JSONToken.string:
            appendCanonicalText(JSONText.decoded(token, over: base), to: &bytes)
        case JSONToken.array:
            bytes.append(UInt8(ascii: "["))
            var element = index + 1
            while element < Int(token.next) {
                if element > index + 1 { bytes.append(UInt8(ascii: ",")) }
                appendCanonical(element, to: &bytes)
                element = Int(tokens[element].next)
            }
            bytes.append(UInt8(ascii: "]"))
        case JSONToken.object:
            var members: [(key: [UInt8], value: Int)] = []
            var key = index + 1
            while key < Int(token.next) {
                members.append((JSONText.decoded(tokens[key], over: base), key + 1))
                key = Int(tokens[key + 1].next)
            }
            members.sort { $0.key.lexicographicallyPrecedes($1.key) }
            bytes.append(UInt8(ascii: "{"))
            for (place, member) in members.enumerated() {
                if place > 0 { bytes.append(UInt8(ascii: ",")) }
                appendCanonicalText(member.key, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                appendCanonical(member.value, to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        default:
            bytes.append(contentsOf: raw(index))
        }
    }

    private func appendCanonicalText(_ text: [UInt8], to bytes: inout [UInt8]) {
        text.withUnsafeBufferPointer {
            JSONWriter.appendQuoted($0, escapingLineSeparators: false, to: &bytes)
        }
    }
}
