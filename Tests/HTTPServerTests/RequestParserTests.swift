import HTTPServer
import Testing

@Suite
struct RequestParserTests {
    @Test(arguments: WireCase.wellFormed + WireCase.malformed)
    func `the events do not depend on where the bytes are cut`(_ wireCase: WireCase) {
        let bytes = wireCase.bytes[...]
        let whole = ParserFeed.parse([bytes])
        // Every position of a short stream; a sample, and the edges of the limits, of a long one.
        let positions = bytes.count <= 800 ? Array(0...bytes.count) : longPositions(bytes.count)
        for position in positions {
            let cut = ParserFeed.parse([bytes[..<position], bytes[position...]])
            #expect(cut == whole, "cut at \(position)")
        }
    }

    @Test(arguments: WireCase.wellFormed + WireCase.malformed)
    func `the events are the same byte by byte`(_ wireCase: WireCase) {
        let whole = ParserFeed.parse([wireCase.bytes[...]])
        let single = ParserFeed.parse(wireCase.bytes.indices.map { wireCase.bytes[$0...$0] })
        #expect(single == whole)
    }

    @Test(arguments: WireCase.malformed)
    func `the parser alone refuses with the status that the socket shows`(_ wireCase: WireCase) {
        let events = ParserFeed.parse([wireCase.bytes[...]])
        guard case .refused(let refusal) = events.last else {
            Issue.record("not refused: \(events)")
            return
        }
        #expect(refusal.status == wireCase.statuses.last)
    }

    @Test(arguments: WireCase.wellFormed)
    func `the parser refuses nothing that is well-formed`(_ wireCase: WireCase) {
        let isRefused = ParserFeed.parse([wireCase.bytes[...]]).contains { event in
            if case .refused = event { true } else { false }
        }
        #expect(!isRefused)
    }

    @Test
    func `chunks are joined and their framing is taken away`() {
        let request =
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: v\r\n\r\n"
        let events = ParserFeed.parse([Array(request.utf8)[...]])
        #expect(events.count == 3)
        #expect(events.dropFirst().first == .body(Array("abc0123456789".utf8)))
        #expect(events.last == .end)
    }

    @Test
    func `every refusal has a code and an error status`() {
        #expect(Set(HTTPRefusal.allCases.map(\.code)).count == HTTPRefusal.allCases.count)
        #expect(HTTPRefusal.allCases.allSatisfy { (400..<600).contains($0.status) })
    }

    private func longPositions(_ count: Int) -> [Int] {
        let limits = HTTPLimits()
        let edges = [limits.requestLineBytesMax, limits.headBytesMax].flatMap { $0 - 2...$0 + 3 }
        return Array(stride(from: 0, through: count, by: 997)) + edges.filter { $0 <= count } + [count - 1]
    }
}
