package import HTTPServer

/// One request, copied out of the connection's buffer: what the API wants to know of it and nothing else.
package struct APICall: Sendable {
    package var method: HTTPMethod
    /// Still percent-encoded.
    package var path: String
    package var query: String?
    package var authorization: [String] = []
    package var site: String?
    package var ifNoneMatch: [String] = []
    package var ifMatch: [String] = []
    package var idempotencyKey: [String] = []
    package var contentType: String?
    package var accept: String?
    package var body: [UInt8] = []

    package init(method: HTTPMethod, path: String, query: String? = nil) {
        self.method = method
        self.path = path
        self.query = query
    }

    init(_ head: borrowing HTTPRequestHead, body: UnsafeRawBufferPointer) {
        method = head.method
        path = head.path
        query = head.query
        authorization = head.headerValues("authorization")
        site = head.header("site-id")
        ifNoneMatch = head.headerValues("if-none-match")
        ifMatch = head.headerValues("if-match")
        idempotencyKey = head.headerValues("idempotency-key")
        contentType = head.header("content-type")
        accept = head.header("accept")
        self.body = Array(body)
    }
}
