import Testing

@testable import tollgate

struct SignCommandTests {
    @Test func `the printed header is the one OpenSSL computes`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("e.json", "{\"id\":\"evt_1\"}\n")
        let run = try CommandRun([
            "sign", file, "--secret-env", "TOLLGATE_TEST_TEXT", "--timestamp", "1700000000",
        ])
        #expect(run.exitCode == 0, "\(run.diagnostics)")
        // printf '1700000000.{"id":"evt_1"}\n' | openssl dgst -sha256 -hmac replay_canary_secret_of_good_length
        #expect(
            run.output
                == "Content-Type: application/json\nStripe-Signature: t=1700000000,v1=907ebcfeb4f060468e791fbda41bb01726439368253c44464cb003d923941d5e\n"
        )
    }

    @Test func `a profile of one's own is read from a file`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("e.json", "{}")
        let profile = try folder.write(
            "acme.json",
            #"{"like": "github", "signature": {"header": "X-Acme", "parse": "plain", "prefix": "a:"}}"#
        )
        let run = try CommandRun(["sign", file, "--secret-env", "TOLLGATE_TEST_TEXT", "--profile", profile])
        #expect(run.exitCode == 0, "\(run.diagnostics)")
        #expect(run.output.contains("\nX-Acme: a:"), "\(run.output)")
        let broken = try folder.write("broken.json", #"{"like": "github", "hash": "md5"}"#)
        let refused = try CommandRun([
            "sign", file, "--secret-env", "TOLLGATE_TEST_TEXT", "--profile", broken,
        ])
        #expect(refused.exitCode == 78)
        #expect(refused.diagnostics.contains("expected \"sha256\", \"sha512\", found \"md5\""))
    }

    @Test func `a signature that belongs into the body is put there`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("e.json", #"{"pspReference":"P1"}"#)
        let run = try CommandRun([
            "sign", file, "--secret-env", "TOLLGATE_TEST_HEX", "--profile", "adyen-standard",
        ])
        #expect(run.exitCode == 0, "\(run.diagnostics)")
        #expect(run.output.hasPrefix(#"{"additionalData":{"hmacSignature":""#), "\(run.output)")
        #expect(run.output.hasSuffix(#""},"pspReference":"P1"}"#), "\(run.output)")
    }
}
