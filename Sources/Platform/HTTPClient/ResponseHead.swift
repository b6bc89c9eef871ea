/// Gathers header lines as libcurl hands them out: of each informational answer, of the final one, and trailers.
struct ResponseHead {
    private(set) var headers: [(name: String, value: String)] = []
    private var byteCount = 0
    /// The empty line after the final answer's headers has come.
    private(set) var isFinalAndComplete = false

    /// One line with its line break. False when all lines together pass `bytesMax`.
    mutating func take(_ line: UnsafeRawBufferPointer, bytesMax: Int) -> Bool {
        byteCount += line.count
        if byteCount > bytesMax { return false }
        let text = Self.trimmed(line[...])
        if text.starts(with: "HTTP/".utf8) {
            // A new answer: what came before was informational, or of a connection that died.
            headers = []
            isFinalAndComplete = false
            isInformational = Self.isInformational(text)
        } else if text.isEmpty {
            isFinalAndComplete = !isInformational
        } else if !isFinalAndComplete, let colon = text.firstIndex(of: UInt8(ascii: ":")) {
            // Trailers are dropped: what comes after the body must not pass for the head.
            let name = text[..<colon].map { (65...90).contains($0) ? $0 | 0x20 : $0 }
            let value = Self.trimmed(text[(colon + 1)...])
            headers.append((String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
        }
        return true
    }

    private var isInformational = false

    /// `HTTP/1.1 103 Early Hints`: the status begins with 1.
    private static func isInformational(_ statusLine: Slice<UnsafeRawBufferPointer>) -> Bool {
        guard let space = statusLine.firstIndex(of: UInt8(ascii: " ")), space + 1 < statusLine.endIndex else {
            return false
        }
        return statusLine[space + 1] == UInt8(ascii: "1")
    }

    private static func trimmed(_ bytes: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
        let isSpace = { (byte: UInt8) in byte == 32 || byte == 9 || byte == 13 || byte == 10 }
        var bytes = bytes.drop(while: isSpace)
        while let last = bytes.last, isSpace(last) { bytes = bytes.dropLast() }
        return bytes
    }
}
