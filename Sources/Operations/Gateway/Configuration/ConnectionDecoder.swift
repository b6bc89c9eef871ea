import BillingModel
import JSON
import Lanes
import Reconciler

/// Reads `connections`.
struct ConnectionDecoder {
    let secrets: SecretReader
    let sources: ConfigurationSources

    struct Connections {
        var decoded: [ConnectionConfiguration] = []
        /// Also of those that could not be decoded, so that an endpoint is not blamed for naming one.
        var names: [String] = []
    }

    private var report: ConfigurationReport { secrets.report }

    func connections(_ sections: [ConfigurationSection]) -> Connections {
        var connections = Connections()
        for section in sections {
            let name = section.name("name")
            if let name {
                if connections.names.contains(name) {
                    report.problem(
                        section.path(of: "name"),
                        found: "\"\(name)\" for a second time",
                        wanted: "a name of its own"
                    )
                } else {
                    connections.names.append(name)
                }
            }
            guard let connection = connection(section, name: name ?? "") else { continue }
            checkAccount(connection, among: connections.decoded, section)
            connections.decoded.append(connection)
        }
        return connections
    }

    private func connection(_ section: ConfigurationSection, name: String) -> ConnectionConfiguration? {
        let problemsBefore = report.problems.count
        let site = section.name("site", fallback: "main")
        let mode: DataMode? = section.choice("mode")
        let provider = section.name("provider")
        if let provider { checkDecoder(provider, section) }
        let account = section.optionalText("account", wanted: "the provider's account id, or null")
        if account?.isEmpty == true {
            report.problem(
                section.path(of: "account"),
                found: "an empty text",
                wanted: "an account id, or null"
            )
        }
        let api = section.optionalSection("api").flatMap {
            self.api($0, provider: provider, connection: name)
        }
        let confirm: ConfirmPolicy? = section.choice("confirm", fallback: .whenNeeded)
        let settle = section.optionalInteger("settle_read_s", in: 1...86_400, unit: "seconds")
        let customers: ProviderCustomersPolicy? = section.choice("provider_customers", fallback: .onWrite)
        let adoptsByEmail = section.boolean("adopt_by_email", fallback: false)
        let reconcile = section.optionalSection("reconcile").flatMap(schedule)
        section.finish()
        // A key that could not be resolved is told by itself.
        if reconcile != nil, api?.key == nil, report.problems.count == problemsBefore {
            report.warning(
                section.path(of: "reconcile"),
                found: "a schedule, which does nothing without an API key",
                wanted: "a key under \"api\", or null"
            )
        }
        if adoptsByEmail == true {
            report.warning(
                section.path(of: "adopt_by_email"),
                found: "true, which does nothing yet",
                wanted: "false"
            )
        }
        guard let site, let mode, let provider, let confirm, let customers else { return nil }
        return ConnectionConfiguration(
            name: name,
            site: site,
            mode: mode,
            provider: provider,
            account: account,
            api: api,
            confirm: confirm,
            settleReadSeconds: settle,
            providerCustomers: customers,
            adoptsByEmail: adoptsByEmail,
            reconcile: reconcile
        )
    }

    private func schedule(_ section: ConfigurationSection) -> ReconcileSchedule? {
        let scope: ScheduledScope? = section.choice("scope", fallback: .all)
        let mode: RunMode? = section.choice("mode", fallback: .apply)
        let every = section.integer("every_h", in: 1...8_760, unit: "hours", fallback: 24)
        let jitter = section.integer("jitter_min", in: 0...1_440, unit: "minutes", fallback: 30)
        section.finish()
        guard let scope, let mode else { return nil }
        return ReconcileSchedule(
            scope: scope.runScope,
            mode: mode,
            everyHours: every,
            jitterMinutes: jitter
        )
    }

    private func checkDecoder(_ provider: String, _ section: ConfigurationSection) {
        let decoded = ConfigurationDecoder.providersWithDecoder
        guard !decoded.contains(provider) else { return }
        report.warning(
            section.path(of: "provider"),
            found: "\"\(provider)\", whose events cannot be read yet",
            wanted: decoded.map { "\"\($0)\"" }.joined(separator: " or "),
            hint: NameSuggestion.hint(for: provider, among: decoded)
                ?? "its events are verified, stored and kept as ignored"
        )
    }

    /// An event names its account, and must find one connection by it.
    private func checkAccount(
        _ connection: ConnectionConfiguration,
        among others: [ConnectionConfiguration],
        _ section: ConfigurationSection
    ) {
        guard let account = connection.account,
            let other = others.first(where: { other in
                other.provider == connection.provider && other.mode == connection.mode
                    && other.account == account
            })
        else { return }
        report.problem(
            section.path(of: "account"),
            found: "the account of connection \"\(other.name)\" once more",
            wanted: "an account of its own within one provider and mode"
        )
    }

    private func api(
        _ section: ConfigurationSection,
        provider: String?,
        connection: String
    ) -> ProviderAPIConfiguration? {
        let baseURL: String?
        if provider == "stripe" {
            baseURL = section.optionalText("base_url", wanted: URLRule.wanted) ?? "https://api.stripe.com"
        } else {
            baseURL = section.requiredText("base_url", wanted: URLRule.wanted)
        }
        let checkedURL = baseURL.flatMap { text in
            URLRule.checked(text, path: section.path(of: "base_url"), report: report)
        }
        let key = section.member("key").flatMap { value in
            secrets.secret(
                value,
                path: section.path(of: "key"),
                purpose: "the API key of connection \"\(connection)\""
            )
        }
        let version = section.optionalText("version", wanted: "an API version, or null")
        let rate = section.integer("rate_per_s", in: 1...100_000, unit: "requests per second", fallback: 20)
        let inFlight = section.integer("in_flight_max", in: 1...1_024, unit: "requests", fallback: 64)
        let probe = section.integer("probe_s", in: 1...3_600, unit: "seconds", fallback: 30)
        let allowsPrivate = section.boolean("allow_private_addresses", fallback: false)
        let caFile = section.optionalText("ca_file", wanted: "the path of a PEM file, or null")
        if let caFile { checkReadable(caFile, path: section.path(of: "ca_file")) }
        section.finish()
        return checkedURL.map { baseURL in
            ProviderAPIConfiguration(
                baseURL: baseURL,
                key: key,
                version: version,
                ratePerSecond: rate,
                inFlightMax: inFlight,
                probeSeconds: probe,
                caFile: caFile,
                allowsPrivateAddresses: allowsPrivate
            )
        }
    }

    private func checkReadable(_ file: String, path: String) {
        let wanted = "a readable PEM file of certificates"
        switch sources.file(file, 1 << 20) {
        case .success(let bytes):
            if !bytes.starts(with: Array("-----BEGIN".utf8))
                && !String(decoding: bytes, as: UTF8.self).contains("-----BEGIN")
            {
                report.problem(path, found: "a file without any certificate", wanted: wanted)
            }
        case .failure(.unreadable(let reason)):
            report.problem(path, found: "a file that cannot be read: \(reason)", wanted: wanted)
        case .failure(.longer(let bytes)):
            report.problem(path, found: "a file longer than \(bytes) bytes", wanted: wanted)
        }
    }
}
