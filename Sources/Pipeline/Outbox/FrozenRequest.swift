package import Timing

/// The bytes of a request as they go out, whatever happens in between: with the same key they must be the same
/// (provider_api 1.5).
package struct FrozenRequest: Sendable, Hashable {
    package let method: String
    /// Path with query, such as `/v1/customers/cus_9`.
    package let path: String
    package let body: [UInt8]
    package let apiVersion: String?
    /// The connected account that it is made for, as a header says.
    package let account: String?

    package init(method: String, path: String, body: [UInt8], apiVersion: String?, account: String?) {
        self.method = method
        self.path = path
        self.body = body
        self.apiVersion = apiVersion
        self.account = account
    }
}

/// A frozen request with what decides how its answer may be used.
package struct SentRequest: Sendable, Hashable {
    package let request: FrozenRequest
    package let key: String
    package let firstSentAt: Timestamp
    /// Attempts under this key that may have reached the provider, the coming one included once it was begun.
    package let attemptsOfKey: Int
}
