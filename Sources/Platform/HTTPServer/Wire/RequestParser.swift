/// What the parser found.
package enum WireEvent: Equatable {
    /// Nothing more without more bytes.
    case needMore
    /// A valid head. `accept` must be called before the next step.
    case head(HeadLayout)
    /// Body bytes, chunk framing taken away; `start` counts from the input's first byte.
    case body(start: Int, count: Int)
    /// The request is complete; the next byte begins another.
    case end
    /// The connection must be closed after the answer. Every further step says the same.
    case refused(HTTPRefusal)
}

package struct WireStep: Equatable {
    package let event: WireEvent
    /// Bytes of the input that are done with and must not be shown again. The bytes of a head count only once
    /// it is complete: until then the whole head is shown again, with more behind it.
    package let consumed: Int
}

/// The framing of requests on one connection: bytes in, events out, no sockets.
///
/// Call `next` with all bytes not yet consumed until it says `needMore`. The events, taken together, do not
/// depend on how the bytes were cut.
package struct RequestParser {
    private enum Phase: Equatable {
        case head(scanned: Int)
        case admission
        case fixedBody(remaining: Int)
        case chunkLine
        case chunkData(remaining: Int)
        case chunkDataEnd
        case trailers
        case failed(HTTPRefusal)
    }

    private var phase = Phase.head(scanned: 0)
    private var bodyBytesMax = 0
    private var bodyBytes = 0
    private var extensionBytes = 0
    private var trailerBytes = 0
    private var trailerCount = 0

    package init() {}

    /// No byte of the next request has been seen.
    package var isBetweenRequests: Bool { phase == .head(scanned: 0) }

    /// A head was accepted and its request is not complete.
    package var isInBody: Bool {
        switch phase {
        case .head, .admission, .failed: false
        case .fixedBody, .chunkLine, .chunkData, .chunkDataEnd, .trailers: true
        }
    }

    /// Lets the body of the head that was just reported follow, if its length is within the bound.
    package mutating func accept(_ head: HeadLayout, bodyBytesMax: Int) -> HTTPRefusal? {
        precondition(phase == .admission, "a head is accepted once, after it was reported")
        self.bodyBytesMax = bodyBytesMax
        bodyBytes = 0
        extensionBytes = 0
        trailerBytes = 0
        trailerCount = 0
        if head.isChunked {
            phase = .chunkLine
        } else {
            guard head.contentLength <= bodyBytesMax else {
                phase = .failed(.bodyTooLarge)
                return .bodyTooLarge
            }
            phase = .fixedBody(remaining: max(head.contentLength, 0))
        }
        return nil
    }

    package mutating func next(
        _ input: UnsafeRawBufferPointer,
        limits: HTTPLimits,
        table: HeaderTable
    ) -> WireStep {
        var position = 0
        while true {
            let rest = UnsafeRawBufferPointer(rebasing: input[position...])
            switch phase {
            case .head(let scanned):
                return readHead(rest, scanned: scanned, limits: limits, table: table)
            case .admission:
                preconditionFailure("a reported head is accepted or its connection closed")
            case .fixedBody(let remaining):
                if remaining == 0 { return end(consumed: position) }
                if rest.isEmpty { return WireStep(event: .needMore, consumed: position) }
                let count = min(remaining, rest.count)
                phase = .fixedBody(remaining: remaining - count)
                return WireStep(event: .body(start: position, count: count), consumed: position + count)
            case .chunkLine:
                guard let line = takeLine(rest, limit: limits.chunkLineBytesMax, past: .malformedChunk) else {
                    return stalled(position)
                }
                position += line + 2
                let text = UnsafeRawBufferPointer(rebasing: rest[..<line])
                if let refusal = readChunkLine(text, limits: limits) {
                    return fail(refusal, consumed: position)
                }
            case .chunkData(let remaining):
                if rest.isEmpty { return WireStep(event: .needMore, consumed: position) }
                let count = min(remaining, rest.count)
                phase = remaining == count ? .chunkDataEnd : .chunkData(remaining: remaining - count)
                return WireStep(event: .body(start: position, count: count), consumed: position + count)
            case .chunkDataEnd:
                if let first = rest.first, first != 0x0D { return fail(.malformedChunk, consumed: position) }
                guard rest.count >= 2 else { return WireStep(event: .needMore, consumed: position) }
                if rest[1] != 0x0A { return fail(.malformedChunk, consumed: position) }
                position += 2
                phase = .chunkLine
            case .trailers:
                let allowed = limits.headBytesMax - trailerBytes
                guard let line = takeLine(rest, limit: allowed, past: .headTooLarge) else {
                    return stalled(position)
                }
                position += line + 2
                if line == 0 { return end(consumed: position) }
                trailerBytes += line + 2
                if let refusal = readTrailer(rest, line: line, limits: limits) {
                    return fail(refusal, consumed: position)
                }
            case .failed(let refusal):
                return WireStep(event: .refused(refusal), consumed: position)
            }
        }
    }

    /// A head is read anew only when a line of it became complete or a limit was passed, so that one that
    /// arrives byte by byte costs at most one reading per line.
    private mutating func readHead(
        _ input: UnsafeRawBufferPointer,
        scanned: Int,
        limits: HTTPLimits,
        table: HeaderTable
    ) -> WireStep {
        if input.isEmpty { return WireStep(event: .needMore, consumed: 0) }
        // The first bytes decide early refusals; 2 is the length of a tolerated empty line.
        let passesLineLimit =
            scanned <= limits.requestLineBytesMax + 2 && input.count > limits.requestLineBytesMax
        guard
            scanned <= 2 || passesLineLimit || input.count > limits.headBytesMax
                || lineFeed(in: input, from: scanned) != nil
        else {
            phase = .head(scanned: input.count)
            return WireStep(event: .needMore, consumed: 0)
        }
        switch HeadParser.parse(input, limits: limits, table: table) {
        case .incomplete:
            phase = .head(scanned: input.count)
            return WireStep(event: .needMore, consumed: 0)
        case .complete(let layout):
            phase = .admission
            return WireStep(event: .head(layout), consumed: Int(layout.headBytes))
        case .refused(let refusal):
            return fail(refusal, consumed: 0)
        }
    }

    /// Length of the line without its CRLF. Nil when it is not complete, or after a failure was noted.
    private mutating func takeLine(
        _ rest: UnsafeRawBufferPointer,
        limit: Int,
        past refusal: HTTPRefusal
    ) -> Int? {
        guard let end = lineFeed(in: rest, from: 0) else {
            if rest.count > limit { phase = .failed(refusal) }
            return nil
        }
        if end + 1 > limit {
            phase = .failed(refusal)
            return nil
        }
        guard end > 0, rest[end - 1] == 0x0D else {
            phase = .failed(.bareLineFeed)
            return nil
        }
        return end - 1
    }

    /// RFC 9112 §7.1. Extensions are checked and ignored; white space around the size is refused.
    private mutating func readChunkLine(_ line: UnsafeRawBufferPointer, limits: HTTPLimits) -> HTTPRefusal? {
        var size: UInt64 = 0
        var index = 0
        while index < line.count, let digit = hexadecimalDigit(line[index]) {
            // 15 digits always fit 63 bits.
            guard index < 15 else { return .malformedChunk }
            size = size << 4 | UInt64(digit)
            index += 1
        }
        guard index > 0 else { return .malformedChunk }
        if index < line.count {
            let extensions = UnsafeRawBufferPointer(rebasing: line[index...])
            guard extensions[0] == UInt8(ascii: ";"), extensions.count > 1, isFieldValue(extensions) else {
                return .malformedChunk
            }
            extensionBytes += extensions.count
            if extensionBytes > limits.chunkExtensionBytesMax { return .malformedChunk }
        }
        if size == 0 {
            phase = .trailers
            return nil
        }
        guard Int(size) <= bodyBytesMax - bodyBytes else { return .bodyTooLarge }
        bodyBytes += Int(size)
        phase = .chunkData(remaining: Int(size))
        return nil
    }

    /// RFC 9112 §7.1.2: trailer fields are checked and discarded; none of them may change the framing.
    private mutating func readTrailer(
        _ rest: UnsafeRawBufferPointer,
        line: Int,
        limits: HTTPLimits
    ) -> HTTPRefusal? {
        if isWhiteSpace(rest[0]) { return .obsoleteFolding }
        guard FieldLine.read(rest, from: 0, to: line) != nil else { return .malformedTrailer }
        trailerCount += 1
        return trailerCount > limits.headerCountMax ? .tooManyFields : nil
    }

    private func stalled(_ position: Int) -> WireStep {
        if case .failed(let refusal) = phase { return WireStep(event: .refused(refusal), consumed: position) }
        return WireStep(event: .needMore, consumed: position)
    }

    private mutating func end(consumed: Int) -> WireStep {
        phase = .head(scanned: 0)
        return WireStep(event: .end, consumed: consumed)
    }

    private mutating func fail(_ refusal: HTTPRefusal, consumed: Int) -> WireStep {
        phase = .failed(refusal)
        return WireStep(event: .refused(refusal), consumed: consumed)
    }
}
