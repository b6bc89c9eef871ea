import Testing

@testable import Gateway

struct BadConfiguration: CustomTestStringConvertible, Sendable {
    let name: String
    let piece: String
    let other: String
    /// `path: found found, wanted …` of every problem, up to the wanted part.
    let problems: [String]

    init(_ name: String, _ piece: String, _ other: String, _ problems: String...) {
        self.name = name
        self.piece = piece
        self.other = other
        self.problems = problems
    }

    var testDescription: String { name }
}

private let secret = #"{"env": "SECRET"}"#
private let mode = #""mode": "test""#
private let start = #""connections": ["#
private let profile = #""profile": "stripe""#

private let badConfigurations = [
    BadConfiguration(
        "a literal secret",
        secret,
        "\"\(ConfigurationSamples.canary)\"",
        "endpoints[0].secrets[0]: found a literal text"
    ),
    BadConfiguration(
        "a secret of both kinds",
        secret,
        #"{"env": "SECRET", "file": "/secrets/good"}"#,
        "endpoints[0].secrets[0]: found an object of another shape"
    ),
    BadConfiguration(
        "a secret of another kind",
        secret,
        #"{"vault": "SECRET"}"#,
        "endpoints[0].secrets[0]: found an object of another shape"
    ),
    BadConfiguration(
        "a secret that is a number",
        secret,
        "17",
        "endpoints[0].secrets[0]: found the number 17"
    ),
    BadConfiguration(
        "a schedule of another shape",
        mode,
        #""mode": "test", "reconcile": {"scope": "customer", "mode": "wet", "every_h": 0, "jitter": 5}"#,
        "connections[0].reconcile.scope: found \"customer\"",
        "connections[0].reconcile.mode: found \"wet\"",
        "connections[0].reconcile.every_h: found the number 0",
        "connections[0].reconcile.jitter: found a key that is not known here"
    ),
    BadConfiguration(
        "an unset variable",
        secret,
        #"{"env": "NOWHERE"}"#,
        "endpoints[0].secrets[0]: found the variable NOWHERE unset"
    ),
    BadConfiguration(
        "an empty variable",
        secret,
        #"{"env": "EMPTY"}"#,
        "endpoints[0].secrets[0]: found an empty secret"
    ),
    BadConfiguration(
        "a missing file",
        secret,
        #"{"file": "/secrets/none"}"#,
        "endpoints[0].secrets[0]: found the file /secrets/none: No such file or directory"
    ),
    BadConfiguration(
        "an empty file",
        secret,
        #"{"file": "/secrets/empty"}"#,
        "endpoints[0].secrets[0]: found an empty secret"
    ),
    BadConfiguration(
        "a binary file",
        secret,
        #"{"file": "/secrets/binary"}"#,
        "endpoints[0].secrets[0]: found the file /secrets/binary, which is not text"
    ),
    BadConfiguration(
        "a long file",
        secret,
        #"{"file": "/secrets/long"}"#,
        "endpoints[0].secrets[0]: found the file /secrets/long, longer than 8192 bytes"
    ),
    BadConfiguration("no secret", "[\(secret)]", "[]", "endpoints[0].secrets: found none"),
    BadConfiguration(
        "secrets that are no list",
        "[\(secret)]",
        secret,
        "endpoints[0].secrets: found an object"
    ),
    BadConfiguration("an unknown mode", mode, #""mode": "prod""#, #"connections[0].mode: found "prod""#),
    BadConfiguration("a missing mode", mode + ", ", "", "connections[0].mode: found nothing"),
    BadConfiguration(
        "a mode of the wrong type",
        mode,
        #""mode": 1"#,
        "connections[0].mode: found the number 1"
    ),
    BadConfiguration(
        "an unknown key",
        mode,
        mode + #", "sight": "main""#,
        "connections[0].sight: found a key that is not known here"
    ),
    BadConfiguration(
        "an unknown key at the top",
        start,
        #""lisen": {}, "connections": ["#,
        "lisen: found a key that is not known here"
    ),
    BadConfiguration(
        "a secret as a key",
        start,
        "\"\(ConfigurationSamples.canary)\": {}, \"connections\": [",
        "(a key that is not shown here): found a key that is not known here"
    ),
    BadConfiguration(
        "an unknown connection",
        #""connection": "shop""#,
        #""connection": "ship""#,
        #"endpoints[0].connection: found "ship", which is no connection"#
    ),
    BadConfiguration(
        "an unknown profile",
        profile,
        #""profile": "stirpe""#,
        #"endpoints[0].profile: found "stirpe", which is no signature profile"#
    ),
    BadConfiguration(
        "a bad name",
        #"{"name": "stripe""#,
        #"{"name": "Stripe/1""#,
        #"endpoints[0].name: found "Stripe/1""#
    ),
    BadConfiguration(
        "a tolerance of zero",
        profile,
        profile + #", "tolerance_s": 0"#,
        "endpoints[0].tolerance_s: found the number 0"
    ),
    BadConfiguration(
        "a tolerance of two days",
        profile,
        profile + #", "tolerance_s": 172800"#,
        "endpoints[0].tolerance_s: found the number 172800"
    ),
    BadConfiguration(
        "a broken tolerance",
        profile,
        profile + #", "tolerance_s": 1.5"#,
        "endpoints[0].tolerance_s: found the number 1.5"
    ),
    BadConfiguration(
        "a profile that signs its URL, without one",
        profile,
        #""profile": "square""#,
        "endpoints[0].public_url: found nothing"
    ),
    BadConfiguration(
        "a secret of another form",
        profile,
        #""profile": "adyen-platform""#,
        "endpoints[0].secrets[0]: found a secret of another form"
    ),
    BadConfiguration(
        "a profile that is no object",
        start,
        #""profiles": {"acme": 3}, "connections": ["#,
        "profiles.acme: found the number 3"
    ),
    BadConfiguration(
        "a profile with a built-in name",
        start,
        #""profiles": {"stripe": {}}, "connections": ["#,
        "profiles.stripe: found the name of a built-in profile"
    ),
    BadConfiguration(
        "a profile of its own with mistakes",
        start,
        #""profiles": {"acme": {"like": "github", "hash": "md5", "sigature": {}}}, "connections": ["#,
        "profiles.acme.sigature: found a member that is not known here",
        #"profiles.acme.hash: found "md5""#
    ),
    BadConfiguration(
        "a public URL without TLS",
        profile,
        profile + #", "public_url": "http://shop.example/x""#,
        "endpoints[0].public_url: found a URL without TLS"
    ),
    BadConfiguration(
        "listeners on one address",
        start,
        #""listen": {"public": "127.0.0.1:80", "admin": "127.0.0.1:80"}, "connections": ["#,
        "listen.admin: found 127.0.0.1:80, which is taken by listen.public"
    ),
    BadConfiguration(
        "a listener inside another",
        start,
        #""listen": {"public": "0.0.0.0:80", "admin": "127.0.0.1:80"}, "connections": ["#,
        "listen.admin: found 127.0.0.1:80, which is taken by listen.public"
    ),
    BadConfiguration(
        "two bad addresses and a bad proxy",
        start,
        #""listen": {"public": "localhost:80", "admin": "127.0.0.1:99999", "trusted_proxies": ["10.0.0.0/33"]}, "connections": ["#,
        #"listen.public: found "localhost:80""#,
        #"listen.admin: found "127.0.0.1:99999""#,
        #"listen.trusted_proxies[0]: found "10.0.0.0/33""#
    ),
    BadConfiguration(
        "another engine with a password",
        "sqlite:/tmp/tollgate-never-made.db",
        "postgres://u:pw@h/db",
        "database: found a text that does not begin with sqlite:"
    ),
    BadConfiguration(
        "a database in memory",
        "sqlite:/tmp/tollgate-never-made.db",
        "sqlite::memory:",
        "database: found no path of a file"
    ),
    BadConfiguration(
        "a database of the wrong type",
        #""sqlite:/tmp/tollgate-never-made.db""#,
        "[]",
        "database: found a list"
    ),
    BadConfiguration(
        "two connections of a name",
        #"[{"name": "shop""#,
        #"[{"name": "shop", "mode": "live", "provider": "stripe"}, {"name": "shop""#,
        #"connections[1].name: found "shop" for a second time"#
    ),
    BadConfiguration(
        "two connections of an account",
        #"[{"name": "shop""#,
        #"[{"name": "a", "mode": "test", "provider": "stripe", "account": "acct_1"}, "#
            + #"{"account": "acct_1", "name": "shop""#,
        #"connections[1].account: found the account of connection "a" once more"#
    ),
    BadConfiguration(
        "a connection that is no object",
        #"[{"name": "shop""#,
        #"[7, {"name": "shop""#,
        "connections[0]: found the number 7"
    ),
    BadConfiguration(
        "a broken connection does not blame its endpoint",
        mode,
        #""mode": "prod", "site": 3"#,
        "connections[0].site: found the number 3",
        #"connections[0].mode: found "prod""#
    ),
    BadConfiguration(
        "an API with everything wrong",
        mode,
        mode + #", "api": {"base_url": "https://u:p@api.example", "key": "sk_live_1", "rate_per_s": 0, "#
            + #""ca_file": "/certificates/none", "timeout": 3}"#,
        "connections[0].api.base_url: found a URL with a user or a password in it",
        "connections[0].api.key: found a literal text",
        "connections[0].api.rate_per_s: found the number 0",
        "connections[0].api.ca_file: found a file without any certificate",
        "connections[0].api.timeout: found a key that is not known here"
    ),
    BadConfiguration(
        "ids kept shorter than bodies",
        start,
        #""retention": {"event_bodies_days": 60}, "connections": ["#,
        "retention.event_ids_days: found 45 days"
    ),
    BadConfiguration(
        "a queue smaller than a body",
        start,
        #""limits": {"webhook_body_bytes": 8388608, "intake_queue_bytes": 4194304}, "connections": ["#,
        "limits.intake_queue_bytes: found 4194304 bytes"
    ),
    BadConfiguration(
        "an unknown level",
        start,
        #""log": {"level": "loud"}, "connections": ["#,
        #"log.level: found "loud""#
    ),
    BadConfiguration(
        "no connections",
        #"[{"name": "shop", "mode": "test", "provider": "stripe"}]"#,
        "[]",
        "connections: found none",
        #"endpoints[0].connection: found "shop", which is no connection"#
    ),
]

@Suite struct `Refusing a configuration` {
    @Test(arguments: badConfigurations)
    func `with exactly its problems`(bad: BadConfiguration) {
        let outcome = ConfigurationSamples.decode(replacing: bad.piece, by: bad.other)
        #expect(outcome.configuration == nil)
        #expect(outcome.problems.map { "\($0.path): found \($0.found)" } == bad.problems)
        #expect(!outcome.problems.description.contains(ConfigurationSamples.canary))
        #expect(!outcome.problems.description.contains("sk_live"))
        #expect(!outcome.problems.description.contains("pw"))
    }

    @Test(arguments: [
        ("{\n  \"a\": 1,\n}", "unexpected_byte at line 3, column 1"),
        ("", "unexpected_end at line 1, column 1"),
        ("{\"é\": 1, \"é\": 2}", "duplicate_key at line 1, column 10"),
        ("{} {}", "trailing_bytes at line 1, column 4"),
        ("// hello\n{}", "unexpected_byte at line 1, column 1"),
    ])
    func `that is no JSON, with line and column`(text: String, found: String) {
        let outcome = ConfigurationSamples.decode(text)
        #expect(outcome.problems.map(\.found) == [found])
    }

    @Test func `that is no object`() {
        #expect(ConfigurationSamples.decode("[]").problems.map(\.found) == ["a list"])
    }

    @Test func `naming each connection once that an endpoint could mean`() {
        let outcome = ConfigurationSamples.decode(
            #"""
            {"connections": [{"name": "a", "mode": "test", "provider": "stripe"},
                             {"name": "a", "mode": "live", "provider": "stripe"}],
             "endpoints": [{"name": "e", "connection": "b", "profile": "stripe", "secrets": [{"env": "SECRET"}]}]}
            """#
        )
        #expect(outcome.problems.last?.wanted == #""a""#)
    }

    @Test func `that cannot be read, saying what to do`() {
        let outcome = ConfigurationDecoder(sources: ConfigurationSamples.sources).decode(
            file: "tollgate.json"
        )
        #expect(outcome.problems.map(\.found) == ["tollgate.json: No such file or directory"])
        #expect(outcome.problems.first?.hint?.contains("config.example.json") == true)
    }

    @Test func `telling a mistyped key what it probably is`() {
        let outcome = ConfigurationSamples.decode(
            replacing: #""connections": ["#,
            by: #""lisen": {}, "connections": ["#
        )
        #expect(outcome.problems.first?.hint == "did you mean \"listen\"?")
    }
}
