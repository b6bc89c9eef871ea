package import WebhookVerifier

/// One webhook address, `/webhooks/NAME`.
package struct EndpointConfiguration: Sendable {
    package let name: String
    /// Name of the connection whose events arrive here.
    package let connection: String
    /// Signature profile, secrets (all are tried, so that a rotation has two active), tolerance and public URL.
    package let verifier: VerifierConfiguration

    package init(name: String, connection: String, verifier: VerifierConfiguration) {
        self.name = name
        self.connection = connection
        self.verifier = verifier
    }
}
