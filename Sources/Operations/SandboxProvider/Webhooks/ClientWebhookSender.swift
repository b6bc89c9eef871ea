package import HTTPClient

/// Deliveries over HTTP, to this machine or a private network.
package struct ClientWebhookSender: WebhookSender {
    private let transport: any HTTPTransport

    /// `transport` is started, and stopped, by whoever made it.
    package init(transport: any HTTPTransport) {
        self.transport = transport
    }

    package func send(_ delivery: WebhookDelivery) async -> Int? {
        let request = HTTPClientRequest(
            method: .post,
            url: delivery.url,
            headers: delivery.headers,
            body: delivery.body,
            addressPolicy: .allowPrivate,
            totalTimeout: .seconds(20)
        )
        do {
            return try await transport.send(request).status
        } catch {
            // Whatever it was, the delivery comes again.
            return nil
        }
    }
}
