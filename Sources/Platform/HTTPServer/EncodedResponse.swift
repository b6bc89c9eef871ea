/// An answer that was put on the wire's form once and is sent many times; only the date is filled in.
///
/// Make constants of the hot path so: sending one costs a copy of its bytes.
package final class EncodedResponse: Sendable {
    /// Status line, fields with `Date` and `Content-Length`, without the empty line.
    let head: [UInt8]
    /// Where the 29 bytes of the date go in `head`.
    let dateOffset: Int
    let body: [UInt8]
    package let status: Int
    let closes: Bool
    /// False for 204 and 304, which have none whatever the response says.
    let sendsBody: Bool

    /// For a connection that is turned away before it has an event loop with a date.
    var headWithoutDate: [UInt8] {
        var bytes = head
        bytes.removeSubrange(dateOffset - 6..<dateOffset + ResponseEncoder.dateBytes + 2)
        return bytes
    }

    package init(_ response: HTTPResponse) {
        var head = ResponseEncoder.statusLine(response.status)
        dateOffset = ResponseEncoder.appendDateField(to: &head)
        ResponseEncoder.appendFields(of: response, to: &head)
        self.head = head
        body = response.body
        status = response.status
        closes = response.closes
        sendsBody = ResponseEncoder.hasBody(status: response.status)
    }
}
