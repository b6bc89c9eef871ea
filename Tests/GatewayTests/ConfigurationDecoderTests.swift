import BillingModel
import Cryptography
import Foundation
import HTTPServer
import Lanes
import Reconciler
import Telemetry
import Testing
import WebhookVerifier

@testable import Gateway

@Suite struct `Reading a configuration` {
    @Test func `a small configuration has the documented defaults`() throws {
        let outcome = ConfigurationSamples.decode(ConfigurationSamples.good)
        #expect(outcome.problems == [])
        #expect(outcome.warnings == [])
        let configuration = try #require(outcome.configuration)
        #expect(configuration.database.path == "/tmp/tollgate-never-made.db")
        #expect(configuration.database.controlSocketPath == "/tmp/tollgate-never-made.db.sock")
        #expect(configuration.listen.publicAddress.description == "127.0.0.1:8480")
        #expect(configuration.listen.adminAddress.description == "127.0.0.1:8481")
        #expect(configuration.listen.trustedProxies.isEmpty)
        let connection = try #require(configuration.connections.first)
        #expect(connection.site == "main")
        #expect(connection.mode == .test)
        #expect(connection.confirm == .whenNeeded)
        #expect(connection.providerCustomers == .onWrite)
        #expect(connection.api == nil)
        #expect(connection.adoptsByEmail == false)
        #expect(connection.reconcile == nil)
        #expect(configuration.retention == RetentionConfiguration())
        #expect(configuration.limits == LimitsConfiguration())
        #expect(configuration.log.level == .info)
    }

    @Test func `the example is complete, and its values are the defaults`() throws {
        let sources = ConfigurationSources(
            environment: { name in "\(name)-which-is-long-enough-to-be-taken" },
            file: { _, _ in .failure(.unreadable("not needed")) }
        )
        let outcome = ConfigurationDecoder(sources: sources)
            .decode(try ConfigurationSamples.repositoryFile("config.example.json"))
        #expect(outcome.problems == [])
        #expect(outcome.warnings == [])
        let configuration = try #require(outcome.configuration)
        #expect(configuration.database == DatabaseLocation(path: "tollgate.db"))
        #expect(configuration.retention == RetentionConfiguration())
        #expect(configuration.limits == LimitsConfiguration())
        #expect(configuration.log == LogConfiguration())
        #expect(configuration.connections.first?.api?.ratePerSecond == 20)
        #expect(configuration.connections.first?.api?.baseURL == "https://api.stripe.com")
    }

    @Test func `the example's unset variables are all listed`() throws {
        let sources = ConfigurationSources(
            environment: { _ in nil },
            file: { _, _ in .failure(.unreadable("not needed")) }
        )
        let outcome = ConfigurationDecoder(sources: sources)
            .decode(try ConfigurationSamples.repositoryFile("config.example.json"))
        #expect(outcome.configuration == nil)
        #expect(
            outcome.problems.map(\.found) == [
                "the variable STRIPE_API_KEY unset", "the variable STRIPE_WEBHOOK_SECRET unset",
            ]
        )
    }

    @Test func `a secret's file loses its line ends and nothing else`() throws {
        let outcome = ConfigurationSamples.decode(
            replacing: #"{"env": "SECRET"}"#,
            by: #"{"file": "/secrets/good"}"#
        )
        #expect(outcome.problems == [])
        #expect(
            outcome.configuration?.endpoints.first?.verifier.secrets.first?.text.revealed()
                == ConfigurationSamples.canary
        )
    }

    @Test(arguments: ["EMPTY", "NOWHERE", "sk_live_4242424242", ConfigurationSamples.canary])
    func `a variable that cannot be used is told without its content`(name: String) {
        let outcome = ConfigurationSamples.decode(replacing: #""SECRET""#, by: "\"\(name)\"")
        #expect(outcome.problems.count == 1)
        #expect(!outcome.problems.description.contains(ConfigurationSamples.canary))
        #expect(!outcome.problems.description.contains("sk_live"))
    }

    @Test func `a short secret and one with white space are warned about`() {
        let short = ConfigurationSamples.decode(replacing: #""SECRET""#, by: #""SHORT""#)
        #expect(short.problems == [])
        #expect(short.warnings.map(\.found) == ["a secret of 11 bytes"])
        #expect(!short.warnings.description.contains("whsec_short"))
        let spaced = ConfigurationSamples.decode(replacing: #""SECRET""#, by: #""SPACED""#)
        #expect(spaced.warnings.map(\.found) == ["a secret with white space at an end"])
    }

    @Test func `a profile of the operator's own is used like a built-in one`() {
        let own =
            #""profiles": {"acme": {"like": "github", "signature": {"header": ["X-Acme"], "parse": "plain"}}}, "connections": ["#
        let outcome = ConfigurationSamples.decode(
            ConfigurationSamples.good
                .replacingOccurrences(of: #""profile": "stripe""#, with: #""profile": "acme""#)
                .replacingOccurrences(of: #""connections": ["#, with: own)
        )
        #expect(outcome.problems == [])
        #expect(outcome.configuration?.endpoints.first?.verifier.profile.name == "acme")
    }

    @Test func `a tolerance is warned about where no time is signed`() {
        let outcome = ConfigurationSamples.decode(
            replacing: #""profile": "stripe""#,
            by: #""profile": "github", "tolerance_s": 60"#
        )
        #expect(outcome.problems == [])
        #expect(outcome.warnings.map(\.path) == ["endpoints[0].tolerance_s"])
    }

    @Test func `an admin listener beyond loopback is warned about`() {
        let outcome = ConfigurationSamples.decode(
            replacing: #""connections": ["#,
            by: #""listen": {"admin": "0.0.0.0:9000"}, "connections": ["#
        )
        #expect(outcome.problems == [])
        #expect(outcome.warnings.map(\.path) == ["listen.admin"])
    }

    @Test func `a schedule is not doubted for a key that could not be found`() {
        let outcome = ConfigurationSamples.decode(
            replacing: #""provider": "stripe""#,
            by: #""provider": "stripe", "reconcile": {}, "api": {"key": {"env": "UNSET"}}"#
        )
        #expect(outcome.problems.map(\.path) == ["connections[0].api.key"])
        #expect(outcome.warnings == [])
    }

    @Test func `a schedule of runs has defaults, and is of no use without an API key`() throws {
        let outcome = ConfigurationSamples.decode(
            replacing: #""provider": "stripe""#,
            by: #""provider": "stripe", "reconcile": {}"#
        )
        #expect(outcome.problems == [])
        #expect(outcome.warnings.map(\.path) == ["connections[0].reconcile"])
        let expected = ReconcileSchedule(scope: .all, mode: .apply, everyHours: 24, jitterMinutes: 30)
        #expect(outcome.configuration?.connections.first?.reconcile == expected)
        let other = ConfigurationSamples.decode(
            replacing: #""provider": "stripe""#,
            by: #"""
                "provider": "stripe", "api": {"key": {"env": "SECRET"}},
                "reconcile": {"scope": "checkout_sessions", "mode": "dry_run", "every_h": 1, "jitter_min": 0}
                """#
        )
        #expect(other.problems == [] && other.warnings == [])
        #expect(
            other.configuration?.connections.first?.reconcile
                == ReconcileSchedule(scope: .checkoutSessions, mode: .dryRun, everyHours: 1, jitterMinutes: 0)
        )
    }

    @Test func `what is asked for and not there yet is warned about`() {
        let outcome = ConfigurationSamples.decode(
            replacing: #""provider": "stripe""#,
            by: #""provider": "stripe", "confirm": "always", "adopt_by_email": true"#
        )
        #expect(outcome.problems == [])
        #expect(
            outcome.warnings.map(\.path) == ["connections[0].adopt_by_email"]
        )
    }

    @Test func `a provider without decoder is warned about`() {
        let outcome = ConfigurationSamples.decode(
            replacing: #""provider": "stripe""#,
            by: #""provider": "strpe""#
        )
        #expect(outcome.problems == [])
        #expect(outcome.warnings.map(\.hint) == ["did you mean \"stripe\"?"])
    }

    @Test(arguments: [
        ("127.0.0.1:0", "127.0.0.1:0"), ("[::1]:8480", "[::1]:8480"), ("0.0.0.0:65535", "0.0.0.0:65535"),
    ])
    func `an address is read`(text: String, shown: String) {
        #expect(ListenDecoder.address(text)?.description == shown)
    }

    @Test(arguments: [
        "", "8480", ":8480", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:+80", "127.0.0.1:8o",
        "127.0.0.1:000080", "localhost:8480", "::1:8480", "[127.0.0.1]:80", "[::1]", "[::1:80", "1.2.3:80",
        "[]:80",
        "127.0.0.1:-1", "127.0.0.1: 80", "256.0.0.1:80", "é:80",
    ])
    func `no address is guessed`(text: String) {
        #expect(ListenDecoder.address(text) == nil)
    }

    @Test func `the process's sources read variables and files`() {
        #expect(ConfigurationSources.process.environment("PATH")?.isEmpty == false)
        #expect(ConfigurationSources.process.environment("TOLLGATE_NEVER_SET") == nil)
        #expect(ConfigurationSources.process.file("/proc/self/comm", 64).map(\.isEmpty) == .success(false))
        #expect(ConfigurationSources.process.file("/dev/zero", 64) == .failure(.longer(thanBytes: 64)))
        #expect(
            ConfigurationSources.process.file("/nowhere", 64)
                == .failure(.unreadable("No such file or directory"))
        )
        #expect(ConfigurationSources.process.file("/tmp", 64) == .failure(.unreadable("Is a directory")))
    }
}

@Suite struct `Names that are nearly right` {
    @Test(arguments: [
        ("pubilc", "public"), ("databse", "database"), ("retenton", "retention"), ("Endpoints", "endpoints"),
        ("endpoint", "endpoints"),
    ])
    func `are recognised`(word: String, meant: String) {
        let names = ["public", "database", "retention", "connections", "endpoints"]
        #expect(NameSuggestion.nearest(to: word, among: names) == meant)
    }

    @Test(arguments: ["", "xyz", "secrets", "q"])
    func `are not invented`(word: String) {
        #expect(NameSuggestion.nearest(to: word, among: ["public", "database", "log"]) == nil)
    }
}
