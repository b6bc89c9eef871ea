import HTTPClient
import Testing

/// What comes back, well formed or not, from servers whose every byte is written here.
@Suite struct `An answer` {
    private func answering(_ bytes: String, thenResets: Bool = false) throws -> ScriptedServer {
        try ScriptedServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.send(bytes)
            if thenResets { connection.reset() }
        }
    }

    @Test func `comes with status, headers, body, version and times`() async throws {
        let server = try answering(
            "HTTP/1.1 402 Payment Required\r\nStripe-Should-Retry: false\r\nX-Twice:  a \r\nX-TWICE: b\r\n"
                + "Content-Length: 2\r\n\r\nno"
        )
        let response = try await TestClient().get(server.url())
        #expect(response.status == 402)
        #expect(response.text == "no")
        #expect(response.version == .http1)
        #expect(!response.reusedConnection)
        #expect(response.header("stripe-should-retry") == "false")
        #expect(response.headers.filter { $0.name == "x-twice" }.map(\.value) == ["a", "b"])
        #expect(response.timings.firstByte > 0)
        #expect(response.timings.total >= response.timings.firstByte)
        #expect(response.timings.tls == 0)
    }

    @Test func `may be preceded by informational ones, which leave nothing`() async throws {
        let server = try answering(
            "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
                + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Last: yes\r\n\r\nok"
        )
        let response = try await TestClient().get(server.url())
        #expect(response.status == 200)
        #expect(response.text == "ok")
        #expect(response.header("link") == nil)
        #expect(response.header("x-last") == "yes")
    }

    @Test func `may be chunked, and its trailers do not pass for headers`() async throws {
        let server = try answering(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n1\r\n!\r\n0\r\n"
                + "Stripe-Should-Retry: true\r\n\r\n"
        )
        let response = try await TestClient().get(server.url())
        #expect(response.text == "ok!")
        #expect(response.header("stripe-should-retry") == nil)
    }

    @Test func `that redirects is not followed`() async throws {
        let server = try EchoServer()
        let response = try await TestClient().get(server.url("/moved"))
        #expect(response.status == 302)
        #expect(response.header("location") == "/hello")
    }

    static let broken: [(name: String, bytes: String, resets: Bool, codes: [Int32])] = [
        ("none at all", "", false, [52]),
        ("a reset instead", "", true, [56, 52]),
        ("a reset in the body", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", true, [56]),
        ("an end before Content-Length", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", false, [18]),
        ("an end in the head", "HTTP/1.1 200 OK\r\nContent-Le", false, [0]),
        (
            "an end between chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
            false, [18]
        ),
        ("an end in a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nok", false, [18]),
        (
            "a bad chunk size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n", false,
            [56]
        ),
        ("no HTTP", "220 mail.example ESMTP\r\n", false, [1]),
        ("HTML without a head", "<html>sorry</html>", false, [1]),
        ("a status that is none", "HTTP/1.1 abc OK\r\n\r\n", false, [1, 8, 56]),
        ("another major version", "HTTP/7.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, [1, 8]),
    ]

    @Test(arguments: broken.indices)
    func `that is broken is ambiguous`(index: Int) async throws {
        let (name, bytes, resets, codes) = Self.broken[index]
        let server = try answering(bytes, thenResets: resets)
        let client = try TestClient { $0.totalTimeout = .seconds(5) }
        let request = HTTPClientRequest(
            method: .post,
            url: server.url(),
            headers: [("Authorization", "Bearer secret")],
            body: Array("secret".utf8),
            addressPolicy: .loopbackOnly
        )
        let failure = try await client.failure(request)
        #expect(failure.kind == .ambiguous, "\(name): \(failure)")
        #expect(failure.mayHaveBeenSent)
        #expect(codes.contains(failure.curlCode ?? 0), "\(name): \(failure)")
        #expect(!failure.description.contains("secret"))
    }

    @Test func `beyond the limit ends the transfer, announced or not`() async throws {
        let server = try EchoServer()
        let client = try TestClient { $0.responseBodyBytesMax = 100_000 }
        #expect(try await client.get(server.url("/large?100000")).body.count == 100_000)
        let announced = try await client.failure(server.url("/large?100001"))
        #expect(announced.kind == .tooLarge)
        #expect(announced.name == "response_body_too_large")
        #expect(announced.mayHaveBeenSent)

        let endless = try ScriptedServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            let chunk = "400\r\n" + String(repeating: "x", count: 1_024) + "\r\n"
            while connection.send(chunk) {}
        }
        let unannounced = try await client.failure(endless.url())
        #expect(unannounced.kind == .tooLarge)
        #expect(unannounced.name == "response_body_too_large")
        // The client still works.
        #expect(try await client.get(server.url("/hello")).text == "hello")
    }

    @Test func `of the default limit is 4 MB`() async throws {
        let server = try EchoServer()
        let client = try TestClient()
        #expect(try await client.get(server.url("/large?4000000")).body.count == 4_000_000)
        #expect(try await client.failure(server.url("/large?4000001")).name == "response_body_too_large")
    }

    static let endlessHeads = ["X-More: again\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"]

    @Test(arguments: endlessHeads) func `whose head does not end is given up`(piece: String) async throws {
        let server = try ScriptedServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.send("HTTP/1.1 103 Early Hints\r\n\(piece.hasPrefix("HTTP") ? "\r\n" : "")")
            while connection.send(piece) {}
        }
        let failure = try await TestClient().failure(server.url())
        #expect(failure.kind == .tooLarge)
        #expect(failure.name == "response_head_too_large")
    }
}
