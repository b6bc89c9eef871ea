import Foundation
import Glibc
import SandboxProvider
import TestSupport
import Testing

@Suite struct `tollgate sandbox` {
    @Test func `says where it is and which key to use, serves, and stops in order`() async throws {
        let process = Process()
        process.executableURL = TollgateProcess.executable
        process.arguments = ["sandbox", "--listen", "127.0.0.1:0", "--customers", "1000", "--seed", "3"]
        process.environment = ["SWIFT_BACKTRACE": "enable=no"]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        var said = ""
        while !said.contains("customers"), process.isRunning {
            said += String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        }
        let port = try #require(
            said.split(separator: "\n").first?.split(separator: ":").last.flatMap { UInt16($0) }
        )
        #expect(said.contains("API key     \(SandboxConfiguration.keyDefault)"))
        #expect(said.contains("customers   1000"))
        let client = SandboxClient(port: port)
        #expect(try client.get("/v1/customers?limit=100").ids.count == 100)
        kill(process.processIdentifier, SIGTERM)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    @Test(
        arguments: [
            (["--listen", "somewhere"], 64), (["--key", "secret"], 64), (["--customers", "-1"], 64),
            (["--webhooks-to", "http://127.0.0.1:1/"], 64),
            (["--webhooks-to", "http://127.0.0.1:1/", "--webhook-secret-env", "NOT_SET"], 64),
            (["--faults", "/nonexistent.json"], 65), (["--faults", "/dev/null"], 65),
            (["--listen", "192.0.2.1:1"], 69),
        ] as [([String], Int32)]
    )
    func `says what is wrong with its words`(words: [String], code: Int32) async throws {
        let outcome = try await TollgateProcess.run(["sandbox"] + words)
        #expect(outcome.exitCode == code, "\(outcome.everything)")
        #expect(outcome.output.isEmpty)
        #expect(!outcome.diagnostics.isEmpty)
    }
}
