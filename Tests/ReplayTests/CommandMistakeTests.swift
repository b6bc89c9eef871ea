import Testing

@testable import tollgate

struct CommandMistakeTests {
    private static let url = "http://127.0.0.1:1/webhooks/x"

    static let mistakes: [(words: [String], exitCode: Int32, told: String)] = [
        (["replay"], 64, "FILES is missing"),
        (["replay", "x.json", "--secret-env", "A"], 64, "--to is missing"),
        (["replay", "x.json", "--to", url], 64, "--secret-env is missing"),
        (
            ["replay", "x.json", "--to", url, "--secret-env", "TOLLGATE_UNSET"], 78,
            "TOLLGATE_UNSET is not set"
        ),
        (["replay", "x.json", "--to", url, "--secret-env", "whsec_canary"], 64, "not the secret itself"),
        (["replay", "x.json", "--to", url, "--secret-env", "canary=/+"], 64, "not the secret itself"),
        (["replay", "x.json", "--to", "https://a/b", "--secret-env", "A"], 64, "only plain http"),
        (["replay", "x.json", "--to", "127.0.0.1:8480", "--secret-env", "A"], 64, "this is no http URL"),
        (["replay", "x.json", "--to", "http://a:99999/", "--secret-env", "A"], 64, "the port is a number"),
        (["replay", "x.json", "--to", "http:///x", "--secret-env", "A"], 64, "the host is missing"),
        (["replay", "x.json", "--to", "http://a/\r\nX: y", "--secret-env", "A"], 64, "printable ASCII"),
        (
            ["replay", "x.json", "--to", url, "--secret-env", "TOLLGATE_TEST_TEXT", "--profile", "strip"], 64,
            "no built-in profile"
        ),
        (
            ["replay", "x.json", "--to", url, "--secret-env", "TOLLGATE_TEST_TEXT", "--rate", "0"], 64,
            "--rate wants"
        ),
        (
            ["replay", "x.json", "--to", url, "--secret-env", "TOLLGATE_TEST_TEXT", "--duplicate", "101"], 64,
            "--duplicate wants"
        ),
        (
            ["replay", "x.json", "--to", url, "--secret-env", "TOLLGATE_TEST_TEXT", "--connections", "many"],
            64,
            "--connections wants"
        ),
        (
            ["replay", "/no/such.json", "--to", url, "--secret-env", "TOLLGATE_TEST_TEXT"], 65,
            "/no/such.json cannot be read"
        ),
        (
            [
                "replay", "x", "--to", url, "--secret-env", "TOLLGATE_TEST_TEXT", "--profile", "paystack",
                "--fresh-ids",
            ], 64,
            "no single id"
        ),
        (["sign"], 64, "FILE is missing"),
        (["sign", "x.json", "--secret-env", "TOLLGATE_UNSET"], 78, "TOLLGATE_UNSET is not set"),
        (
            ["sign", "/no/such.json", "--secret-env", "TOLLGATE_TEST_TEXT"], 65,
            "cannot be read: No such file"
        ),
        (
            ["sign", "x.json", "--secret-env", "TOLLGATE_TEST_TEXT", "--profile", "square"], 64,
            "signs the URL"
        ),
        (
            ["sign", "x.json", "--secret-env", "TOLLGATE_TEST_BLANK"], 78,
            "TOLLGATE_TEST_BLANK: the secret is empty"
        ),
        (
            ["sign", "x.json", "--secret-env", "TOLLGATE_TEST_TEXT", "--timestamp", "-1"], 64,
            "--timestamp wants"
        ),
    ]

    @Test(arguments: mistakes)
    func `a mistake is told with its exit code`(words: [String], exitCode: Int32, told: String) throws {
        let run = try CommandRun(words)
        #expect(run.exitCode == exitCode, "\(run.diagnostics)")
        #expect(run.diagnostics.contains(told), "\(run.diagnostics)")
        #expect(!run.diagnostics.contains("canary"))
    }

    @Test func `a file that is not JSON is named with the byte`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("broken.json", #"{"id": }"#)
        let run = try CommandRun(["replay", file, "--to", Self.url, "--secret-env", "TOLLGATE_TEST_TEXT"])
        #expect(run.exitCode == 65)
        #expect(
            run.diagnostics.contains("broken.json is not JSON: unexpected_byte at byte 7"),
            "\(run.diagnostics)"
        )
    }

    @Test func `nobody listening is told at once`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("e.json", event("evt_1"))
        let run = try CommandRun(["replay", file, "--to", Self.url, "--secret-env", "TOLLGATE_TEST_TEXT"])
        #expect(run.exitCode == 69)
        #expect(
            run.diagnostics.contains("cannot connect to 127.0.0.1:1: Connection refused"),
            "\(run.diagnostics)"
        )
    }

    @Test(arguments: ["replay", "sign"])
    func `help explains every option`(name: String) throws {
        let run = try CommandRun([name, "--help"])
        #expect(run.exitCode == 0)
        let syntax = name == "replay" ? ReplayCommand.syntax : SignCommand.syntax
        for option in syntax.options { #expect(run.output.contains(option.name)) }
        let lines = run.output.split(separator: "\n").filter { !$0.hasPrefix("usage:") }
        #expect(lines.allSatisfy { $0.count <= 120 })
    }
}
