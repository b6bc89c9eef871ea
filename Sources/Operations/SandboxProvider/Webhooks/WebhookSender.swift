/// One signed delivery.
package struct WebhookDelivery: Sendable {
    package let url: String
    package let eventID: String
    /// From 1.
    package let attempt: Int
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]
}

/// Carries deliveries to the receiver.
package protocol WebhookSender: Sendable {
    /// The receiver's status; nil when there was none. Only 2xx counts as delivered.
    func send(_ delivery: WebhookDelivery) async -> Int?
}
