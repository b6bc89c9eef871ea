import HTTPServer
import Testing

@Suite
struct PeerAddressTests {
    @Test(arguments: [
        ("1.2.3.4", "1.2.3.4"), ("::1", "::1"), ("::", "::"), ("2001:DB8::1", "2001:db8::1"), ("1::", "1::"),
        ("1:0:0:2:0:0:0:3", "1:0:0:2::3"), ("::ffff:10.0.0.1", "10.0.0.1"),
        ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
        ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
    ])
    func `addresses are read and shown in their canonical form`(_ text: String, _ shown: String) {
        #expect(PeerAddress(text: text)?.text == shown)
    }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.256", "1.2.3.4.5", "1.2.3.4:80", "[::1]", ":::", "1::2::3", "12345::",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9", ":1:2:3:4:5:6:7", "1:2:3:4:5:6:7:", "g::", "unknown", " 1.2.3.4", "1..2.3",
        "::1.2.3",
    ])
    func `what is no address is none`(_ text: String) {
        #expect(PeerAddress(text: text) == nil)
    }

    @Test(arguments: [
        // The walk goes from the right, over proxies, to the first stranger.
        ("10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["203.0.113.9, 10.0.0.2"], "203.0.113.9"),
        ("10.0.0.1", ["203.0.113.9", "10.0.0.2,fd00::7"], "203.0.113.9"),
        ("10.0.0.1", ["spoofed, garbage, 203.0.113.9:4"], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.3"], "10.0.0.3"),
    ])
    func `X-Forwarded-For is followed over trusted proxies only`(
        _ peer: String,
        _ values: [String],
        _ client: String
    ) throws {
        let proxies = try TrustedProxies(["10.0.0.0/8", "fd00::/8"])
        let address = try #require(PeerAddress(text: peer))
        #expect(proxies.client(behind: address, forwardedFor: values).text == client)
    }

    @Test
    func `X-Forwarded-For of a stranger is not believed`() throws {
        let request = "GET /peer HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n"
        let plain = try TestServer()
        let client = try plain.client()
        client.send(request)
        #expect(client.readResponses(1).map(\.text) == ["127.0.0.1"])
        let behind = try TestServer(proxies: TrustedProxies(["127.0.0.1"]))
        let proxied = try behind.client()
        proxied.send(request)
        #expect(proxied.readResponses(1).map(\.text) == ["203.0.113.9"])
    }

    @Test(arguments: ["10.0.0.0/33", "fd00::/129", "10.0.0.0/", "10.0.0.0/-1", "proxy", "1.2.3.4/8/8"])
    func `a trusted proxy that is no network is refused`(_ entry: String) {
        #expect(throws: HTTPServerError.self) { try TrustedProxies([entry]) }
    }

    @Test
    func `one address may hold so many connections, loopback and proxies more`() throws {
        let census = PeerCensus(connectionsMax: 10, perAddressMax: 2)
        let stranger = try #require(PeerAddress(text: "203.0.113.9"))
        let other = try #require(PeerAddress(text: "2001:db8::1"))
        let loopback = try #require(PeerAddress(text: "127.0.0.1"))
        #expect(census.enter(stranger) == nil)
        #expect(census.enter(stranger) == nil)
        #expect(census.enter(stranger) == .tooManyConnectionsOfAddress)
        #expect(census.enter(other) == nil)
        census.leave(stranger)
        #expect(census.enter(stranger) == nil)
        for _ in 0..<7 { #expect(census.enter(loopback) == nil) }
        #expect(census.enter(loopback) == .tooManyConnections)
        let behind = PeerCensus(connectionsMax: 10, perAddressMax: nil)
        for _ in 0..<10 { #expect(behind.enter(stranger) == nil) }
    }
}
