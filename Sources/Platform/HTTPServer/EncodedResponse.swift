/// An answer that was put on the wire's form once and is sent many times; only the date is filled in.
///
/// Make constants of the hot path so: sending one costs a copy of its bytes.
package final class EncodedResponse: Sendable {
    /// Status line, fields with `Date` and `Content-Length`, without the empty line.
    let head: [UInt8]
    /// Where the 29 bytes of the date go in `head`.
    let dateOffset: Int
    let body: [UInt8]
    let closes: Bool

    package init(_ response: HTTPResponse) {
        var head = ResponseEncoder.statusLine(response.status)
        dateOffset = ResponseEncoder.appendDateField(to: &head)
        ResponseEncoder.appendFields(of: response, to: &head)
        self.head = head
        body = response.body
        closes = response.closes
    }
}
