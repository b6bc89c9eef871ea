import Glibc
import HTTPClient
import Testing
import Threading

@Suite struct `A connection` {
    /// Answers everything politely and counts.
    private func politeServer(requestsPerConnection: Int = .max) throws -> ScriptedServer {
        try ScriptedServer { connection in
            for _ in 0..<requestsPerConnection {
                guard connection.readRequest() != nil else { return }
                connection.send(
                    "HTTP/1.1 200 OK\r\nX-Connection: \(connection.number)\r\nContent-Length: 0\r\n\r\n"
                )
            }
        }
    }

    @Test func `serves one request after the other`() async throws {
        let server = try politeServer()
        let client = try TestClient()
        for number in 0..<20 {
            let response = try await client.get(server.url("/\(number)"))
            #expect(response.reusedConnection == (number > 0))
            if number > 0 { #expect(response.timings.connect == 0) }
        }
        #expect(server.connectionCount == 1)
    }

    @Test func `is one of at most so many to one host`() async throws {
        let server = try EchoServer()
        let client = try TestClient { $0.connectionsPerHostMax = 3 }
        let fresh = Lock(0)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<12 {
                group.addTask { try await client.get(server.url("/held")).reusedConnection }
            }
            // Nobody is answered yet, so that all twelve want a connection at once.
            #expect(await eventually { server.handler.held.withLock { $0.count } == 3 })
            group.addTask {
                for _ in 0..<4 {
                    #expect(await eventually { server.handler.held.withLock { $0.count } == 3 })
                    server.handler.answerHeld()
                }
                return true
            }
            for try await reused in group where !reused { fresh.withLock { $0 += 1 } }
        }
        #expect(fresh.withLock { $0 } == 3)
    }

    @Test func `that died while idle is replaced, and the request goes out again`() async throws {
        let server = try ScriptedServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.send(
                "HTTP/1.1 200 OK\r\nX-Connection: \(connection.number)\r\nContent-Length: 0\r\n\r\n"
            )
            // Takes the next request on this connection and closes without a word.
            _ = connection.readRequest()
        }
        let client = try TestClient()
        #expect(try await client.get(server.url()).header("x-connection") == "0")
        let second = try await client.get(server.url())
        #expect(second.header("x-connection") == "1")
        #expect(!second.reusedConnection)
    }

    @Test func `that died with the request leaves it ambiguous though the next try was refused`() async throws
    {
        let listening = Lock<ScriptedServer?>(nil)
        let server = try ScriptedServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            _ = connection.readRequest()
            listening.withLock { $0 }?.stopListening()
        }
        listening.withLock { $0 = server }
        defer { listening.withLock { $0 = nil } }
        let client = try TestClient()
        _ = try await client.get(server.url())
        let failure = try await client.failure(server.url())
        #expect(failure.curlCode == 7)
        #expect(failure.mayHaveBeenSent)
        #expect(failure.kind == .ambiguous)
    }

    @Test func `to a port at which nobody listens was not sent`() async throws {
        let port = try ScriptedServer.unusedPort()
        let failure = try await TestClient().failure("http://127.0.0.1:\(port)/")
        #expect(failure.kind == .notSent)
        #expect(failure.curlCode == 7)
        #expect(failure.name == "CURLE_COULDNT_CONNECT")
        #expect(!failure.mayHaveBeenSent)
    }

    @Test func `to a name that nobody knows was not sent`() async throws {
        // RFC 6761: .invalid never resolves. A resolver that does not answer ends as a timeout.
        let client = try TestClient { $0.connectTimeout = .seconds(2) }
        let failure = try await client.failure("https://nothing.invalid/", policy: .publicOnly)
        #expect(failure.kind == .notSent)
        #expect(failure.curlCode == 6 || failure.curlCode == 28)
        #expect(!failure.mayHaveBeenSent)
    }

    @Test func `ignores the proxies that the environment names`() async throws {
        // Only this name is read for http, and nothing else in the tests needs it.
        setenv("http_proxy", "http://127.0.0.1:1", 1)
        setenv("all_proxy", "http://127.0.0.1:1", 1)
        defer {
            unsetenv("http_proxy")
            unsetenv("all_proxy")
        }
        let server = try politeServer()
        #expect(try await TestClient().get(server.url()).status == 200)
    }

    @Test func `to a server that says no word after accepting times out as ambiguous`() async throws {
        let server = try ScriptedServer { $0.waitForClose() }
        let client = try TestClient { $0.totalTimeout = .milliseconds(200) }
        let failure = try await client.failure(server.url())
        #expect(failure.kind == .ambiguous)
        #expect(failure.curlCode == 28)
        #expect(failure.mayHaveBeenSent)
    }

    @Test func `may be given less time by the request than by the client`() async throws {
        let server = try ScriptedServer { $0.waitForClose() }
        let client = try TestClient()
        var request = HTTPClientRequest(method: .get, url: server.url(), addressPolicy: .loopbackOnly)
        request.totalTimeout = .milliseconds(100)
        #expect(try await client.failure(request).curlCode == 28)
    }

    @Test func `whose TLS handshake stalls was not sent`() async throws {
        let server = try ScriptedServer { $0.waitForClose() }
        let client = try TestClient { $0.connectTimeout = .milliseconds(200) }
        let failure = try await client.failure("https://127.0.0.1:\(server.port)/")
        #expect(failure.kind == .notSent)
        #expect(failure.curlCode == 28)
        #expect(!failure.mayHaveBeenSent)
    }

    @Test func `that waits for a free one until the time is up was not sent`() async throws {
        let server = try EchoServer()
        let client = try TestClient { $0.connectionsPerHostMax = 1 }
        let first = Task { try await client.get(server.url("/held")) }
        #expect(await eventually { server.handler.held.withLock { $0.count } == 1 })
        var request = HTTPClientRequest(method: .get, url: server.url("/held"), addressPolicy: .loopbackOnly)
        request.totalTimeout = .milliseconds(200)
        let failure = try await client.failure(request)
        #expect(failure.kind == .notSent)
        #expect(failure.curlCode == 28)

        let third = Task { try await client.get(server.url("/held")) }
        try await Task.sleep(for: .milliseconds(50))
        third.cancel()
        guard case .failure(let error) = await third.result else {
            Issue.record("nobody answered the third")
            return
        }
        #expect((error as? HTTPClientFailure)?.name == "task_cancelled")
        #expect((error as? HTTPClientFailure)?.mayHaveBeenSent == false)
        server.handler.answerHeld()
        #expect(try await first.value.status == 200)
    }

    @Test(arguments: [false, true]) func `that drips is cut`(whole: Bool) async throws {
        let server = try ScriptedServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while connection.send("x") { usleep(20_000) }
        }
        let client = try TestClient {
            // The one by its speed (50 bytes/s), the other by the total time.
            if whole {
                $0.totalTimeout = .milliseconds(500)
            } else {
                $0.lowSpeedTime = .seconds(1)
                $0.totalTimeout = .seconds(20)
            }
        }
        let failure = try await client.failure(server.url())
        #expect(failure.curlCode == 28)
        #expect(failure.kind == .ambiguous)
        if !whole { #expect(failure.text.contains("too slow"), "\(failure)") }
    }
}
