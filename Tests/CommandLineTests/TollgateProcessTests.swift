import Foundation
import TestSupport
import Testing

@testable import tollgate

/// `tollgate` as a person meets it: a process with words, exit codes and text.
@Suite struct `The tollgate program` {
    private let secret = "whsec_canary7Qw2Er4Ty6Ui8Op0As"
    private let key = "sk_test_canary1Zx3Cv5Bn7Mm9Lk"

    private var secrets: [String: String] { ["STRIPE_API_KEY": key, "STRIPE_WEBHOOK_SECRET": secret] }

    @Test func `without words shows the commands and exits with 64`() async throws {
        let outcome = try await TollgateProcess.run([])
        #expect(outcome.exitCode == 64)
        #expect(outcome.output == "")
        for command in CommandLineTool.commands {
            #expect(outcome.diagnostics.contains("  \(command.syntax.name) "))
        }
    }

    @Test(arguments: [["help"], ["--help"], ["-h"]])
    func `shows the commands when asked`(words: [String]) async throws {
        let outcome = try await TollgateProcess.run(words)
        #expect(outcome.exitCode == 0)
        #expect(outcome.diagnostics == "")
        #expect(outcome.output.contains("run the gateway until SIGTERM or SIGINT"))
    }

    @Test func `tells its version`() async throws {
        let outcome = try await TollgateProcess.run(["--version"])
        #expect(outcome.exitCode == 0)
        #expect(outcome.output == "tollgate \(CommandLineTool.version)\n")
    }

    @Test(arguments: CommandLineTool.commands.map(\.syntax.name))
    func `explains every command in two ways`(name: String) async throws {
        let words = name.split(separator: " ").map(String.init)
        let asked = try await TollgateProcess.run(["help"] + words)
        let added = try await TollgateProcess.run(words + ["--help"])
        #expect(asked.exitCode == 0)
        #expect(added.exitCode == 0)
        #expect(asked.output == added.output)
        #expect(asked.output.contains("usage: tollgate \(name)"))
    }

    @Test func `explains a group of commands`() async throws {
        let outcome = try await TollgateProcess.run(["help", "inbox"])
        #expect(outcome.exitCode == 0)
        #expect(outcome.output.contains("inbox retry"))
        #expect(!outcome.output.contains("serve"))
    }

    @Test(arguments: [
        (["srve"], "did you mean \"serve\"?"), (["inbox"], "inbox wants one of: list"),
        (["inbox", "lst"], "did you mean \"list\"?"),
        (["serve", "--confg", "x"], "did you mean \"--config\"?"),
        (["check", "extra"], "one word too many"), (["help", "nothing"], "unknown command"),
        (["inbox", "list", "--state", "daed"], "did you mean \"dead\"?"),
        (["inbox", "list", "--limit", "0"], "from 1"),
        (["keys", "create"], "--mode is missing"),
        (["keys", "create", "--mode", "test", "--scopes", "all"], "--scopes"),
        (["keys", "revoke", "sk_live_x"], "not the key"), (["inbox", "show"], "ID is missing"),
    ])
    func `exits with 64 for wrong words and says what to do`(words: [String], part: String) async throws {
        let outcome = try await TollgateProcess.run(words)
        #expect(outcome.exitCode == 64)
        #expect(outcome.output == "")
        #expect(outcome.diagnostics.hasPrefix("tollgate: "))
        #expect(outcome.diagnostics.contains(part))
    }

    @Test func `finds the example good once its variables are set`() async throws {
        let outcome = try await TollgateProcess.run(
            ["check", "--config", "config.example.json"],
            environment: secrets
        )
        #expect(outcome.exitCode == 0)
        #expect(outcome.output.contains("config.example.json: good"))
        #expect(outcome.output.contains("/webhooks/stripe"))
        #expect(!outcome.everything.contains("canary"))
    }

    @Test(arguments: ["check", "serve"])
    func `lists every unset variable and exits with 78`(command: String) async throws {
        let outcome = try await TollgateProcess.run([command, "--config", "config.example.json"])
        #expect(outcome.exitCode == 78)
        #expect(outcome.output == "")
        #expect(outcome.diagnostics.contains("2 problems in config.example.json"))
        #expect(outcome.diagnostics.contains("STRIPE_API_KEY"))
        #expect(outcome.diagnostics.contains("STRIPE_WEBHOOK_SECRET"))
    }

    @Test func `never echoes a secret that stands where it should not`() async throws {
        let folder = try TestFolder()
        try folder.write(
            "tollgate.json",
            """
            {"connections": [{"name": "a", "mode": "test", "provider": "stripe", "account": 3,
                              "api": {"key": "\(key)", "version": ["\(secret)"], "\(secret)": 1}}],
             "endpoints": [{"name": "\(secret)", "connection": "\(key)", "profile": "\(secret)",
                            "public_url": "https://u:\(secret)@h/", "secrets": ["\(secret)", {"env": "\(secret)"}]}],
             "database": "postgres://u:\(secret)@h/db", "log": {"level": "\(secret)"}, "\(key)": {}}
            """
        )
        let outcome = try await TollgateProcess.run(["check"], in: folder.url)
        #expect(outcome.exitCode == 78)
        #expect(outcome.diagnostics.contains("13 problems"))
        #expect(!outcome.everything.contains("canary"))
    }

    @Test func `says where a configuration is missing or broken`() async throws {
        let folder = try TestFolder()
        let missing = try await TollgateProcess.run(["serve"], in: folder.url)
        #expect(missing.exitCode == 78)
        #expect(missing.diagnostics.contains("tollgate.json: No such file or directory"))
        #expect(missing.diagnostics.contains("config.example.json"))
        try folder.write("tollgate.json", "{\n  \"database\": \"sqlite:x.db\",\n}")
        let broken = try await TollgateProcess.run(["check"], in: folder.url)
        #expect(broken.exitCode == 78)
        #expect(broken.diagnostics.contains("line 3, column 1"))
    }

    @Test func `does not blame a folder for a file that is no database`() async throws {
        let folder = try TestFolder()
        try folder.write("tollgate.json", RunningGateway.configuration)
        try folder.write("shop.db", String(repeating: "no database ", count: 1_000))
        let outcome = try await TollgateProcess.run(
            ["serve"],
            in: folder.url,
            environment: ["SECRET": "whsec_a_secret_of_good_length"]
        )
        #expect(outcome.exitCode == 69)
        #expect(outcome.diagnostics.contains("not a database"))
        #expect(outcome.diagnostics.contains("restore a backup"))
        #expect(!outcome.diagnostics.contains("folder"))
    }

    @Test func `makes no database where there is none`() async throws {
        let folder = try TestFolder()
        let outcome = try await TollgateProcess.run(
            ["inbox", "list", "--database", "none.db"],
            in: folder.url
        )
        #expect(outcome.exitCode == 69)
        #expect(outcome.diagnostics.contains("there is no database none.db"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path()) == [])
    }
}
