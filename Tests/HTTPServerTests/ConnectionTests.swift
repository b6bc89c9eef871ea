import CLinux
import Glibc
import HTTPServer
import Testing
import Threading
import Timing

@Suite
struct ConnectionTests {
    private static func get(_ target: String, _ fields: String = "") -> String {
        "GET \(target) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"
    }

    @Test
    func `answers of late handlers leave in the order of the requests`() throws {
        let server = try TestServer()
        let client = try server.client()
        client.send((0..<10).map { Self.get("/late?\($0)") }.joined())
        #expect(server.handler.waitForLate(10))
        let late = server.handler.late.withLock { $0 }
        for (query, responder) in late.reversed() {
            responder.respond(HTTPResponse(status: 200, body: Array(query.utf8)))
        }
        #expect(client.readResponses(10).map(\.text) == (0..<10).map { "\($0)" })
    }

    @Test
    func `a late answer holds back the immediate ones behind it`() throws {
        let server = try TestServer()
        let client = try server.client()
        client.send(Self.get("/late?first") + Self.get("/hello") + Self.get("/refused"))
        #expect(server.handler.waitForLate(1))
        let late = server.handler.late.withLock { $0 }
        late[0].responder.respond(HTTPResponse(status: 201))
        let (bytes, _) = client.readToEnd()
        #expect(RawResponse.all(in: bytes).map(\.status) == [201, 200, 404])
    }

    @Test
    func `no more requests are handed over than may be in flight`() throws {
        var limits = HTTPLimits()
        limits.requestsInFlightPerConnectionMax = 4
        let server = try TestServer(limits)
        let client = try server.client()
        client.send((0..<50).map { Self.get("/late?\($0)") }.joined())
        var answered = 0
        var seen: [String] = []
        while answered < 50 {
            let expected = min(answered + 4, 50)
            guard server.handler.waitForLate(expected) else { break }
            let late = server.handler.late.withLock { $0 }
            #expect(late.count == expected)
            late[answered].responder.respond(
                HTTPResponse(status: 200, body: Array(late[answered].query.utf8))
            )
            seen += client.readResponses(1).map(\.text)
            answered += 1
        }
        #expect(seen == (0..<50).map { "\($0)" })
    }

    @Test
    func `a batch answers connections of all loops`() throws {
        let server = try TestServer(loops: 3)
        let clients = try (0..<9).map { _ in try server.client() }
        for client in clients { client.send(Self.get("/late")) }
        #expect(server.handler.waitForLate(9))
        let answer = HTTPAnswer.encoded(TestHandler.hello)
        HTTPResponder.respond(server.handler.late.withLock { $0 }.map { ($0.responder, answer) })
        for client in clients { #expect(client.readResponses(1).map(\.text) == ["hello"]) }
    }

    @Test
    func `a second answer is ignored`() throws {
        let server = try TestServer()
        let client = try server.client()
        client.send(Self.get("/twice") + Self.get("/hello"))
        #expect(client.readResponses(2).map(\.text) == ["first", "hello"])
    }

    @Test
    func `an answer to a connection that died or was replaced is ignored`() throws {
        let server = try TestServer(loops: 1)
        do {
            let client = try server.client()
            client.send(Self.get("/late?old"))
            #expect(server.handler.waitForLate(1))
            client.reset()
        }
        #expect(eventually { server.server.counters().openConnections == 0 })
        let next = try server.client()
        next.send(Self.get("/late?new"))
        #expect(server.handler.waitForLate(2))
        let late = server.handler.late.withLock { $0 }
        late[0].responder.respond(HTTPResponse(status: 500))
        late[1].responder.respond(HTTPResponse(status: 200, body: Array("new".utf8)))
        #expect(next.readResponses(1).map(\.text) == ["new"])
    }

    @Test
    func `a dropped responder becomes a 503 and a close`() throws {
        var limits = HTTPLimits()
        limits.answerDeadline = .milliseconds(60)
        let server = try TestServer(limits)
        let client = try server.client()
        client.send(Self.get("/dropped"))
        let (bytes, wasReset) = client.readToEnd()
        #expect(RawResponse.all(in: bytes).map(\.status) == [503])
        #expect(!wasReset)
        #expect(eventually { server.server.counters().refused(.answerTimedOut) == 1 })
    }

    @Test
    func `a client that closed its sending side still gets its late answer`() throws {
        let server = try TestServer()
        let client = try server.client()
        client.send(Self.get("/late"))
        client.finishSending()
        #expect(server.handler.waitForLate(1))
        pause(milliseconds: 20)
        server.handler.late.withLock { $0 }[0].responder.respond(
            HTTPResponse(status: 200, body: Array("x".utf8))
        )
        let (bytes, wasReset) = client.readToEnd()
        #expect(RawResponse.all(in: bytes).map(\.text) == ["x"])
        #expect(!wasReset)
    }

    @Test
    func `HEAD gets the length and no body`() throws {
        let server = try TestServer()
        let client = try server.client()
        client.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n")
        client.finishSending()
        let (bytes, _) = client.readToEnd()
        let responses = RawResponse.all(in: bytes, isHead: true)
        #expect(responses.count == 1)
        #expect(responses.first?.fields["content-length"] == "5")
        #expect(Array(bytes.suffix(4)) == [13, 10, 13, 10])
    }

    @Test
    func `204 has neither body nor length`() throws {
        let server = try TestServer()
        let client = try server.client()
        client.send(Self.get("/nothing") + Self.get("/hello"))
        let responses = client.readResponses(2)
        #expect(responses.map(\.status) == [204, 200])
        #expect(responses.first?.fields["content-length"] == nil)
    }

    @Test
    func `every answer has a date, and the fields of the handler`() throws {
        let server = try TestServer()
        let client = try server.client()
        client.send(Self.get("/hello"))
        let response = client.readResponses(1).first
        #expect(response?.fields["date"]?.utf8.count == 29)
        #expect(response?.fields["date"]?.hasSuffix(" GMT") == true)
        #expect(response?.fields["content-type"] == "text/plain")
        #expect(response?.fields["connection"] == nil)
    }

    @Test
    func `fields of a request whose body comes late are its own`() throws {
        let server = try TestServer(loops: 1)
        let slow = try server.client()
        let other = try server.client()
        slow.send(Self.get("/fields", "X-One: mine\r\nContent-Length: 2\r\n") + "a")
        #expect(eventually { server.server.counters().requests == 1 })
        other.send(Self.get("/fields", "X-Two: 2\r\nX-Three: 3\r\nX-One: theirs\r\n"))
        #expect(other.readResponses(1).map(\.text) == ["theirs|"])
        slow.send("b")
        #expect(slow.readResponses(1).map(\.text) == ["mine|"])
    }

    @Test
    func `the date has the form that HTTP prescribes`() throws {
        // The example of RFC 9110 §5.6.7.
        let clock = WallClock { Timestamp(milliseconds: 784_111_777_000) }
        let server = HTTPServer(
            configuration: HTTPServerConfiguration(address: .tcp(host: "127.0.0.1", port: 0)),
            handler: TestHandler(),
            wallClock: clock
        )
        try server.start()
        let client = try RawClient(port: server.boundPort)
        client.send(Self.get("/hello"))
        #expect(client.readResponses(1).first?.fields["date"] == "Sun, 06 Nov 1994 08:49:37 GMT")
    }

    @Test
    func `bodies beyond the memory of the server are refused for now`() throws {
        var limits = HTTPLimits()
        limits.bufferedBytesMax = 100_000
        let server = try TestServer(limits, loops: 1)
        let hog = try server.client()
        hog.send("POST /big HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n")
        hog.send([UInt8](repeating: 97, count: 400_000))
        let (bytes, wasReset) = hog.readToEnd()
        #expect(RawResponse.all(in: bytes).map(\.status) == [503])
        #expect(!wasReset)
        let next = try server.client()
        next.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo")
        pause(milliseconds: 20)
        next.send("dy")
        #expect(next.readResponses(1).map(\.text) == ["body"])
    }

    @Test
    func `a handler can be rehearsed without a socket`() {
        let answers = Lock<[HTTPAnswer]>([])
        let handler = TestHandler()
        let found: Void? = HTTPRequestHead.withParsed(
            Array("POST /echo HTTP/1.1\r\nHost: a\r\n\r\nbody".utf8)
        ) {
            head,
            body in
            handler.handle(
                head,
                body: body,
                responder: HTTPResponder { answer in answers.withLock { $0.append(answer) } }
            )
        }
        #expect(found != nil)
        #expect(answers.withLock { $0.map(\.body) } == [Array("body".utf8)])
        #expect(HTTPRequestHead.withParsed(Array("POST /echo\r\n".utf8)) { _, _ in } == nil)
    }

    @Test
    func `answer fields that would break the head are left out`() throws {
        let server = try TestServer()
        let client = try server.client()
        client.send(Self.get("/injected"))
        let response = client.readResponses(1).first
        #expect(response?.fields["x"] == "d")
        #expect(response?.fields["x-bad"] == nil)
        #expect(response?.fields["set-cookie"] == nil)
        #expect(response?.fields["x bad"] == nil)
    }

    @Test
    func `HTTP/1.0 keep-alive is said`() throws {
        let server = try TestServer()
        let client = try server.client()
        client.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        #expect(client.readResponses(1).first?.fields["connection"] == "keep-alive")
    }

    @Test
    func `100 Continue comes after admission and before the body`() throws {
        let server = try TestServer()
        let client = try server.client()
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-Continue\r\n\r\n")
        #expect(client.readResponses(1).map(\.status) == [100])
        client.send("body")
        #expect(client.readResponses(1).map(\.text) == ["body"])
    }

    @Test
    func `100 Continue waits for the answers to earlier requests`() throws {
        let server = try TestServer()
        let client = try server.client()
        client.send(
            Self.get("/late")
                + "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"
        )
        #expect(server.handler.waitForLate(1))
        server.handler.late.withLock { $0 }[0].responder.respond(HTTPResponse(status: 202))
        #expect(client.readResponses(2).map(\.status) == [202, 100])
        client.send("body")
        #expect(client.readResponses(1).map(\.text) == ["body"])
    }

    @Test(arguments: [
        ("/refused", "Content-Length: 4\r\n", 404), ("/echo", "Content-Length: 4000\r\n", 413),
    ])
    func `a refused request gets no 100 Continue`(_ target: String, _ length: String, _ status: Int) throws {
        let server = try TestServer()
        let client = try server.client()
        client.send("POST \(target) HTTP/1.1\r\nHost: a\r\n\(length)Expect: 100-continue\r\n\r\n")
        let (bytes, wasReset) = client.readToEnd()
        #expect(RawResponse.all(in: bytes).map(\.status) == [status])
        #expect(!wasReset)
    }

    @Test
    func `a refused upload of a megabyte still shows its answer`() throws {
        let server = try TestServer()
        let client = try server.client()
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
        client.send([UInt8](repeating: 97, count: 1_000_000))
        let (bytes, wasReset) = client.readToEnd()
        #expect(RawResponse.all(in: bytes).map(\.status) == [413])
        #expect(!wasReset)
    }

    @Test(arguments: [true, false])
    func `a large body in many pieces arrives whole`(_ isChunked: Bool) throws {
        let server = try TestServer()
        let client = try server.client()
        let body = (0..<1_500_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        let framing = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(body.count)"
        client.send("POST /big HTTP/1.1\r\nHost: a\r\n\(framing)\r\n\r\n")
        var start = 0
        var size = 1
        while start < body.count {
            let end = min(start + size, body.count)
            let piece = Array(body[start..<end])
            if isChunked {
                client.send("\(String(piece.count, radix: 16))\r\n")
                client.send(piece)
                client.send("\r\n")
            } else {
                client.send(piece)
            }
            start = end
            size = size * 3 % 65_521 + 1
        }
        if isChunked { client.send("0\r\n\r\n") }
        client.send(Self.get("/hello"))
        let responses = client.readResponses(2)
        #expect(responses.first?.body == body)
        #expect(responses.last?.text == "hello")
    }

    @Test
    func `large answers to a slow reader are paced and complete`() throws {
        let server = try TestServer()
        let client = try server.client()
        client.send(String(repeating: Self.get("/large"), count: 8) + Self.get("/hello"))
        pause(milliseconds: 50)
        // The rest is not looked at while so much is unsent.
        #expect(server.server.counters().requests < 9)
        let responses = client.readResponses(9)
        #expect(responses.map(\.body.count) == [Int](repeating: 1_000_000, count: 8) + [5])
    }

    @Test
    func `the server outlives clients that reset`() throws {
        let server = try TestServer()
        for index in 0..<50 {
            let client = try server.client()
            client.send(String(repeating: Self.get("/large"), count: index % 3 + 1) + "POST /echo HT")
            client.reset()
        }
        let client = try server.client()
        client.send(Self.get("/hello"))
        #expect(client.readResponses(1).map(\.text) == ["hello"])
        #expect(eventually { server.server.counters().openConnections == 1 })
    }

    @Test
    func `fields are found by name, whatever their case, first value or all`() throws {
        let server = try TestServer()
        let client = try server.client()
        client.send(Self.get("/fields", "X-ONE:  1 \r\nx-one: 2\r\nX-Many: a\r\nX-mANY: b\r\n"))
        #expect(client.readResponses(1).map(\.text) == ["1|a,b"])
    }
}

extension RawClient {
    /// Closes with RST.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        // Disconnects now; the descriptor itself is closed with the object.
        var none = sockaddr(
            sa_family: sa_family_t(AF_UNSPEC),
            sa_data: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        )
        Glibc.connect(descriptor, &none, socklen_t(MemoryLayout<sockaddr>.size))
    }
}
