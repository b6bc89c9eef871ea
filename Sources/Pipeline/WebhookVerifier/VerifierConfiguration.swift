/// Everything that an endpoint's verifiers are made from; shared by all event loops.
package struct VerifierConfiguration: Sendable {
    package let profile: SignatureProfile
    package let secrets: [WebhookSecret]
    /// Nil: no check of the time.
    package let toleranceSeconds: Int64?
    /// The URL that the provider calls, as registered there; never taken from the request.
    package let publicURL: String?

    package enum Problem: Error, Sendable, Hashable, CustomStringConvertible {
        case noSecret
        case publicURLMissing(profile: String)
        case toleranceNotPositive

        package var description: String {
            switch self {
            case .noSecret: "secrets: expected at least one"
            case .publicURLMissing(let profile):
                "public_url: profile \"\(profile)\" signs the URL, so the one registered there is needed"
            case .toleranceNotPositive: "tolerance_s: expected a whole number of seconds above 0"
            }
        }
    }

    /// `toleranceSeconds` nil takes the profile's; it has no effect on profiles that sign no time.
    package init(
        profile: SignatureProfile,
        secrets: [WebhookSecret],
        toleranceSeconds: Int64? = nil,
        publicURL: String? = nil
    ) throws(Problem) {
        guard !secrets.isEmpty else { throw .noSecret }
        if profile.needsPublicURL, publicURL?.isEmpty != false {
            throw .publicURLMissing(profile: profile.name)
        }
        if let toleranceSeconds, toleranceSeconds <= 0 { throw .toleranceNotPositive }
        self.profile = profile
        self.secrets = secrets
        self.toleranceSeconds = toleranceSeconds ?? profile.timestamp?.toleranceSeconds
        self.publicURL = publicURL
    }
}
