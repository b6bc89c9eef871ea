import Glibc
import HTTPServer
import Testing
import Threading

@Suite
struct RandomStreamTests {
    private static var seeds: Range<UInt64> { getenv("TOLLGATE_LONG") == nil ? 0..<12 : 0..<2000 }

    /// Pipelined requests of all framings, cut at random, some answered late and out of turn.
    @Test
    func `every request of a random stream gets its own answer in turn`() throws {
        let server = try TestServer()
        for seed in Self.seeds {
            var random = SplitMix(state: seed)
            var stream: [UInt8] = []
            var expected: [[UInt8]] = []
            for index in 0..<Int(random.next(60)) + 1 {
                let (request, answer) = request(index, &random)
                stream += request
                expected.append(answer)
            }
            let client = try server.client()
            let isDone = Lock(false)
            let answerer = WorkerThread.start(name: "answerer") { answerLate(server.handler, isDone) }
            let sender = WorkerThread.start(name: "sender") { [stream, random] in
                var random = random
                var start = 0
                while start < stream.count {
                    let end = min(
                        start + Int(random.next(random.next(4) == 0 ? 20_000 : 60)) + 1,
                        stream.count
                    )
                    client.send(Array(stream[start..<end]))
                    if random.next(40) == 0 { pause(milliseconds: 1) }
                    start = end
                }
            }
            let responses = client.readResponses(expected.count)
            sender.join()
            isDone.withLock { $0 = true }
            answerer.join()
            #expect(responses.map(\.body) == expected, "seed \(seed)")
            if responses.map(\.body) != expected { return }
        }
    }

    private func request(_ index: Int, _ random: inout SplitMix) -> (bytes: [UInt8], answer: [UInt8]) {
        let padding = String(repeating: "p", count: Int(random.next(300)))
        let fields = "Host: a\r\nX-Padding: \(padding)\r\n"
        switch random.next(5) {
        case 0: return (Array("GET /hello HTTP/1.1\r\n\(fields)\r\n".utf8), Array("hello".utf8))
        case 1: return (Array("GET /late?\(index) HTTP/1.1\r\n\(fields)\r\n".utf8), Array("\(index)".utf8))
        case 2:
            let body = (0..<random.next(1000)).map { _ in UInt8(truncatingIfNeeded: random.next(256)) }
            let head = "POST /echo HTTP/1.1\r\n\(fields)Content-Length: \(body.count)\r\n\r\n"
            return (Array(head.utf8) + body, body)
        default:
            let body = (0..<random.next(60_000)).map { _ in UInt8(truncatingIfNeeded: random.next(256)) }
            var bytes = Array("POST /big HTTP/1.1\r\n\(fields)Transfer-Encoding: chunked\r\n\r\n".utf8)
            var start = 0
            while start < body.count {
                let end = min(start + Int(random.next(random.next(2) == 0 ? 50_000 : 900)) + 1, body.count)
                bytes +=
                    Array("\(String(end - start, radix: 16));x=y\r\n".utf8) + body[start..<end] + [13, 10]
                start = end
            }
            return (bytes + Array("0\r\nT: v\r\n\r\n".utf8), body)
        }
    }
}

/// Answers what waits, the last first, until told to stop.
private func answerLate(_ handler: TestHandler, _ isDone: Lock<Bool>) {
    while !isDone.withLock({ $0 }) {
        let late = handler.late.withLock { late in
            defer { late = [] }
            return late
        }
        for (query, responder) in late.reversed() {
            responder.respond(HTTPResponse(status: 200, body: Array(query.utf8)))
        }
        pause(milliseconds: 1)
    }
}

private struct SplitMix {
    var state: UInt64

    mutating func next(_ bound: UInt64) -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return (mixed ^ mixed >> 31) % max(bound, 1)
    }
}
