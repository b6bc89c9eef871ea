import Cryptography
import JSON

/// Reads `endpoints`.
struct EndpointDecoder {
    /// Bodies older than a day are replays, not delays.
    static let toleranceSeconds = 1...86_400
    /// Rotation needs two; more than a few are a mistake, and each costs an HMAC for every forged request.
    static let secretsMax = 8

    let secrets: SecretReader
    let profiles: [String]
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
        let profile = known("profile", "signature profile", among: profiles, section)
        let tolerance = section.optionalInteger("tolerance_s", in: Self.toleranceSeconds, unit: "seconds")
        let publicURL = section.optionalText("public_url", wanted: URLRule.wanted).flatMap { text in
            URLRule.checked(text, path: section.path(of: "public_url"), report: report)
        }
        let secrets = endpointSecrets(section, name: name)
        section.finish()
        guard let connection, let profile, !secrets.isEmpty else { return nil }
        return EndpointConfiguration(
            name: name,
            connection: connection,
            profile: profile,
            toleranceSeconds: tolerance,
            publicURL: publicURL,
            secrets: secrets
        )
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

    private func endpointSecrets(_ section: ConfigurationSection, name: String) -> [RedactedText] {
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
            secrets.secret(
                entry.value,
                path: entry.path,
                purpose: "a signing secret of endpoint \"\(name)\""
            )
        }
    }
}
