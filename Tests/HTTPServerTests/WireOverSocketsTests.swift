import HTTPServer
import Testing

@Suite
struct WireOverSocketsTests {
    private static let server = Result { try TestServer() }

    @Test(arguments: WireCase.wellFormed + WireCase.malformed)
    func `a request gets its status`(_ wireCase: WireCase) throws {
        let client = try Self.server.get().client()
        client.send(wireCase.bytes)
        client.finishSending()
        let (bytes, wasReset) = client.readToEnd()
        #expect(RawResponse.all(in: bytes).map(\.status) == wireCase.statuses)
        #expect(!wasReset)
    }

    @Test(arguments: WireCase.wellFormed + WireCase.malformed)
    func `a request that comes byte by byte gets the same status`(_ wireCase: WireCase) throws {
        let client = try Self.server.get().client()
        client.sendByteByByte(wireCase.bytes)
        client.finishSending()
        let (bytes, wasReset) = client.readToEnd()
        #expect(RawResponse.all(in: bytes).map(\.status) == wireCase.statuses)
        #expect(!wasReset)
    }

    @Test(arguments: WireCase.malformed)
    func `a refused request closes the connection without the client's help`(_ wireCase: WireCase) throws {
        let client = try Self.server.get().client()
        client.send(wireCase.bytes)
        let (bytes, wasReset) = client.readToEnd()
        let responses = RawResponse.all(in: bytes)
        #expect(responses.map(\.status) == wireCase.statuses)
        #expect(responses.last?.fields["connection"] == "close")
        #expect(!wasReset)
    }
}
