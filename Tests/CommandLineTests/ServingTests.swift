import Foundation
import TestSupport
import Testing

@testable import tollgate

/// The program with a gateway that runs, and with the store that it leaves behind.
@Suite struct `A served store` {
    private struct KeyPage: Decodable {
        struct Key: Decodable {
            let id: String
            let name: String?
        }
        let data: [Key]
    }

    private struct EventPage: Decodable {
        struct Event: Decodable {
            let id: String
            let type: String
            let state: String
        }
        let data: [Event]
    }

    /// Everything that `keys` and `inbox` do, the same with a server and without one.
    private func useCommands(in folder: TestFolder, name: String) async throws {
        func tollgate(_ words: String...) async throws -> TollgateProcess.Outcome {
            try await TollgateProcess.run(words, in: folder.url)
        }
        let made = try await tollgate("keys", "create", "--mode", "test", "--name", name)
        #expect(made.exitCode == 0, "\(made.diagnostics)")
        let secret = made.output.dropLast()
        #expect(secret.hasPrefix("sk_test_"))
        #expect(!made.diagnostics.contains(secret))

        let listed = try await tollgate("keys", "list", "--json")
        #expect(!listed.everything.contains(secret))
        let page = try JSONDecoder().decode(KeyPage.self, from: Data(listed.output.utf8))
        let key = try #require(page.data.first { $0.name == name })
        let revoked = try await tollgate("keys", "revoke", key.id)
        #expect(revoked.exitCode == 0, "\(revoked.diagnostics)")
        #expect(try await tollgate("keys", "list").output.contains(key.id))
        #expect(try await tollgate("keys", "revoke", "key_none").exitCode == 1)

        let elsewhere = try await tollgate("keys", "create", "--mode", "test", "--site", "nowhere")
        #expect(elsewhere.exitCode == 1)
        #expect(elsewhere.diagnostics.contains("unknown_site"))

        let none = try await tollgate("inbox", "list", "--state", "dead")
        #expect(none.exitCode == 0)
        #expect(none.diagnostics.contains("no such events"))
        let unknown = try await tollgate("inbox", "retry", "evt_1", "whe_2")
        #expect(unknown.exitCode == 1)
        #expect(unknown.diagnostics.contains("evt_1: "))
        #expect(unknown.diagnostics.contains("whe_2: "))
    }

    @Test func `is worked on through the server, and on the file once the server has gone`() async throws {
        let folder = try TestFolder()
        let gateway = try RunningGateway(in: folder)
        let port = try await gateway.started().publicPort
        try await useCommands(in: folder, name: "through-the-server")

        let sent = try await TollgateProcess.run(
            [
                "replay", "Fixtures/events/2026-06-24.dahlia/customer.created.json", "--to",
                "http://127.0.0.1:\(port)/webhooks/stripe", "--secret-env", "SECRET",
            ],
            environment: ["SECRET": RunningGateway.secret]
        )
        #expect(sent.exitCode == 0, "\(sent.everything)")
        let live = try await TollgateProcess.run(["inbox", "list", "--json"], in: folder.url)
        #expect(try JSONDecoder().decode(EventPage.self, from: Data(live.output.utf8)).data.count == 1)

        #expect(await gateway.stop() == 0)
        #expect(!gateway.logText.contains("canary"))
        try await useCommands(in: folder, name: "on-the-file")
        let kept = try await TollgateProcess.run(["inbox", "list", "--json"], in: folder.url)
        let event = try #require(
            try JSONDecoder().decode(EventPage.self, from: Data(kept.output.utf8)).data.first
        )
        #expect(event.type == "customer.created")

        let shown = try await TollgateProcess.run(["inbox", "show", event.id], in: folder.url)
        #expect(shown.output.contains("customer.created"))
        let body = try await TollgateProcess.run(["inbox", "show", event.id, "--body"], in: folder.url)
        let original = try String(
            contentsOf: TollgateProcess.repository.appending(
                path: "Fixtures/events/2026-06-24.dahlia/customer.created.json"
            ),
            encoding: .utf8
        )
        #expect(body.output.trimmingCharacters(in: .newlines) == original.trimmingCharacters(in: .newlines))
        let refused = try await TollgateProcess.run(["inbox", "discard", event.id], in: folder.url)
        #expect(refused.exitCode == 1)
        let again = try await TollgateProcess.run(["inbox", "replay", event.id], in: folder.url)
        #expect(again.output == "\(event.id): received\n")
    }

    @Test func `is not served twice`() async throws {
        let folder = try TestFolder()
        let gateway = try RunningGateway(in: folder)
        _ = try await gateway.started()
        let second = try await TollgateProcess.run(
            ["serve"],
            in: folder.url,
            environment: ["SECRET": RunningGateway.secret]
        )
        #expect(second.exitCode == 69)
        #expect(second.diagnostics.contains("another tollgate process has shop.db"))
        #expect(await gateway.stop() == 0)
    }

    @Test func `is worked on after a kill`() async throws {
        let folder = try TestFolder()
        let gateway = try RunningGateway(in: folder)
        _ = try await gateway.started()
        await gateway.kill()
        // The socket's file is still there, and nobody listens behind it.
        let outcome = try await TollgateProcess.run(["keys", "list"], in: folder.url)
        #expect(outcome.exitCode == 0, "\(outcome.diagnostics)")
        let restarted = try RunningGateway(in: folder)
        _ = try await restarted.started()
        #expect(await restarted.stop() == 0)
    }

    @Test func `of the demo shows every story's customers and the circle, and leaves nothing behind`()
        async throws
    {
        let folder = try TestFolder()
        let outcome = try await TollgateProcess.run(
            ["demo", "--once"],
            environment: ["TMPDIR": folder.url.path()]
        )
        #expect(outcome.output.contains("ada.01-trial-to-paid@example.com"))
        #expect(outcome.output.contains("sub_1FixtpqJPMMwAZ91AuRGDPBo"))
        #expect(outcome.exitCode == 0, "\(outcome.output.suffix(500))")
        #expect(outcome.output.contains("customers ended as their stories do"))
        for word in [
            "made here, sync pending", "the provider has it as cus_", "came back as evt_",
            "to be paid on http://127",
            "paid there", "active is in the store", "The circle is closed.",
        ] {
            #expect(outcome.output.contains(word), "\(word) is missing: \(outcome.everything.suffix(2_000))")
        }
        #expect(!outcome.everything.contains("sk_test_"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path()) == [])
    }

    @Test func `of the demo needs its stories`() async throws {
        let folder = try TestFolder()
        let outcome = try await TollgateProcess.run(["demo", "--once"], in: folder.url)
        #expect(outcome.exitCode == 65)
        #expect(outcome.diagnostics.contains("--fixtures FOLDER"))
    }
}
