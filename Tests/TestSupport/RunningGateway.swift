import Foundation
import Glibc

/// `tollgate serve` in the background, on free ports of loopback, with a folder of its own.
final class RunningGateway: @unchecked Sendable {
    // Sendable because the process is used by one test, and `log` is only touched under `lock`.
    static let secret = "whsec_canary7Qw2Er4Ty6Ui8Op0As"

    private let process = Process()
    private let diagnostics = Pipe()
    private let lock = NSLock()
    private var log = ""

    struct NeverStarted: Error {
        let log: String
    }

    init(in folder: TestFolder, _ more: [String] = []) throws {
        process.executableURL = TollgateProcess.executable
        process.arguments = ["serve"] + more
        process.currentDirectoryURL = folder.url
        process.environment = ["SECRET": Self.secret, "SWIFT_BACKTRACE": "enable=no"]
        process.standardError = diagnostics
        process.standardOutput = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try folder.write(
            "tollgate.json",
            """
            {"database": "sqlite:shop.db", "listen": {"public": "127.0.0.1:0", "admin": "127.0.0.1:0"},
             "connections": [{"name": "shop", "mode": "test", "provider": "stripe"}],
             "endpoints": [{"name": "stripe", "connection": "shop", "profile": "stripe",
                            "secrets": [{"env": "SECRET"}]}]}
            """
        )
        try process.run()
        let descriptor = diagnostics.fileHandleForReading.fileDescriptor
        Thread.detachNewThread { [self] in
            var chunk = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = read(descriptor, &chunk, chunk.count)
                if count <= 0 { break }
                lock.withLock { log += String(decoding: chunk[..<count], as: UTF8.self) }
            }
        }
    }

    deinit {
        if process.isRunning { process.terminate() }
    }

    var logText: String { lock.withLock { log } }

    /// Waits for the log line that tells the addresses; throws when the process ends instead.
    func started() async throws -> (publicPort: Int, adminPort: Int) {
        while true {
            let lines = logText.split(separator: "\n")
            if let line = lines.first(where: { $0.contains("gateway started") }),
                let fields = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
                let open = port(fields["public"]), let admin = port(fields["admin"])
            {
                return (open, admin)
            }
            guard process.isRunning else { throw NeverStarted(log: logText) }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    private func port(_ address: Any?) -> Int? {
        (address as? String)?.split(separator: ":").last.flatMap { Int($0) }
    }

    /// SIGTERM, and the exit code.
    func stop() async -> Int32 {
        process.terminate()
        return await exitCode()
    }

    func kill() async {
        Glibc.kill(process.processIdentifier, SIGKILL)
        _ = await exitCode()
    }

    private func exitCode() async -> Int32 {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { [self] in
                process.waitUntilExit()
                continuation.resume(returning: process.terminationStatus)
            }
        }
    }
}
