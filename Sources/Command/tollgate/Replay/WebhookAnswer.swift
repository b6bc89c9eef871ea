import Glibc

/// What the receiver said to one delivery.
struct WebhookAnswer: Sendable, Equatable {
    let status: Int
    let body: [UInt8]
    let closes: Bool
}

/// Reads one HTTP/1.1 answer from a blocking source; a reader for our own gateway's answers, lenient towards
/// others where no harm follows.
struct AnswerReader {
    /// As `recv`: bytes read, 0 at the end, negative for an error.
    private let source: (UnsafeMutableRawBufferPointer) -> Int
    private var bytes: [UInt8] = []
    /// Why there is no answer.
    private(set) var failure: String?

    private static let headBytesMax = 65_536
    private static let bodyBytesMax = 1 << 20

    init(_ source: @escaping (UnsafeMutableRawBufferPointer) -> Int) {
        self.source = source
    }

    /// Nil when no whole answer came; `failure` says why.
    mutating func read() -> WebhookAnswer? {
        while true {
            guard let head = readHead() else { return nil }
            // Interim answers, as 100 Continue, are not the answer (RFC 9110 §15.2).
            if (100..<200).contains(head.status) { continue }
            let hasBody = head.status != 204 && head.status != 304
            guard let body = hasBody ? readBody(head) : [] else { return nil }
            return WebhookAnswer(status: head.status, body: body, closes: head.closes)
        }
    }

    private struct Head {
        var status: Int
        var length: Int?
        var isChunked = false
        var closes = false
    }

    private mutating func readHead() -> Head? {
        guard let end = fill(until: [13, 10, 13, 10], max: Self.headBytesMax) else { return nil }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
        bytes.removeFirst(end + 4)
        let words = lines.first?.split(separator: " ", maxSplits: 2) ?? []
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]),
            (100..<600).contains(status)
        else {
            failure = "the answer is not HTTP/1.1"
            return nil
        }
        var head = Head(status: status)
        head.closes = words[0] == "HTTP/1.0"
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }.lowercased()
            switch line[..<colon].lowercased() {
            case "content-length": head.length = Int(value)
            case "transfer-encoding": head.isChunked = value.hasSuffix("chunked")
            case "connection": head.closes = head.closes || value.contains("close")
            default: break
            }
        }
        if head.length == nil, !head.isChunked { head.closes = true }
        return head
    }

    private mutating func readBody(_ head: Head) -> [UInt8]? {
        if head.isChunked { return readChunks() }
        if let length = head.length {
            guard length >= 0, length <= Self.bodyBytesMax, fill(to: length) else {
                failure = failure ?? "the answer is too long"
                return nil
            }
            defer { bytes.removeFirst(length) }
            return Array(bytes[..<length])
        }
        while bytes.count <= Self.bodyBytesMax, more() {}
        return bytes
    }

    private mutating func readChunks() -> [UInt8]? {
        var body: [UInt8] = []
        while true {
            guard let end = fill(until: [13, 10], max: 1024) else { return nil }
            let size = Int(
                String(decoding: bytes[..<end].prefix { $0 != UInt8(ascii: ";") }, as: UTF8.self),
                radix: 16
            )
            bytes.removeFirst(end + 2)
            guard let size, size >= 0, body.count + size <= Self.bodyBytesMax, fill(to: size + 2) else {
                failure = failure ?? "the answer's chunks cannot be read"
                return nil
            }
            body += bytes[..<size]
            bytes.removeFirst(size + 2)
            if size == 0 { return body }
        }
    }

    /// Position of `mark`, read until it is there.
    private mutating func fill(until mark: [UInt8], max: Int) -> Int? {
        var from = 0
        while true {
            var index = from
            while index + mark.count <= bytes.count {
                if bytes[index..<index + mark.count].elementsEqual(mark) { return index }
                index += 1
            }
            from = index
            guard bytes.count <= max else {
                failure = "the answer's head is too long"
                return nil
            }
            guard more() else { return nil }
        }
    }

    private mutating func fill(to count: Int) -> Bool {
        while bytes.count < count {
            guard more() else { return false }
        }
        return true
    }

    private mutating func more() -> Bool {
        var chunk = [UInt8](repeating: 0, count: 4096)
        let count = chunk.withUnsafeMutableBytes { source($0) }
        if count < 0 {
            failure =
                errno == EAGAIN ? "no answer within the time limit" : String(cString: strerror(errno))
        }
        guard count > 0 else { return false }
        bytes += chunk[..<count]
        return true
    }
}
