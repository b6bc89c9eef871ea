import HTTPServer
import Testing
import Threading
import Timing

@Suite
struct DeadlineTests {
    private static var limits: HTTPLimits {
        var limits = HTTPLimits()
        limits.headDeadline = .milliseconds(120)
        limits.bodyDeadline = .milliseconds(120)
        limits.idleDeadline = .milliseconds(120)
        limits.writeDeadline = .milliseconds(120)
        limits.lingerDeadline = .milliseconds(120)
        return limits
    }

    /// Sends a byte every 10 ms, which would reset an idle timer for ever, until the server has closed.
    private func drip(_ client: RawClient, _ bytes: [UInt8]) {
        for byte in bytes {
            guard client.send([byte]) else { return }
            pause(milliseconds: 10)
        }
    }

    @Test
    func `a head that drips is cut at its total deadline`() throws {
        let server = try TestServer(Self.limits)
        let client = try server.client()
        drip(client, Array("GET /hello HTTP/1.1\r\nHost: a\r\n".utf8))
        let (bytes, _) = client.readToEnd()
        #expect(RawResponse.all(in: bytes).map(\.status) == [408])
        #expect(server.server.counters().refused(.headTimedOut) == 1)
        #expect(server.server.counters().requests == 0)
    }

    @Test(arguments: ["Content-Length: 100\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n64\r\n"])
    func `a body that drips is cut at its total deadline`(_ framing: String) throws {
        let server = try TestServer(Self.limits)
        let client = try server.client()
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\n" + framing)
        drip(client, [UInt8](repeating: 97, count: 40))
        let (bytes, _) = client.readToEnd()
        #expect(RawResponse.all(in: bytes).map(\.status) == [408])
        #expect(server.server.counters().refused(.bodyTimedOut) == 1)
    }

    @Test
    func `an idle connection is closed without an answer, a used one as well`() throws {
        let server = try TestServer(Self.limits)
        let fresh = try server.client()
        let used = try server.client()
        used.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(used.readResponses(1).count == 1)
        #expect(fresh.readToEnd().bytes.isEmpty)
        #expect(used.readToEnd().bytes.isEmpty)
        #expect(eventually { server.server.counters().openConnections == 0 })
    }

    @Test
    func `a connection that waits for its answer is not idle`() throws {
        let server = try TestServer(Self.limits)
        let client = try server.client()
        client.send("GET /late HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(server.handler.waitForLate(1))
        pause(milliseconds: 250)
        server.handler.late.withLock { $0 }[0].responder.respond(HTTPResponse(status: 200, body: [120]))
        #expect(client.readResponses(1).map(\.text) == ["x"])
    }

    @Test
    func `a client that does not read is cut`() throws {
        let server = try TestServer(Self.limits)
        let client = try server.client()
        client.send(String(repeating: "GET /large HTTP/1.1\r\nHost: a\r\n\r\n", count: 16))
        #expect(eventually { server.server.counters().requests > 0 })
        #expect(eventually { server.server.counters().openConnections == 0 })
        #expect(client.readToEnd().wasReset)
    }

    @Test
    func `a client that never closes after an error is closed in the end`() throws {
        let server = try TestServer(Self.limits)
        let client = try server.client()
        client.send("BAD\r\n\r\n")
        #expect(RawResponse.all(in: client.readToEnd().bytes).map(\.status) == [400])
        #expect(eventually { server.server.counters().openConnections == 0 })
    }
}
