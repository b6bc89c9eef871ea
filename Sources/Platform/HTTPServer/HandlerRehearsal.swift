/// For the tests of handlers: heads and responders without a socket.
extension HTTPRequestHead {
    /// Parses `request` (a head, then as many body bytes as it says) and lends the head with its body.
    /// Nil when the server would refuse the head. Chunked bodies are not decoded.
    package static func withParsed<Result>(
        _ request: [UInt8],
        peer: PeerAddress = .v4(0x7F00_0001),
        _ body: (borrowing HTTPRequestHead, UnsafeRawBufferPointer) -> Result
    ) -> Result? {
        let limits = HTTPLimits()
        let table = HeaderTable(capacity: limits.headerCountMax)
        return request.withUnsafeBytes { bytes in
            guard !bytes.isEmpty,
                case .complete(let layout) = HeadParser.parse(bytes, limits: limits, table: table)
            else { return nil }
            let headBytes = Int(layout.headBytes)
            let head = HTTPRequestHead(
                bytes: UnsafeRawBufferPointer(rebasing: bytes[..<headBytes]),
                layout: layout,
                fields: table.fields,
                peer: peer,
                proxies: .none,
                number: 1
            )
            return body(head, UnsafeRawBufferPointer(rebasing: bytes[headBytes...]))
        }
    }
}

extension HTTPResponder {
    private final class Capture: HTTPAnswerSink {
        let take: @Sendable (HTTPAnswer) -> Void

        init(_ take: @escaping @Sendable (HTTPAnswer) -> Void) {
            self.take = take
        }

        func respond(_ ticket: HTTPTicket, _ answer: HTTPAnswer) { take(answer) }

        func respond(_ batch: [(HTTPTicket, HTTPAnswer)]) {
            for (_, answer) in batch { take(answer) }
        }
    }

    /// Gives every answer to `take` instead of a connection.
    package init(answering take: @escaping @Sendable (HTTPAnswer) -> Void) {
        self.init(ticket: HTTPTicket(slot: 0, generation: 0, sequence: 0, loop: 0), sink: Capture(take))
    }
}

extension HTTPAnswer {
    /// 0 for raw bytes, which nobody has looked into.
    package var status: Int {
        switch self {
        case .response(let response): response.status
        case .encoded(let encoded): encoded.status
        case .raw: 0
        }
    }

    package var body: [UInt8] {
        switch self {
        case .response(let response): response.body
        case .encoded(let encoded): encoded.body
        case .raw(let bytes, _): bytes
        }
    }
}
