import HTTPClient
import Testing

@Suite struct `The address policy` {
    @Test func `to public addresses goes only TLS`() {
        #expect(AddressPolicy.allowPrivate.allows(.global, isPlain: false))
        #expect(!AddressPolicy.allowPrivate.allows(.global, isPlain: true))
    }
}
