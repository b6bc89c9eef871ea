/// The final answer to one request.
package struct HTTPClientResponse: Sendable {
    package var status: Int
    /// Names in lower case, values without the white space around them, in order of arrival; no trailers, and
    /// none of the informational answers (1xx) before the final one.
    package var headers: [(name: String, value: String)]
    /// As sent: nothing is unpacked.
    package var body: [UInt8]
    package var timings: HTTPClientTimings
    /// True when no connection had to be made.
    package var reusedConnection: Bool
    package var version: HTTPClientVersion

    package init(
        status: Int,
        headers: [(name: String, value: String)] = [],
        body: [UInt8] = [],
        timings: HTTPClientTimings = HTTPClientTimings(),
        reusedConnection: Bool = false,
        version: HTTPClientVersion = .http1
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.timings = timings
        self.reusedConnection = reusedConnection
        self.version = version
    }

    /// The first value of that name, written in lower case.
    package func header(_ lowercaseName: String) -> String? {
        headers.first { $0.name == lowercaseName }?.value
    }
}

package enum HTTPClientVersion: String, Sendable {
    case http1 = "HTTP/1.1"
    case http2 = "HTTP/2"
    /// HTTP/1.0 and what else may come.
    case other
}

/// Nanoseconds from the start of the transfer until each step was done (libcurl counts in microseconds);
/// 0 for a step that was not needed, as all up to `tls` on a reused connection.
package struct HTTPClientTimings: Sendable, Hashable {
    package var nameLookup: UInt64 = 0
    package var connect: UInt64 = 0
    package var tls: UInt64 = 0
    package var firstByte: UInt64 = 0
    package var total: UInt64 = 0

    package init() {}
}
