package import BillingModel
package import Cryptography
package import HTTPClient

/// One provider account that operations are carried to, and how it is reached.
package struct MirrorConnection: Sendable {
    /// The API version that requests name when the configuration names none: what the code was written against.
    package static let apiVersionDefault = "2026-06-24.dahlia"

    package var connection: Connection
    /// `https://host[:port][/path]`, without a slash at the end.
    package var baseURL: String
    package var apiKey: RedactedText
    package var apiVersion = MirrorConnection.apiVersionDefault
    package var addressPolicy = AddressPolicy.publicOnly
    /// PEM file of the authorities to believe, in place of the system's.
    package var certificateAuthorityFile: String?
    package var ratePerSecond: Double = 20
    /// Objects are read one by one to be sure of them; otherwise only those that a run could not decide.
    package var makesReads = true
    /// Calls on their way at once, at most.
    package var inFlightMax = 64
    /// Longest time until the store is asked again whether something is due.
    package var pollMilliseconds: Int64 = 1_000
    /// Time between two probes of a provider that does not answer; twice that when it refuses the key or is not
    /// trusted.
    package var probeMilliseconds: Int64 = 30_000

    package init(connection: Connection, baseURL: String, apiKey: RedactedText) {
        self.connection = connection
        self.baseURL = baseURL
        self.apiKey = apiKey
    }
}
