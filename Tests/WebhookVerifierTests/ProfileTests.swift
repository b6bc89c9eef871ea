import Cryptography
import JSON
import Testing
import WebhookVerifier

struct ProfileTests {
    private func parse(_ text: String) throws -> SignatureProfile {
        try SignatureProfile.parse(name: "acme", JSONDocument.parse(Array(text.utf8)).root)
    }

    private func problems(_ text: String) throws -> [String] {
        do {
            _ = try parse(text)
            return []
        } catch let problems as ProfileProblems {
            return problems.all.map(\.description)
        }
    }

    @Test func `a profile like a built-in one changes only what it says`() throws {
        let profile = try parse(#"{"like": "stripe", "bad_signature_status": 400, "success_body": "ok"}"#)
        #expect(profile.name == "acme")
        #expect(profile.answers.badSignatureStatus == 400)
        #expect(profile.answers.successBody == "ok")
        #expect(profile.timestamp?.toleranceSeconds == 300)
    }

    @Test func `a profile of one's own needs no built-in one`() throws {
        let profile = try parse(
            #"""
            {"hash": "sha512", "secret_encoding": ["base64", "utf8"], "signature_encoding": "base64",
             "signature": {"header": "X-Acme", "parse": "kv", "key": ["a", "b"], "timestamp_key": "t", "sep": ";"},
             "timestamp": {"format": "unix-ms", "tolerance": 60}, "signed": "{timestamp}|{method}|{body}",
             "event": {"payload": "form", "id": ["kind", "header:x-id"], "type": "kind"}}
            """#
        )
        #expect(profile.hash == .sha512)
        #expect(profile.event.payload == .form)
        #expect(profile.answers.badSignatureStatus == 401)
        #expect(profile.answers.successStatus == 200)
    }

    static let mistakes: [(String, String)] = [
        (
            #"{"like": "strip"}"#,
            "profiles.acme.like: expected the name of a built-in profile, found \"strip\""
        ),
        (
            #"{"like": "stripe", "hash": "md5"}"#,
            "profiles.acme.hash: expected \"sha256\", \"sha512\", found \"md5\""
        ),
        (
            #"{"like": "stripe", "secret_encoding": "rot13"}"#,
            "profiles.acme.secret_encoding: expected one or a list of: \"utf8\", \"hex\", \"base64\", \"whsec\", "
                + "found \"rot13\""
        ),
        (
            #"{"like": "stripe", "signed": "{timestamp}.{boddy}"}"#,
            "profiles.acme.signed: expected a variable instead of \"{boddy}\""
        ),
        (
            #"{"like": "stripe", "signed": "{body"}"#,
            "profiles.acme.signed: expected an end of the opened \"{\""
        ),
        (
            #"{"like": "stripe", "bad_signature_status": 410}"#,
            "profiles.acme.bad_signature_status: expected a status that does not unsubscribe, found 410"
        ),
        (
            #"{"like": "stripe", "timestamp": {"format": "unix-s", "tolerance": 0}}"#,
            "profiles.acme.timestamp.tolerance: expected a whole number from 1 to 86400, found 0"
        ),
        (
            #"{"like": "stripe", "tolerance": 5}"#,
            "profiles.acme.tolerance: expected one of the known members (like, hash,"
        ),
        (
            #"{"like": "github", "signed": "{timestamp}.{body}"}"#,
            "profiles.acme.timestamp: expected an object, because the template signs {timestamp}"
        ),
        (
            #"{"like": "github", "timestamp": {"format": "unix-s"}}"#,
            "profiles.acme.timestamp.header: expected the header of the time"
        ),
        (
            #"{"like": "github", "signature": {"header": 7, "parse": "csv"}}"#,
            "profiles.acme.signature.header: expected a header name or a list of them, found 7"
        ),
        (#"[]"#, "profiles.acme: expected an object, found a list"),
    ]

    @Test(arguments: mistakes)
    func `a mistake is told with its place and what was wanted`(json: String, told: String) throws {
        let problems = try problems(json)
        #expect(problems.contains { $0.hasPrefix(told) }, "\(problems)")
    }

    @Test func `all mistakes of a profile are told at once`() throws {
        let problems = try problems(
            #"{"hash": "md5", "signature": {"parse": "csv"}, "signed": "{x}", "surprise": true}"#
        )
        #expect(problems.count >= 6, "\(problems)")
        #expect(try self.problems("{}").count == 4)
    }

    @Test func `only profiles that sign the URL ask for one`() {
        let asking = SignatureProfile.builtInNames.filter {
            SignatureProfile.builtIn($0)?.needsPublicURL == true
        }
        #expect(asking == ["hubspot-v3", "square"])
    }

    @Test func `answers differ only where a provider wants it`() {
        for name in SignatureProfile.builtInNames {
            let answers = SignatureProfile.builtIn(name)?.answers
            #expect(answers?.successStatus == 200)
            switch name {
            case "gocardless": #expect(answers?.badSignatureStatus == 498)
            case "polar": #expect(answers?.badSignatureStatus == 403)
            default: #expect(answers?.badSignatureStatus == 401)
            }
            #expect((answers?.successBody == "[accepted]") == name.hasPrefix("adyen"))
        }
    }
}
