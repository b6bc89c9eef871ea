/// One request without any credential, in the bytes that are sent: once frozen, a retry sends the very same.
package struct ProviderRequest: Sendable, Hashable {
    package enum Method: String, Sendable, Hashable, CaseIterable {
        case get = "GET"
        case post = "POST"
        case delete = "DELETE"
    }

    package static let formContentType = "application/x-www-form-urlencoded"

    package let method: Method
    /// Begins with `/`; every segment percent-encoded.
    package let path: String
    /// Without the question mark; empty for none.
    package let query: String
    /// Nil for none; POST always has one, empty or not.
    package let body: [UInt8]?
    /// Of the body; nil without one.
    package let contentType: String?

    /// Also for a frozen request that is read back.
    package init(method: Method, path: String, query: String = "", body: [UInt8]? = nil) {
        precondition(path.utf8.first == UInt8(ascii: "/"), "a path begins with a slash")
        precondition((method == .post) == (body != nil), "POST has a body, and only POST")
        self.method = method
        self.path = path
        self.query = query
        self.body = body
        contentType = body == nil ? nil : Self.formContentType
    }

    /// What stands behind the base address: path and query.
    package var target: String { query.isEmpty ? path : path + "?" + query }
}

/// One header of a request or an answer. Its description never shows a credential.
package struct ProviderHeader: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    package var description: String {
        name.lowercased() == "authorization" ? "\(name): <redacted>" : "\(name): \(value)"
    }

    package var customMirror: Mirror { Mirror(reflecting: description) }
}

/// What came back, whole.
package struct ProviderResponse: Sendable, Hashable {
    package let status: Int
    package let headers: [ProviderHeader]
    package let body: [UInt8]

    package init(status: Int, headers: [ProviderHeader] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first header of that name, given in lower case.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name }?.value
    }
}
