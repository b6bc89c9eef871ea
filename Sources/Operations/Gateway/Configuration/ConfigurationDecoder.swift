import HTTPServer
import JSON

/// Reads the operator's file, DESIGN section 10, and tells everything that is wrong with it at once.
///
/// Secrets are resolved here, so a configuration that decodes can be started with. Decoding opens nothing but
/// the files that hold secrets and certificates.
package struct ConfigurationDecoder {
    package static let fileBytesMax = 1 << 20
    /// The providers whose events can be applied; the others' are stored and ignored.
    package static let providersWithDecoder = ["stripe"]

    private let sources: ConfigurationSources

    package init(sources: ConfigurationSources) {
        self.sources = sources
    }

    /// Reads and decodes the file at `path`.
    package func decode(file path: String) -> ConfigurationOutcome {
        let wanted = "a readable configuration file"
        switch sources.file(path, Self.fileBytesMax) {
        case .failure(.unreadable(let reason)):
            return refused(
                found: "\(path): \(reason)",
                wanted: wanted,
                hint: "config.example.json is one to start from; --config FILE names another"
            )
        case .failure(.longer(let bytes)):
            return refused(found: "\(path), longer than \(bytes) bytes", wanted: wanted)
        case .success(let bytes):
            return decode(bytes)
        }
    }

    /// Only where the store is: for commands that need no secret, so that unset variables are no problem.
    package func decodeDatabase(file path: String) -> Result<DatabaseLocation, ConfigurationProblem> {
        switch sources.file(path, Self.fileBytesMax) {
        case .failure:
            return .failure(decode(file: path).problems[0])
        case .success(let bytes):
            let report = ConfigurationReport()
            // What keeps the document from being read at all is told in full by `decode`.
            guard let document = try? JSONDocument.parse(bytes) else {
                return .failure(decode(bytes).problems[0])
            }
            let top = ConfigurationSection(document.root, path: "", pattern: "", report: report)
            let location = database(top)
            return report.problems.first.map { .failure($0) } ?? .success(location)
        }
    }

    package func decode(_ bytes: [UInt8]) -> ConfigurationOutcome {
        let document: JSONDocument
        do throws(JSONError) {
            document = try JSONDocument.parse(bytes)
        } catch {
            let place = TextPlace(offset: error.offset, in: bytes)
            return refused(
                found: "\(error.reason.rawValue) at line \(place.line), column \(place.column)",
                wanted: "strict JSON (RFC 8259): no comments, no trailing commas, no key twice in one object"
            )
        }
        let report = ConfigurationReport()
        let configuration = decode(document.root, report)
        return ConfigurationOutcome(
            configuration: report.problems.isEmpty ? configuration : nil,
            problems: report.problems,
            warnings: report.warnings,
            knownKeys: report.knownKeys.sorted()
        )
    }

    private func refused(found: String, wanted: String, hint: String? = nil) -> ConfigurationOutcome {
        let problem = ConfigurationProblem(path: "", found: found, wanted: wanted, hint: hint)
        return ConfigurationOutcome(configuration: nil, problems: [problem], warnings: [], knownKeys: [])
    }

    private func decode(_ root: JSONValue, _ report: ConfigurationReport) -> GatewayConfiguration? {
        let top = ConfigurationSection(root, path: "", pattern: "", report: report)
        guard top.isUsable else { return nil }
        let database = database(top)
        let listen = ListenDecoder(report: report).listen(top.section("listen"))
        let secrets = SecretReader(sources: sources, report: report)
        let connections = ConnectionDecoder(secrets: secrets, sources: sources)
            .connections(top.sections("connections", wanted: "a list of at least one connection"))
        let profiles = ProfileDecoder(report: report).profiles(top.named("profiles"))
        let endpoints = EndpointDecoder(secrets: secrets, profiles: profiles, connections: connections.names)
            .endpoints(top.sections("endpoints", wanted: "a list of at least one endpoint"))
        let retention = retention(top.section("retention"))
        let limits = limits(top.section("limits"))
        let log = log(top.section("log"))
        top.finish()
        return GatewayConfiguration(
            database: database,
            listen: listen,
            connections: connections.decoded,
            endpoints: endpoints,
            retention: retention,
            limits: limits,
            log: log
        )
    }

    private func database(_ top: ConfigurationSection) -> DatabaseLocation {
        let wanted = "\"sqlite:PATH\""
        let fallback = DatabaseLocation(path: "tollgate.db")
        guard let text = top.optionalText("database", wanted: wanted) else { return fallback }
        let scheme = "sqlite:"
        // Another engine's URL holds a password, so that nothing of it is shown.
        guard text.hasPrefix(scheme) else {
            top.report.problem("database", found: "a text that does not begin with sqlite:", wanted: wanted)
            return fallback
        }
        let path = String(text.dropFirst(scheme.count))
        // SQLite's own words for databases that are gone when the process ends.
        guard !path.isEmpty, path != ":memory:", !path.hasPrefix("file:") else {
            top.report.problem(
                "database",
                found: "no path of a file",
                wanted: wanted,
                hint: "what was answered with 2xx must be on a disk"
            )
            return fallback
        }
        return DatabaseLocation(path: path)
    }

    private func retention(_ section: ConfigurationSection) -> RetentionConfiguration {
        var retention = RetentionConfiguration()
        retention.eventBodiesDays = section.integer(
            "event_bodies_days",
            in: 1...3650,
            unit: "days",
            fallback: retention.eventBodiesDays
        )
        // Providers retry for up to three days (Stripe), so an id is remembered for longer than that.
        retention.eventIDsDays = section.integer(
            "event_ids_days",
            in: 4...3650,
            unit: "days",
            fallback: retention.eventIDsDays
        )
        if retention.eventIDsDays < retention.eventBodiesDays {
            section.report.problem(
                section.path(of: "event_ids_days"),
                found: "\(retention.eventIDsDays) days",
                wanted: "at least event_bodies_days, which is \(retention.eventBodiesDays)"
            )
        }
        section.finish()
        return retention
    }

    private func limits(_ section: ConfigurationSection) -> LimitsConfiguration {
        var limits = LimitsConfiguration()
        func read(
            _ key: String,
            _ range: ClosedRange<Int>,
            _ unit: String,
            _ limit: WritableKeyPath<LimitsConfiguration, Int>
        ) {
            limits[keyPath: limit] = section.integer(
                key,
                in: range,
                unit: unit,
                fallback: limits[keyPath: limit]
            )
        }
        read("intake_queue_events", 1...1_000_000, "events", \.intakeQueueEvents)
        read("intake_queue_bytes", 4 << 20...4 << 30, "bytes", \.intakeQueueBytes)
        read("webhook_body_bytes", 1024...16 << 20, "bytes", \.webhookBodyBytes)
        read("connections", 16...100_000, "connections", \.connections)
        read("connections_per_address", 1...100_000, "connections", \.connectionsPerAddress)
        read("drain_s", 0...600, "seconds", \.drainSeconds)
        if limits.intakeQueueBytes < limits.webhookBodyBytes {
            section.report.problem(
                section.path(of: "intake_queue_bytes"),
                found: "\(limits.intakeQueueBytes) bytes",
                wanted: "at least webhook_body_bytes, which is \(limits.webhookBodyBytes)"
            )
        }
        section.finish()
        return limits
    }

    private func log(_ section: ConfigurationSection) -> LogConfiguration {
        var log = LogConfiguration()
        log.level = section.choice("level", fallback: log.level) ?? log.level
        section.finish()
        return log
    }
}

/// Line and column of a byte, both counted from one; a column is a character of UTF-8, as editors count.
struct TextPlace {
    let line: Int
    let column: Int

    init(offset: Int, in bytes: [UInt8]) {
        let before = bytes.prefix(offset)
        line = before.count { $0 == UInt8(ascii: "\n") } + 1
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        // Continuation bytes belong to the character before them.
        column = before[start...].count { $0 & 0xC0 != 0x80 } + 1
    }
}
