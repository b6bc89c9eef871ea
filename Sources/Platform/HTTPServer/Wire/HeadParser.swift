enum HeadResult: Equatable {
    case incomplete
    case complete(HeadLayout)
    case refused(HTTPRefusal)
}

/// Reads one request head, from its first byte, line by line; the first line that is wrong decides.
///
/// A pure function: given a longer run of the same bytes it never takes back a refusal or a completion.
struct HeadParser {
    private let bytes: UnsafeRawBufferPointer
    private let limits: HTTPLimits
    private let table: HeaderTable
    private var layout = HeadLayout()
    private var hasHost = false
    private var hasTransferEncoding = false
    private var wantsClose = false
    private var wantsKeepAlive = false

    static func parse(
        _ bytes: UnsafeRawBufferPointer,
        limits: HTTPLimits,
        table: HeaderTable
    ) -> HeadResult {
        var parser = HeadParser(bytes: bytes, limits: limits, table: table)
        return parser.run()
    }

    private init(bytes: UnsafeRawBufferPointer, limits: HTTPLimits, table: HeaderTable) {
        self.bytes = bytes
        self.limits = limits
        self.table = table
    }

    private mutating func run() -> HeadResult {
        var position = 0
        // RFC 9112 §2.2: one empty line before the request line is tolerated; some old clients send it.
        if bytes[0] == 0x0D {
            guard bytes.count > 1 else { return .incomplete }
            guard bytes[1] == 0x0A else { return .refused(.malformedRequestLine) }
            position = 2
        }
        guard position < bytes.count else { return .incomplete }
        // Refused before its line is complete: a TLS hello or other noise needs no deadline.
        guard bytes[position] != 0x0A else { return .refused(.bareLineFeed) }
        guard isTokenByte(bytes[position]) else { return .refused(.malformedRequestLine) }

        guard let end = lineFeed(in: bytes, from: position) else {
            return .incompleteUnless(bytes.count - position > limits.requestLineBytesMax, .requestLineTooLong)
        }
        if end + 1 - position > limits.requestLineBytesMax { return .refused(.requestLineTooLong) }
        if bytes[end - 1] != 0x0D { return .refused(.bareLineFeed) }
        if let refusal = readRequestLine(from: position, to: end - 1) { return .refused(refusal) }
        position = end + 1

        while true {
            guard let end = lineFeed(in: bytes, from: position) else {
                return .incompleteUnless(bytes.count > limits.headBytesMax, .headTooLarge)
            }
            if end + 1 > limits.headBytesMax { return .refused(.headTooLarge) }
            if end == position || bytes[end - 1] != 0x0D { return .refused(.bareLineFeed) }
            if end - 1 == position { return finish(headBytes: end + 1) }
            if let refusal = readField(from: position, to: end - 1) { return .refused(refusal) }
            position = end + 1
        }
    }

    private mutating func finish(headBytes: Int) -> HeadResult {
        // RFC 9112 §3.2: exactly one Host on 1.1.
        if !hasHost, layout.minorVersion == 1 { return .refused(.badHost) }
        // RFC 9112 §6.3: both may be an attempt at smuggling; stricter than "ought to be handled as an error".
        if hasTransferEncoding, layout.contentLength >= 0 { return .refused(.conflictingFraming) }
        layout.headBytes = UInt32(headBytes)
        layout.keepsAlive = !wantsClose && (layout.minorVersion == 1 || wantsKeepAlive)
        return .complete(layout)
    }

    // MARK: Request line, RFC 9112 §3

    private mutating func readRequestLine(from start: Int, to end: Int) -> HTTPRefusal? {
        var position = start
        while position < end, isTokenByte(bytes[position]) { position += 1 }
        guard position > start, position < end, bytes[position] == UInt8(ascii: " ") else {
            return .malformedRequestLine
        }
        layout.methodPart = part(start, position)
        let targetStart = position + 1
        position = targetStart
        while position < end, bytes[position] != UInt8(ascii: " ") { position += 1 }
        guard position > targetStart, position < end else { return .malformedRequestLine }
        layout.target = part(targetStart, position)
        if let refusal = readVersion(from: position + 1, to: end) { return refusal }
        return readMethod() ?? readTarget()
    }

    private mutating func readVersion(from start: Int, to end: Int) -> HTTPRefusal? {
        let version = slice(start, end)
        guard version.count == 8, bytesEqual(slice(start, start + 5), exactly: "HTTP/"), version[6] == 0x2E,
            isDigit(version[5]), isDigit(version[7])
        else { return .malformedRequestLine }
        guard version[5] == UInt8(ascii: "1"), version[7] <= UInt8(ascii: "1") else {
            return .unsupportedVersion
        }
        layout.minorVersion = version[7] - UInt8(ascii: "0")
        return nil
    }

    private mutating func readMethod() -> HTTPRefusal? {
        let method = slice(layout.methodPart)
        if bytesEqual(method, exactly: "GET") {
            layout.method = .get
        } else if bytesEqual(method, exactly: "POST") {
            layout.method = .post
        } else if bytesEqual(method, exactly: "HEAD") {
            layout.method = .head
        } else if bytesEqual(method, exactly: "PUT") {
            layout.method = .put
        } else if bytesEqual(method, exactly: "PATCH") {
            layout.method = .patch
        } else if bytesEqual(method, exactly: "DELETE") {
            layout.method = .delete
        } else if bytesEqual(method, exactly: "OPTIONS") {
            layout.method = .options
        } else if bytesEqual(method, exactly: "CONNECT") || method.count > 32 {
            // CONNECT would turn the connection into a tunnel; its target has a form of its own.
            return .unsupportedMethod
        }
        return nil
    }

    /// RFC 9112 §3.2: origin form, absolute form of http and https, and `*` with OPTIONS.
    private mutating func readTarget() -> HTTPRefusal? {
        let start = Int(layout.target.start)
        let end = Int(layout.target.end)
        guard isTarget(start, end) else { return .malformedTarget }
        var pathStart = start
        if bytes[start] == UInt8(ascii: "*") {
            guard end - start == 1, layout.method == .options else { return .malformedTarget }
        } else if bytes[start] != UInt8(ascii: "/") {
            guard let authority = authorityStart(start, end) else { return .malformedTarget }
            pathStart = authority
            while pathStart < end, bytes[pathStart] != UInt8(ascii: "/"),
                bytes[pathStart] != UInt8(ascii: "?")
            {
                // No user information: RFC 9110 §4.2.4 asks to treat it as an error.
                guard isHostByte(bytes[pathStart]) else { return .malformedTarget }
                pathStart += 1
            }
            guard pathStart > authority else { return .malformedTarget }
        }
        var pathEnd = pathStart
        while pathEnd < end, bytes[pathEnd] != UInt8(ascii: "?") { pathEnd += 1 }
        layout.path = part(pathStart, pathEnd)
        layout.hasQuery = pathEnd < end
        layout.query = layout.hasQuery ? part(pathEnd + 1, end) : part(end, end)
        return nil
    }

    private func authorityStart(_ start: Int, _ end: Int) -> Int? {
        if end - start > 7, bytesEqual(slice(start, start + 7), lowercase: "http://") { return start + 7 }
        if end - start > 8, bytesEqual(slice(start, start + 8), lowercase: "https://") { return start + 8 }
        return nil
    }

    /// RFC 3986 characters and well-formed percent triplets, square brackets allowed (`expand[]=…` is common);
    /// no fragment, no encoded NUL.
    private func isTarget(_ start: Int, _ end: Int) -> Bool {
        // 0x21-0x3F without " # < >; 0x40-0x7F without \ ^ ` { | } DEL.
        let low: UInt64 = 0xAFFF_FFF2_0000_0000
        let high: UInt64 = 0x47FF_FFFE_AFFF_FFFF
        var index = start
        while index < end {
            let byte = bytes[index]
            guard byte < 128, (byte < 64 ? low : high) >> UInt64(byte & 63) & 1 == 1 else { return false }
            if byte == UInt8(ascii: "%") {
                guard index + 2 < end, let first = hexadecimalDigit(bytes[index + 1]),
                    let second = hexadecimalDigit(bytes[index + 2]), first | second != 0
                else { return false }
            }
            index &+= 1
        }
        return true
    }

    // MARK: Fields, RFC 9112 §5

    private mutating func readField(from start: Int, to end: Int) -> HTTPRefusal? {
        if isWhiteSpace(bytes[start]) { return .obsoleteFolding }
        guard let field = FieldLine.read(bytes, from: start, to: end) else { return .malformedField }
        let index = Int(layout.fieldCount)
        guard index < min(table.capacity, limits.headerCountMax) else { return .tooManyFields }
        table.fields[index] = field
        layout.fieldCount += 1

        let name = slice(field.name)
        let value = slice(field.value)
        switch name.count {
        case 4 where bytesEqual(name, lowercase: "host"): return readHost(value)
        case 6 where bytesEqual(name, lowercase: "expect"): return readExpect(value)
        case 10 where bytesEqual(name, lowercase: "connection"): readConnection(value)
        case 14 where bytesEqual(name, lowercase: "content-length"): return readContentLength(value)
        case 17 where bytesEqual(name, lowercase: "transfer-encoding"): return readTransferEncoding(value)
        default: break
        }
        return nil
    }

    private mutating func readHost(_ value: UnsafeRawBufferPointer) -> HTTPRefusal? {
        guard !hasHost, !value.isEmpty, value.allSatisfy({ isHostByte($0) }) else { return .badHost }
        hasHost = true
        return nil
    }

    private mutating func readExpect(_ value: UnsafeRawBufferPointer) -> HTTPRefusal? {
        // RFC 9110 §10.1.1: an expectation in an HTTP/1.0 request is ignored.
        if layout.minorVersion == 0 { return nil }
        guard bytesEqual(value, lowercase: "100-continue") else { return .unknownExpectation }
        layout.expectsContinue = true
        return nil
    }

    private mutating func readConnection(_ value: UnsafeRawBufferPointer) {
        forEachElement(of: value) { element in
            if bytesEqual(element, lowercase: "close") { wantsClose = true }
            if bytesEqual(element, lowercase: "keep-alive") { wantsKeepAlive = true }
        }
    }

    /// Stricter than RFC 9110 §8.6: a repeated field or a list is refused even if its members agree.
    private mutating func readContentLength(_ value: UnsafeRawBufferPointer) -> HTTPRefusal? {
        // 18 digits always fit 63 bits.
        guard layout.contentLength < 0, (1...18).contains(value.count) else { return .badContentLength }
        var length = 0
        for byte in value {
            guard isDigit(byte) else { return .badContentLength }
            length = length * 10 + Int(byte - UInt8(ascii: "0"))
        }
        layout.contentLength = length
        return nil
    }

    /// RFC 9112 §6.1. Only `chunked`, once, on HTTP/1.1.
    private mutating func readTransferEncoding(_ value: UnsafeRawBufferPointer) -> HTTPRefusal? {
        guard !hasTransferEncoding, layout.minorVersion == 1, !value.isEmpty else {
            return .badTransferEncoding
        }
        hasTransferEncoding = true
        if bytesEqual(value, lowercase: "chunked") {
            layout.isChunked = true
            return nil
        }
        var hasUnknown = false
        forEachElement(of: value) { element in
            if !element.isEmpty, !bytesEqual(element, lowercase: "chunked") { hasUnknown = true }
        }
        return hasUnknown ? .unknownTransferCoding : .badTransferEncoding
    }

    private func forEachElement(
        of list: UnsafeRawBufferPointer,
        _ body: (UnsafeRawBufferPointer) -> Void
    ) {
        var start = 0
        while start <= list.count {
            var end = start
            while end < list.count, list[end] != UInt8(ascii: ",") { end += 1 }
            let trimmed = FieldLine.trimmed(list, from: start, to: end)
            body(UnsafeRawBufferPointer(rebasing: list[Int(trimmed.start)..<Int(trimmed.end)]))
            start = end + 1
        }
    }

    private func isDigit(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10
    }

    /// RFC 3986 reg-name, IP literal and port; no `@`, no path.
    private func isHostByte(_ byte: UInt8) -> Bool {
        // ! $ % & ' ( ) * + , - . 0-9 : ; =  and  A-Z [ ] _ a-z ~
        let low: UInt64 = 0x2FFF_7FF2_0000_0000
        let high: UInt64 = 0x47FF_FFFE_AFFF_FFFE
        return byte < 128 && (byte < 64 ? low : high) >> UInt64(byte & 63) & 1 == 1
    }

    @inline(__always)
    private func part(_ start: Int, _ end: Int) -> BytePart {
        BytePart(start: UInt32(truncatingIfNeeded: start), end: UInt32(truncatingIfNeeded: end))
    }

    @inline(__always)
    private func slice(_ start: Int, _ end: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[start..<end])
    }

    @inline(__always)
    private func slice(_ part: BytePart) -> UnsafeRawBufferPointer {
        slice(Int(part.start), Int(part.end))
    }
}

extension HeadResult {
    fileprivate static func incompleteUnless(_ passed: Bool, _ refusal: HTTPRefusal) -> HeadResult {
        passed ? .refused(refusal) : .incomplete
    }
}
