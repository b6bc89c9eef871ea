import Foundation
import Glibc
import TestSupport
import Testing

/// Whether `python3` has the official SDK.
private let hasSDK: Bool = {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", "import stripe"]
    process.standardError = FileHandle.nullDevice
    do {
        try process.run()
    } catch {
        return false
    }
    process.waitUntilExit()
    return process.terminationStatus == 0
}()

/// A stranger's client: `sdk_check.py` says what it does.
@Suite struct `The official Stripe SDK` {
    @Test(.enabled(if: hasSDK, "python3 cannot import stripe: pip install stripe"))
    func `gets on with the sandbox, and believes its webhooks`() throws {
        let process = Process()
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "sdk_check.py")
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", script.path(), TollgateProcess.executable.path()]
        // Other tests of this process may set proxies.
        process.environment = ProcessInfo.processInfo.environment.filter { name, _ in
            !name.lowercased().hasSuffix("_proxy")
        }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let said = try #require(try output.fileHandleForReading.readToEnd())
        process.waitUntilExit()
        let text = String(decoding: said, as: UTF8.self)
        #expect(process.terminationStatus == 0, "\(text)")
        #expect(text.contains("ok  webhooks: "), "\(text)")
    }
}
