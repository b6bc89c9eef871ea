/// Blanks in a text what looks like an e-mail address or a credential, and cuts what is too long.
///
/// The last net: callers already pass only ids and words. Works on bytes, in linear time, and would rather
/// blank too much than too little.
package enum LogRedactor {
    package static let textBytesMax = 256

    /// At most `textBytesMax` bytes, not counting the mark that something was cut off.
    package static func redacted(_ text: String) -> String {
        var text = text
        return text.withUTF8 { bytes in
            var scan = RedactingScan(input: bytes)
            scan.run()
            return String(decoding: cut(scan.output), as: UTF8.self)
        }
    }

    private static func cut(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.count > textBytesMax else { return bytes }
        var end = textBytesMax
        // Not inside a character: continuation bytes are 10xxxxxx.
        while end > 0, bytes[end] & 0xC0 == 0x80 { end -= 1 }
        return Array(bytes[..<end]) + Array("…".utf8)
    }
}

private struct RedactingScan {
    let input: UnsafeBufferPointer<UInt8>
    var output: [UInt8] = []
    var position = 0

    init(input: UnsafeBufferPointer<UInt8>) {
        self.input = input
        output.reserveCapacity(input.count)
    }

    mutating func run() {
        while position < input.count {
            if let length = atSignLength, !output.isEmpty, isAddressByte(output[output.count - 1]),
                position + length < input.count, isAddressByte(input[position + length])
            {
                blankAddress(atSignLength: length)
            } else if let prefix = credentialPrefixLength {
                blankToken(from: position + prefix)
            } else if let scheme = schemeLength {
                output += input[position..<position + scheme]
                blankToken(from: position + scheme)
            } else {
                output.append(input[position])
                position += 1
            }
        }
    }

    /// `@`, or `%40` as it stands in a query.
    private var atSignLength: Int? {
        if input[position] == UInt8(ascii: "@") { return 1 }
        return hasPrefix("%40") ? 3 : nil
    }

    private mutating func blankAddress(atSignLength: Int) {
        while let last = output.last, isAddressByte(last) { output.removeLast() }
        output += "<email>".utf8
        position += atSignLength
        while position < input.count, isAddressByte(input[position]) { position += 1 }
    }

    private static let keyPrefixes = ["sk_", "rk_", "pk_", "sk-"]
    private static let secretPrefixes = ["whsec_", "_secret_"]

    private var credentialPrefixLength: Int? {
        for prefix in Self.secretPrefixes where hasPrefix(prefix) { return prefix.utf8.count }
        // `task_7` and `disk_full` hold `sk_` too: a key begins a word.
        guard output.last.map({ !isWordByte($0) }) ?? true else { return nil }
        for prefix in Self.keyPrefixes where hasPrefix(prefix) {
            return prefix.utf8.count
        }
        return nil
    }

    /// `Bearer ` or `Basic ` (RFC 9110 §11.6.2), which the credential follows.
    private var schemeLength: Int? {
        for scheme in ["bearer", "basic"] where hasPrefix(scheme) {
            var end = position + scheme.utf8.count
            let start = end
            while end < input.count, input[end] == UInt8(ascii: " ") || input[end] == UInt8(ascii: ":") {
                end += 1
            }
            if end > start, end < input.count { return end - position }
        }
        return nil
    }

    private mutating func blankToken(from start: Int) {
        output += "<secret>".utf8
        position = start
        while position < input.count, isTokenByte(input[position]) { position += 1 }
    }

    private func hasPrefix(_ lowercase: String) -> Bool {
        var offset = position
        for byte in lowercase.utf8 {
            guard offset < input.count, lowered(input[offset]) == byte else { return false }
            offset += 1
        }
        return true
    }
}

private func lowered(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte + 32 : byte
}

private func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
    default: byte >= 0x80
    }
}

private func isAddressByte(_ byte: UInt8) -> Bool {
    isWordByte(byte) || "!#$%&'*+-/=?^_`{|}~.".utf8.contains(byte)
}

private func isTokenByte(_ byte: UInt8) -> Bool {
    isWordByte(byte) || "_-+/=.~:".utf8.contains(byte)
}
