import HTTPClient
import Testing

@testable import HTTPClient

/// provider_api 1.4, code by code.
@Suite struct `A code of libcurl` {
    static let ambiguous: [Int32] = [8, 16, 18, 22, 23, 28, 35, 42, 52, 55, 56, 61, 92, 95, 96, 99, 1234]
    static let neverConnected: [Int32] = [5, 6, 7, 89]
    static let trust: [Int32] = [51, 53, 54, 58, 59, 60, 66, 77, 82, 83, 90, 91, 98]
    static let usage: [Int32] = [2, 3, 4, 27, 41, 43, 45, 48, 49, 93]

    @Test(arguments: ambiguous + neverConnected)
    func `is ambiguous once bytes were sent, and not sent before`(number: Int32) {
        #expect(CurlCode(number: number).kind(mayHaveBeenSent: true) == .ambiguous)
        #expect(CurlCode(number: number).kind(mayHaveBeenSent: false) == .notSent)
    }

    @Test(arguments: trust) func `about certificates pauses the lane`(number: Int32) {
        #expect(CurlCode(number: number).kind(mayHaveBeenSent: false) == .trust)
        // A connection that died may have carried the request; the next one's certificate was bad.
        #expect(CurlCode(number: number).kind(mayHaveBeenSent: true) == .trust)
    }

    @Test(arguments: usage) func `about our use is a bug`(number: Int32) {
        #expect(CurlCode(number: number).kind(mayHaveBeenSent: false) == .usage)
        #expect(CurlCode(number: number).kind(mayHaveBeenSent: true) == .usage)
    }

    @Test func `for an unknown protocol is a bug only while nothing was sent`() {
        #expect(CurlCode(number: 1).kind(mayHaveBeenSent: false) == .usage)
        #expect(CurlCode(number: 1).kind(mayHaveBeenSent: true) == .ambiguous)
        #expect(CurlCode(number: 63).kind(mayHaveBeenSent: true) == .tooLarge)
    }

    @Test func `has a name and words`() {
        #expect(CurlCode(number: 7).name == "CURLE_COULDNT_CONNECT")
        #expect(CurlCode(number: 1234).name == "CURLE_1234")
        #expect(!CurlCode(number: 7).text.isEmpty)
        #expect(Set(CurlCode.table.values.map(\.name)).count == CurlCode.table.count)
    }

    @Test func `shows what the other end said as one printable line`() {
        let failure = HTTPClientFailure.curl(CurlCode(number: 56), text: "a\r\nb\u{1b}[0m\u{e9}")
        #expect(failure.text == "a??b?[0m??")
        let long = HTTPClientFailure.curl(CurlCode(number: 56), text: String(repeating: "x", count: 5_000))
        #expect(long.text.utf8.count == 300)
        #expect(failure.description == "not_sent: CURLE_RECV_ERROR (56): a??b?[0m??")
    }
}
