import Cryptography
import JSON
import WebhookVerifier

/// Reads `endpoints`.
struct EndpointDecoder {
    /// Bodies older than a day are replays, not delays.
    static let toleranceSeconds = 1...86_400
    /// Rotation needs two; more than a few are a mistake, and each costs an HMAC for every forged request.
    static let secretsMax = 8

    let secrets: SecretReader
    let profiles: ProfileDecoder.Profiles
    /// Of the configured connections.
    let connections: [String]

    private var report: ConfigurationReport { secrets.report }

    func endpoints(_ sections: [ConfigurationSection]) -> [EndpointConfiguration] {
        var names: [String] = []
        return sections.compactMap { section in
            let name = section.name("name")
            if let name {
                if names.contains(name) {
                    report.problem(
                        section.path(of: "name"),
                        found: "\"\(name)\" for a second time",
                        wanted: "a name of its own"
                    )
                }
                names.append(name)
            }
            return endpoint(section, name: name ?? "")
        }
    }

    private func endpoint(_ section: ConfigurationSection, name: String) -> EndpointConfiguration? {
        let connection = known("connection", "connection", among: connections, section)
        let profile = known("profile", "signature profile", among: profiles.names, section)
            .flatMap(profiles.profile)
        let tolerance = section.optionalInteger("tolerance_s", in: Self.toleranceSeconds, unit: "seconds")
        let publicURL = section.optionalText("public_url", wanted: URLRule.wanted).flatMap { text in
            URLRule.checked(text, path: section.path(of: "public_url"), report: report)
        }
        if let profile { checkUse(of: profile, tolerance, section) }
        let secrets = endpointSecrets(section, name: name, profile: profile)
        section.finish()
        // Each of these has been reported where it was missing.
        guard let connection, let profile, !secrets.isEmpty, publicURL != nil || !profile.needsPublicURL
        else {
            return nil
        }
        do throws(VerifierConfiguration.Problem) {
            let verifier = try VerifierConfiguration(
                profile: profile,
                secrets: secrets,
                toleranceSeconds: tolerance.map(Int64.init),
                publicURL: publicURL
            )
            return EndpointConfiguration(name: name, connection: connection, verifier: verifier)
        } catch {
            report.problem(section.path, found: "what cannot work together", wanted: error.description)
            return nil
        }
    }

    private func checkUse(of profile: SignatureProfile, _ tolerance: Int?, _ section: ConfigurationSection) {
        if profile.needsPublicURL, section.member("public_url") == nil {
            report.problem(
                section.path(of: "public_url"),
                found: "nothing",
                wanted:
                    "the address as it is registered at the provider: profile \"\(profile.name)\" signs it"
            )
        }
        if tolerance != nil, profile.timestamp == nil {
            report.warning(
                section.path(of: "tolerance_s"),
                found: "a tolerance",
                wanted: "null: profile \"\(profile.name)\" signs no time"
            )
        }
    }

    private func known(
        _ key: String,
        _ noun: String,
        among names: [String],
        _ section: ConfigurationSection
    ) -> String? {
        let listed =
            names.count <= 6 ? names.map { "\"\($0)\"" }.joined(separator: " or ") : "the name of a \(noun)"
        let wanted = names.isEmpty ? "a configured \(noun)" : listed
        guard let name = section.requiredText(key, wanted: wanted) else { return nil }
        guard names.contains(name) else {
            report.problem(
                section.path(of: key),
                found: ConfigurationReport.shown(name) + ", which is no \(noun)",
                wanted: wanted,
                hint: NameSuggestion.hint(for: name, among: names)
            )
            return nil
        }
        return name
    }

    private func endpointSecrets(
        _ section: ConfigurationSection,
        name: String,
        profile: SignatureProfile?
    ) -> [WebhookSecret] {
        let wanted = "a list of one or more secrets"
        let problemsBefore = report.problems.count
        let entries = section.list("secrets", wanted: wanted)
        if entries.isEmpty, section.isUsable, report.problems.count == problemsBefore {
            report.problem(
                section.path(of: "secrets"),
                found: "none",
                wanted: wanted,
                hint: "an endpoint without a secret would believe anybody"
            )
        }
        if entries.count > Self.secretsMax {
            report.problem(
                section.path(of: "secrets"),
                found: "\(entries.count) secrets",
                wanted: "at most \(Self.secretsMax)"
            )
        }
        return entries.compactMap { entry in
            let text = secrets.secret(
                entry.value,
                path: entry.path,
                purpose: "a signing secret of endpoint \"\(name)\""
            )
            guard let text, let profile else { return nil }
            do throws(WebhookSecret.Problem) {
                return try WebhookSecret(text, for: profile)
            } catch {
                report.problem(
                    entry.path,
                    found: error == .empty ? "an empty secret" : "a secret of another form",
                    wanted: error == .empty ? "a signing secret" : error.description
                )
                return nil
            }
        }
    }
}
