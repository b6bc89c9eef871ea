import HTTPServer
import Testing

/// The seam for peers that have to misbehave.
@Suite struct `Raw answers` {
    @Test func `go out in pieces, in order, until the one that ends them`() throws {
        let server = try TestServer()
        let client = try server.client()
        client.send("GET /pieces HTTP/1.1\r\nHost: a\r\n\r\n")
        let (bytes, wasReset) = client.readToEnd()
        #expect(String(decoding: bytes, as: UTF8.self) == "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde")
        #expect(!wasReset)
    }

    @Test func `may promise more than they give`() throws {
        let server = try TestServer()
        let client = try server.client()
        client.send("GET /short HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
        let (bytes, wasReset) = client.readToEnd()
        #expect(String(decoding: bytes, as: UTF8.self).hasSuffix("\r\n\r\nabc"))
        #expect(!wasReset)
    }

    @Test func `may end in a reset, and the server lives on`() throws {
        let server = try TestServer()
        let client = try server.client()
        client.send("GET /reset HTTP/1.1\r\nHost: a\r\n\r\n")
        let (bytes, wasReset) = client.readToEnd()
        #expect(bytes.isEmpty)
        #expect(wasReset)
        let next = try server.client()
        next.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(next.readResponses(1).first?.status == 200)
        #expect(eventually { server.server.counters().openConnections == 1 })
    }
}
