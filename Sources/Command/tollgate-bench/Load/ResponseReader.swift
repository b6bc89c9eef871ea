/// Finds the end of an HTTP answer and what it says. Made for answers of servers that we started ourselves:
/// a length is expected, chunked bodies are not understood.
package enum ResponseReader {
    package struct Answer: Equatable, Sendable {
        package let status: Int
        /// `"duplicate":true` stands in the body.
        package let isDuplicate: Bool
        package let closes: Bool
        /// How many bytes it took.
        package let byteCount: Int
    }

    package enum Reading: Equatable, Sendable {
        case incomplete
        case answer(Answer)
        case malformed
    }

    package static func read(_ bytes: UnsafeRawBufferPointer) -> Reading {
        guard bytes.count >= 16 else { return .incomplete }
        guard let status = number(bytes, from: 9, to: 12), bytes[0] == UInt8(ascii: "H") else {
            return .malformed
        }
        var length = 0
        var closes = false
        var lineStart = 0
        var position = 0
        while position + 1 < bytes.count {
            guard bytes[position] == 13, bytes[position + 1] == 10 else {
                position += 1
                continue
            }
            if position == lineStart {
                let bodyStart = position + 2
                guard bytes.count >= bodyStart + length else { return .incomplete }
                let body = UnsafeRawBufferPointer(rebasing: bytes[bodyStart..<bodyStart + length])
                return .answer(
                    Answer(
                        status: status,
                        isDuplicate: saysDuplicate(body),
                        closes: closes,
                        byteCount: bodyStart + length
                    )
                )
            }
            let line = UnsafeRawBufferPointer(rebasing: bytes[lineStart..<position])
            if begins(line, with: "content-length:") {
                guard let value = number(line, from: 15, to: line.count) else { return .malformed }
                length = value
            } else if begins(line, with: "connection: close") {
                closes = true
            }
            position += 2
            lineStart = position
        }
        return .incomplete
    }

    private static func begins(_ line: UnsafeRawBufferPointer, with lowercase: StaticString) -> Bool {
        let count = lowercase.utf8CodeUnitCount
        guard line.count >= count else { return false }
        for position in 0..<count {
            var byte = line[position]
            if byte >= UInt8(ascii: "A"), byte <= UInt8(ascii: "Z") { byte += 32 }
            if byte != lowercase.utf8Start[position] { return false }
        }
        return true
    }

    /// Skips blanks before and stops at anything else after the digits.
    private static func number(_ bytes: UnsafeRawBufferPointer, from: Int, to: Int) -> Int? {
        var position = from
        while position < to, bytes[position] == UInt8(ascii: " ") { position += 1 }
        var value = 0
        let start = position
        while position < to, bytes[position] >= UInt8(ascii: "0"), bytes[position] <= UInt8(ascii: "9"),
            value < 1 << 40
        {
            value = value * 10 + Int(bytes[position] - UInt8(ascii: "0"))
            position += 1
        }
        return position > start ? value : nil
    }

    private static func saysDuplicate(_ body: UnsafeRawBufferPointer) -> Bool {
        let mark: StaticString = "\"duplicate\":true"
        let count = mark.utf8CodeUnitCount
        guard body.count >= count else { return false }
        for start in 0...(body.count - count) where body[start] == mark.utf8Start[0] {
            var matched = 1
            while matched < count, body[start + matched] == mark.utf8Start[matched] { matched += 1 }
            if matched == count { return true }
        }
        return false
    }
}
