/// One `name: value` line of a head or a trailer section.
enum FieldLine {
    /// `from..<to` without the line's end. Nil when the name is no token, the colon does not follow it at once
    /// (RFC 9112 §5.1), or the value holds control bytes, CR and NUL among them.
    @inline(__always)
    static func read(_ bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) -> HeaderField? {
        var colon = start
        while colon < end, isTokenByte(bytes[colon]) { colon &+= 1 }
        guard colon > start, colon < end, bytes[colon] == UInt8(ascii: ":") else { return nil }
        let value = trimmed(bytes, from: colon + 1, to: end)
        guard isFieldValue(UnsafeRawBufferPointer(rebasing: bytes[Int(value.start)..<Int(value.end)])) else {
            return nil
        }
        let name = BytePart(start: UInt32(truncatingIfNeeded: start), end: UInt32(truncatingIfNeeded: colon))
        return HeaderField(name: name, value: value)
    }

    @inline(__always)
    static func trimmed(_ bytes: UnsafeRawBufferPointer, from: Int, to: Int) -> BytePart {
        var start = from
        var end = to
        while start < end, isWhiteSpace(bytes[start]) { start &+= 1 }
        while end > start, isWhiteSpace(bytes[end &- 1]) { end &-= 1 }
        return BytePart(start: UInt32(truncatingIfNeeded: start), end: UInt32(truncatingIfNeeded: end))
    }
}
