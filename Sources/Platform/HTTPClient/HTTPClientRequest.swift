/// The methods that providers' APIs use.
package enum HTTPClientMethod: String, Sendable, CaseIterable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
}

/// One request, complete. What it holds is checked when it is sent: a `.usage` failure names what is wrong.
///
/// Headers and body hold keys and personal data, so no description of a request shows them.
package struct HTTPClientRequest: Sendable {
    package var method: HTTPClientMethod
    /// `https://HOST[:PORT]/PATH[?QUERY]`, printable ASCII, percent-encoded by the caller, without user or
    /// fragment. `http://` only where `addressPolicy` allows it.
    package var url: String
    /// Sent in this order. Names that frame the message (`Host`, `Content-Length`, …) are refused: the client
    /// sets them.
    package var headers: [(name: String, value: String)]
    /// Sent with `Content-Length`; nil sends none. GET and HEAD take none.
    package var body: [UInt8]?
    /// Which addresses the host's name may lead to.
    package var addressPolicy: AddressPolicy
    /// PEM file of the certificate authorities to believe, in place of the system's; nil for those.
    package var certificateAuthorityFile: String?
    /// From the call of `send` to the last byte; nil for the client's `totalTimeout`.
    package var totalTimeout: Duration?

    package init(
        method: HTTPClientMethod,
        url: String,
        headers: [(name: String, value: String)] = [],
        body: [UInt8]? = nil,
        addressPolicy: AddressPolicy = .publicOnly,
        certificateAuthorityFile: String? = nil,
        totalTimeout: Duration? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.addressPolicy = addressPolicy
        self.certificateAuthorityFile = certificateAuthorityFile
        self.totalTimeout = totalTimeout
    }
}

extension HTTPClientRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Method and address without the query: nothing that must stay secret.
    package var description: String {
        "\(method.rawValue) \(url.prefix { $0 != "?" })"
    }

    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
