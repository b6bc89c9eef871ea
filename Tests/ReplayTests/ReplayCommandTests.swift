import Cryptography
import Testing
import Threading
import Timing
import WebhookVerifier

@testable import tollgate

struct ReplayCommandTests {
    private func configuration(_ name: String, secret: String = TestEnvironment.text) throws
        -> VerifierConfiguration
    {
        let profile = try #require(SignatureProfile.builtIn(name))
        return try VerifierConfiguration(
            profile: profile,
            secrets: [WebhookSecret(RedactedText(secret), for: profile)],
            publicURL: "https://unused.example.net"
        )
    }

    private func replay(_ url: String, _ words: [String]) throws -> CommandRun {
        try CommandRun(["replay", "--to", url, "--secret-env", "TOLLGATE_TEST_TEXT"] + words)
    }

    @Test func `events of files, lists, lines and folders arrive once and in order`() throws {
        let folder = try TemporaryFolder()
        let single = try folder.write("z.json", event("evt_1"))
        try folder.write("many/b.json", "[\(event("evt_3")), \(event("evt_4"))]")
        try folder.write("many/a.jsonl", "\(event("evt_2"))\n\n")
        try folder.write("many/c/deep.json", event("evt_5"))
        try folder.write("many/expected.json", #"{"customers": []}"#)
        try folder.write("many/notes.txt", "not an event")
        let receiver = VerifyingReceiver(try configuration("stripe"))
        try withReceiver(receiver) { url in
            let run = try replay(url, [single, folder.path + "/many"])
            #expect(run.exitCode == 0, "\(run.diagnostics)")
            #expect(run.output.contains("delivered   5 of 5"), "\(run.output)")
            #expect(run.output.contains("received 5, duplicate 0"), "\(run.output)")
            #expect(run.diagnostics.contains("left out, they hold no event"))
            #expect(run.diagnostics.contains("expected.json"))
        }
        #expect(receiver.seen.withLock { $0.ids } == ["evt_1", "evt_2", "evt_3", "evt_4", "evt_5"])
        #expect(receiver.seen.withLock { $0.bodies[0] } == Array(event("evt_1").utf8))
    }

    @Test func `a folder of another profile's events says why nothing is sent`() throws {
        let folder = try TemporaryFolder()
        try folder.write("many/a.json", #"{"id": "1", "created_at": 5}"#)
        let run = try replay("http://127.0.0.1:9/webhooks/x", [folder.path + "/many"])
        #expect(run.exitCode == 65)
        #expect(run.diagnostics.contains("left out 1 without id, type or time where profile stripe has them"))
    }

    @Test func `repeats and duplicates keep their ids, fresh ids are new`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("e.json", "[\(event("evt_1")), \(event("evt_2"))]")
        let receiver = VerifyingReceiver(try configuration("stripe"))
        try withReceiver(receiver) { url in
            let repeated = try replay(url, [file, "--repeat", "3", "--duplicate", "100"])
            #expect(repeated.output.contains("received 2, duplicate 10"), "\(repeated.output)")
            for _ in 0..<2 {
                let fresh = try replay(url, [file, "--repeat", "3", "--fresh-ids"])
                #expect(fresh.output.contains("received 6, duplicate 0"), "\(fresh.output)")
            }
        }
        #expect(receiver.seen.withLock { Set($0.ids).count } == 14)
    }

    @Test(arguments: SignatureProfile.builtInNames)
    func `each profile's receiver takes what is replayed`(name: String) throws {
        let folder = try TemporaryFolder()
        let (variable, secret) =
            switch name {
            case "adyen-standard", "adyen-platform": ("TOLLGATE_TEST_HEX", TestEnvironment.hex)
            case "omise", "standard-webhooks", "svix", "clerk", "autumn", "dodo", "lithic":
                ("TOLLGATE_TEST_BASE64", TestEnvironment.base64)
            default: ("TOLLGATE_TEST_TEXT", TestEnvironment.text)
            }
        let body = #"{"pspReference":"P1","eventCode":"CAPTURE","success":"true","status":"S","id":"evt_1"}"#
        let file = try folder.write("e.json", name == "maxio" ? "id=77&event=payment_success" : body)
        let receiver = VerifyingReceiver(try configuration(name, secret: secret))
        try withReceiver(receiver) { url in
            let words = [
                "replay", file, "--to", url + "?data.id=7", "--secret-env", variable, "--profile", name,
                "--public-url", "https://unused.example.net", "--repeat", "2",
            ]
            let run = try CommandRun(words)
            #expect(run.exitCode == 0, "\(run.output)\(run.diagnostics)")
            #expect(run.output.contains("received 1, duplicate 1"), "\(run.output)")
        }
    }

    @Test func `several connections deliver everything`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("e.jsonl", (0..<200).map { event("evt_\($0)") }.joined(separator: "\n"))
        let receiver = VerifyingReceiver(try configuration("stripe"))
        try withReceiver(receiver) { url in
            let run = try replay(url, [file, "--connections", "8", "--shuffle", "5", "--rate", "100000"])
            #expect(run.exitCode == 0, "\(run.diagnostics)")
            #expect(run.output.contains("over 8 connections"))
            #expect(run.diagnostics.contains("of 200 delivered") || run.output.contains("200 of 200"))
        }
        #expect(receiver.seen.withLock { Set($0.ids).count } == 200)
    }

    @Test func `a receiver that closes after each answer is served anew`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("e.json", "[\(event("evt_1")), \(event("evt_2")), \(event("evt_3"))]")
        let receiver = VerifyingReceiver(try configuration("stripe"), closes: true)
        try withReceiver(receiver) { url in
            let run = try replay(url, [file])
            #expect(run.exitCode == 0)
        }
        #expect(receiver.seen.withLock { $0.ids } == ["evt_1", "evt_2", "evt_3"])
    }

    @Test func `one answer that is not 2xx makes the exit code 1`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("e.json", "[\(event("evt_1")), \(event("evt_2")), \(event("evt_3"))]")
        let receiver = VerifyingReceiver(try configuration("stripe"), refusesAt: 1)
        try withReceiver(receiver) { url in
            let run = try replay(url, [file])
            #expect(run.exitCode == 1)
            #expect(
                run.output.contains("status 503  1") && run.output.contains("status 200  2"),
                "\(run.output)"
            )
        }
    }

    @Test func `a wrong secret is told, and never shown`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("e.json", event("evt_1"))
        let receiver = VerifyingReceiver(try configuration("stripe", secret: "another secret of good length"))
        try withReceiver(receiver) { url in
            let run = try replay(url, [file])
            #expect(run.exitCode == 1)
            #expect(run.output.contains("status 401  1   invalid_signature"), "\(run.output)")
            #expect(run.diagnostics.contains("the secret is not that of the endpoint"))
            #expect(!(run.output + run.diagnostics).contains("canary"))
        }
    }

    @Test func `a seed draws the same order again, and everything is in it`() {
        let plan = { (seed: UInt64) in
            DeliveryPlan(
                eventCount: 50,
                repetitions: 2,
                duplicatePercent: 20,
                shuffles: true,
                random: .init(seed: seed)
            ).deliveries
        }
        #expect(plan(1) == plan(1))
        #expect(plan(1) != plan(2))
        #expect(Set(plan(1)).count == 100)
        #expect((101...160).contains(plan(1).count))
    }
}
