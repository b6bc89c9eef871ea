/// An answer. The server adds `Content-Length`, `Date` and, where needed, `Connection`.
package struct HTTPResponse: Sendable {
    package var status: Int
    /// Names as they go on the wire; values must hold no control bytes (checked: the server drops such a field).
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    /// Close the connection after this answer.
    package var closes: Bool

    package init(
        status: Int,
        headers: [(name: String, value: String)] = [],
        body: [UInt8] = [],
        closes: Bool = false
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.closes = closes
    }
}
