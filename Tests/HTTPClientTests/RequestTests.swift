import HTTPClient
import Testing

@Suite struct `A request` {
    static func request(
        _ method: HTTPClientMethod = .get,
        url: String = "https://provider.example/v1",
        headers: [(name: String, value: String)] = [],
        body: [UInt8]? = nil
    ) -> HTTPClientRequest {
        HTTPClientRequest(
            method: method,
            url: url,
            headers: headers,
            body: body,
            addressPolicy: .loopbackOnly
        )
    }

    static let badURLs = [
        "", "provider.example", "ftp://provider.example/", "file:///etc/passwd", "HTTPS://provider.example/",
        "https://", "https:///v1", "https://a b/", "https://a/\r\nX: y", "https://a/\u{0}",
        "https://a/\u{e9}",
        "https://user@a/", "https://user:secret@a/", "https://a/#fragment", "https://a\\b/", "https://@/",
    ]

    @Test(arguments: badURLs) func `with an odd URL is not sent`(url: String) async throws {
        let client = try TestClient()
        let failure = try await client.failure(Self.request(url: url))
        #expect(failure.kind == .usage)
        #expect(failure.name == "bad_request")
        #expect(!failure.description.contains("secret"))
    }

    static let badHeaders: [(name: String, value: String)] = [
        ("X-A", "b\r\nX-Injected: c"), ("X-A", "b\nX-Injected: c"), ("X-A", "b\rc"), ("X-A", "b\u{0}c"),
        ("X-A\r\nX-Injected", "c"), ("X A", "b"), ("X-A:", "b"), ("", "b"), ("X-\u{e9}", "b"),
        ("X-A", "\u{7f}"),
        ("Host", "b"), ("Content-Length", "1"), ("transfer-encoding", "chunked"), ("Connection", "close"),
        ("Expect", "100-continue"), ("Upgrade", "h2c"),
    ]

    @Test(arguments: badHeaders)
    func `with a header that breaks the frame is not sent`(name: String, value: String) async throws {
        let server = try ScriptedServer { $0.waitForClose() }
        let client = try TestClient()
        let failure = try await client.failure(Self.request(url: server.url(), headers: [(name, value)]))
        #expect(failure.kind == .usage)
        #expect(failure.name == "bad_request")
        #expect(!failure.mayHaveBeenSent)
        #expect(!failure.text.contains("Injected"))
        #expect(server.connectionCount == 0)
    }

    @Test func `that is too long, or has a body where none belongs, is not sent`() async throws {
        let client = try TestClient {
            $0.requestBodyBytesMax = 10
            $0.requestHeadBytesMax = 100
        }
        let long = String(repeating: "x", count: 100)
        let requests = [
            Self.request(.post, body: [UInt8](repeating: 1, count: 11)),
            Self.request(url: "https://a/\(long)"),
            Self.request(headers: [("X-Long", long)]),
            Self.request(.get, body: [1]),
            Self.request(.head, body: []),
        ]
        for request in requests {
            let failure = try await client.failure(request)
            #expect(failure.name == "bad_request", "\(failure)")
        }
    }

    @Test func `arrives as it was written, without what libcurl would add`() async throws {
        let server = try EchoServer()
        let client = try TestClient()
        let headers = [
            (name: "X-Key", value: "a: b"), (name: "X-Empty", value: ""), (name: "Accept", value: "a/b"),
        ]
        let request = Self.request(
            .post,
            url: server.url("/seen?q=%20&r=../a"),
            headers: headers,
            body: Array("12345".utf8)
        )
        let seen = try await client.client.send(request).header("x-seen")
        #expect(
            seen
                == "POST /seen?q=%20&r=../a expect=none content-type=none accept=a/b x-empty= x-key=a: b user-agent=none content-length=5"
        )
    }

    @Test(arguments: HTTPClientMethod.allCases)
    func `keeps its method, with and without a body`(method: HTTPClientMethod) async throws {
        let server = try ScriptedServer { connection in
            while let request = connection.readRequest() {
                let line = request.prefix { $0 != "\r\n" }
                let form = request.hasSuffix("\r\n\r\na=b") ? "whole" : "none"
                connection.send(
                    "HTTP/1.1 200 OK\r\nX-Line: \(line)\r\nX-Form: \(form)\r\nContent-Length: 0\r\n\r\n"
                )
            }
        }
        let client = try TestClient()
        let bare = try await client.client.send(Self.request(method, url: server.url("/x/../y")))
        #expect(bare.header("x-line") == "\(method.rawValue) /x/../y HTTP/1.1")
        if method == .get || method == .head { return }
        for body in [[], Array("a=b".utf8)] {
            let echo = try await client.client.send(Self.request(method, url: server.url("/z"), body: body))
            #expect(echo.header("x-line") == "\(method.rawValue) /z HTTP/1.1")
            #expect(echo.header("x-form") == (body.isEmpty ? "none" : "whole"))
        }
    }

    @Test(arguments: [0, 1, 100_000, 3_000_000])
    func `carries its body whole, large ones without asking leave`(count: Int) async throws {
        let server = try EchoServer()
        let client = try TestClient()
        let body = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let response = try await client.client.send(Self.request(.post, url: server.url("/echo"), body: body))
        #expect(response.body == body)
    }

    @Test func `shows neither headers nor body nor query when printed`() {
        let request = Self.request(
            .post,
            url: "https://a/b?token=secret1",
            headers: [("Authorization", "Bearer secret2")],
            body: Array("secret3".utf8)
        )
        var dumped = ""
        dump(request, to: &dumped)
        for text in ["\(request)", String(reflecting: request), dumped] { #expect(!text.contains("secret")) }
        #expect("\(request)" == "POST https://a/b")
    }
}
