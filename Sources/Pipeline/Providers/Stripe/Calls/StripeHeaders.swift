package import Cryptography

/// The headers of our requests to one Stripe account (`reference/provider_api.md` 1.2).
package struct StripeHeaders: Sendable {
    package static let keyBytesMax = 255

    private let apiKey: RedactedText
    private let version: String
    private let account: String?
    private let userAgent: String

    /// `version` is the pinned API version, sent with every request: without it the account's default decides
    /// which parameters exist. `account` is a connected account; nil for the key's own.
    package init(
        apiKey: RedactedText,
        version: String,
        account: String? = nil,
        userAgent: String = "Tollgate"
    ) {
        self.apiKey = apiKey
        self.version = version
        self.account = account
        self.userAgent = userAgent
    }

    /// The headers of one request. `idempotencyKey` is sent with POST only, where it has an effect; `trigger` is
    /// the event that made a read necessary. Throws for a text that cannot stand in a header.
    package func list(
        for request: ProviderRequest,
        idempotencyKey: String? = nil,
        trigger: String? = nil
    ) throws(ProviderCallError) -> [ProviderHeader] {
        var headers = [
            ProviderHeader("Authorization", "Bearer " + apiKey.revealed()),
            ProviderHeader("Stripe-Version", version),
            ProviderHeader("User-Agent", userAgent),
        ]
        if let account { headers.append(ProviderHeader("Stripe-Account", account)) }
        if let contentType = request.contentType {
            headers.append(ProviderHeader("Content-Type", contentType))
        }
        if request.body?.isEmpty == true { headers.append(ProviderHeader("Content-Length", "0")) }
        if request.method == .post, let idempotencyKey {
            guard !idempotencyKey.isEmpty else { throw ProviderCallError(.empty, "Idempotency-Key") }
            guard idempotencyKey.utf8.count <= Self.keyBytesMax else {
                throw ProviderCallError(.tooLong, "Idempotency-Key")
            }
            headers.append(ProviderHeader("Idempotency-Key", idempotencyKey))
        }
        if let trigger { headers.append(ProviderHeader("Stripe-Request-Trigger", "event=" + trigger)) }
        // RFC 9110 §5.5; a line end would begin a header of somebody else's making.
        for header in headers where !header.value.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) {
            throw ProviderCallError(.outOfRange, header.name)
        }
        return headers
    }
}
