import Glibc

// Bytes are compared as bytes: Swift's String == is canonical equivalence, which is not what a protocol means.

/// RFC 9110 §5.6.2 `tchar`, as two bit masks over ASCII.
@inline(__always)
func isTokenByte(_ byte: UInt8) -> Bool {
    // 0x21-0x3F: ! # $ % & ' * + - . 0-9; 0x40-0x7F: A-Z ^ _ ` a-z | ~
    let low: UInt64 = 0x03FF_6CFA_0000_0000
    let high: UInt64 = 0x57FF_FFFF_C7FF_FFFE
    if byte < 64 { return low >> UInt64(byte) & 1 == 1 }
    return byte < 128 && high >> UInt64(byte & 63) & 1 == 1
}

@inline(__always)
func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte &- UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte &- UInt8(ascii: "a") &+ 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte &- UInt8(ascii: "A") &+ 10
    default: nil
    }
}

@inline(__always)
func isWhiteSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
}

@inline(__always)
func lowercased(_ byte: UInt8) -> UInt8 {
    byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
}

/// ASCII case-insensitive; `lowercase` is already in lower case.
@inline(__always)
func bytesEqual(_ bytes: UnsafeRawBufferPointer, lowercase: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count == lowercase.count else { return false }
    var index = 0
    while index < bytes.count {
        if lowercased(bytes[index]) != lowercase[index] { return false }
        index &+= 1
    }
    return true
}

@inline(__always)
func bytesEqual(_ bytes: UnsafeRawBufferPointer, lowercase: StaticString) -> Bool {
    let name = UnsafeRawBufferPointer(start: lowercase.utf8Start, count: lowercase.utf8CodeUnitCount)
    return bytesEqual(bytes, lowercase: name)
}

/// Exact comparison.
@inline(__always)
func bytesEqual(_ bytes: UnsafeRawBufferPointer, exactly text: StaticString) -> Bool {
    guard bytes.count == text.utf8CodeUnitCount, let start = bytes.baseAddress else {
        return bytes.isEmpty && text.utf8CodeUnitCount == 0
    }
    return memcmp(start, text.utf8Start, bytes.count) == 0
}

/// Offset of the first line feed at or after `from`; nil without one.
@inline(__always)
func lineFeed(in bytes: UnsafeRawBufferPointer, from: Int) -> Int? {
    guard from < bytes.count, let base = bytes.baseAddress else { return nil }
    guard let found = memchr(base + from, 0x0A, bytes.count - from) else { return nil }
    return UnsafeRawPointer(found) - base
}

/// True when all bytes may stand in a field value (RFC 9110 §5.5: HTAB, SP, visible, obs-text). Eight at a time.
@inline(__always)
func isFieldValue(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let high: UInt64 = 0x8080_8080_8080_8080
    var index = 0
    while index &+ 8 <= bytes.count {
        let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        // May also be set for harmless bytes beside a suspect one; the slow look below decides.
        let delete = word ^ 0x7F7F_7F7F_7F7F_7F7F
        let suspects = ((word &- ones &* 0x20) & ~word | (delete &- ones) & ~delete) & high
        if suspects != 0 {
            for offset in index..<index &+ 8 where !isFieldValueByte(bytes[offset]) { return false }
        }
        index &+= 8
    }
    while index < bytes.count {
        if !isFieldValueByte(bytes[index]) { return false }
        index &+= 1
    }
    return true
}

@inline(__always)
private func isFieldValueByte(_ byte: UInt8) -> Bool {
    byte >= 0x20 ? byte != 0x7F : byte == 0x09
}
