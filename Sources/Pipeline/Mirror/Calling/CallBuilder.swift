import BillingModel
import Cryptography
import HTTPClient
import Outbox
import Providers

/// Turns a provider's request into bytes for the network. The credential is added here and nowhere else, so that
/// nothing stored holds it, and a new key serves requests that were frozen under the old one.
struct CallBuilder: Sendable {
    let connection: MirrorConnection

    func request(for read: ProviderRead) throws(ProviderCallError) -> HTTPClientRequest {
        try request(try StripeCalls.request(for: read), headers(), key: nil)
    }

    func request(for sent: SentRequest) throws(ProviderCallError) -> HTTPClientRequest {
        let frozen = sent.request
        guard let method = ProviderRequest.Method(rawValue: frozen.method) else {
            throw ProviderCallError(.unsupported, "method")
        }
        let parts = frozen.path.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let request = ProviderRequest(
            method: method,
            path: String(parts.first ?? ""),
            query: parts.count > 1 ? String(parts[1]) : "",
            body: method == .post ? frozen.body : nil
        )
        let headers = StripeHeaders(
            apiKey: connection.apiKey,
            version: frozen.apiVersion ?? connection.apiVersion,
            account: frozen.account
        )
        return try self.request(request, headers, key: sent.key)
    }

    /// As it is to be kept from its first send on.
    func frozen(
        _ operation: ProviderOperation,
        operationID: String
    ) throws(ProviderCallError) -> FrozenRequest {
        let request = try StripeCalls.request(for: operation, operationID: operationID)
        return FrozenRequest(
            method: request.method.rawValue,
            path: request.target,
            body: request.body ?? [],
            apiVersion: connection.apiVersion,
            account: connection.connection.account
        )
    }

    private func headers() -> StripeHeaders {
        StripeHeaders(
            apiKey: connection.apiKey,
            version: connection.apiVersion,
            account: connection.connection.account
        )
    }

    private func request(
        _ request: ProviderRequest,
        _ headers: StripeHeaders,
        key: String?
    ) throws(ProviderCallError) -> HTTPClientRequest {
        let method: HTTPClientMethod =
            switch request.method {
            case .get: .get
            case .post: .post
            case .delete: .delete
            }
        let list = try headers.list(for: request, idempotencyKey: key)
        return HTTPClientRequest(
            method: method,
            url: connection.baseURL + request.target,
            // The length is the client's own affair.
            headers: list.filter { $0.name != "Content-Length" }.map { ($0.name, $0.value) },
            body: request.body,
            addressPolicy: connection.addressPolicy,
            certificateAuthorityFile: connection.certificateAuthorityFile
        )
    }
}
