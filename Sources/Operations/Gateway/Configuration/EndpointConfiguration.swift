package import Cryptography

/// One webhook address, `/webhooks/NAME`.
package struct EndpointConfiguration: Sendable {
    package let name: String
    /// Name of the connection whose events arrive here.
    package let connection: String
    /// Name of a built-in or configured signature profile.
    package let profile: String
    /// How far a signed time may lie from now, in seconds; nil: as the profile says.
    package let toleranceSeconds: Int?
    /// The address as the provider knows it, for profiles that sign it.
    package let publicURL: String?
    /// All of them are tried, so that a rotation has two active. Never empty.
    package let secrets: [RedactedText]

    package init(
        name: String,
        connection: String,
        profile: String,
        toleranceSeconds: Int? = nil,
        publicURL: String? = nil,
        secrets: [RedactedText]
    ) {
        self.name = name
        self.connection = connection
        self.profile = profile
        self.toleranceSeconds = toleranceSeconds
        self.publicURL = publicURL
        self.secrets = secrets
    }
}
