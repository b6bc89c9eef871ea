package import Cryptography
package import HTTPServer

/// How one sandbox behaves. The defaults are a well-behaved provider with an empty account.
package struct SandboxConfiguration: Sendable {
    /// Loopback: there is no TLS, and `/sandbox` asks for no key.
    package var address = HTTPListenAddress.tcp(host: "127.0.0.1", port: 8482)
    /// Event-loop threads.
    package var loopCount = HTTPServerConfiguration.loopCountDefault
    /// Keys that are let in.
    package var keys = [SandboxConfiguration.keyDefault]
    /// What events and answers are in, unless a request names another version.
    package var apiVersion = "2026-06-24.dahlia"
    /// Customers of the account that follow from index and seed; see `DerivedCustomers`.
    package var customers = 0
    package var seed: UInt64 = 1
    /// From the arrival of a request to its answer.
    package var latencyMilliseconds = 0
    package var rateLimit: RateLimit?
    package var webhook: WebhookTarget?

    package static var customersMax: Int { DerivedCustomers.countMax }
    package static let keyDefault = "sk_test_tollgate_sandbox"

    package init() {}

    package struct RateLimit: Sendable {
        package var perSecond: Double
        /// Whether refusals carry `Stripe-Rate-Limited-Reason`.
        package var tellsReason: Bool

        package init(perSecond: Double, tellsReason: Bool = true) {
            self.perSecond = perSecond
            self.tellsReason = tellsReason
        }
    }

    package struct WebhookTarget: Sendable {
        package var url: String
        /// As the receiver has it: `whsec_…` is part of the secret.
        package var secret: RedactedText
        /// Deliveries under way at most; 1 keeps them in order.
        package var concurrency = 1
        /// Deliveries of one event, the first included.
        package var attemptsMax = 10
        /// The first retry comes after at most this; it doubles up to `retryCapMilliseconds`.
        package var retryBaseMilliseconds: Int64 = 1000
        package var retryCapMilliseconds: Int64 = 60_000

        package init(url: String, secret: RedactedText) {
            self.url = url
            self.secret = secret
        }
    }
}
