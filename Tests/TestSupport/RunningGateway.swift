import Foundation
import Glibc

/// `tollgate serve` in the background, on free ports of loopback, with a folder of its own.
package final class RunningGateway: @unchecked Sendable {
    // Sendable because the process is used by one test, and the texts have a lock of their own.
    package static let secret = "whsec_canary7Qw2Er4Ty6Ui8Op0As"

    /// One connection and one endpoint, `stripe`, whose secret is in the variable SECRET.
    package static let configuration = """
        {"database": "sqlite:shop.db", "listen": {"public": "127.0.0.1:0", "admin": "127.0.0.1:0"},
         "connections": [{"name": "shop", "mode": "test", "provider": "stripe"}],
         "endpoints": [{"name": "stripe", "connection": "shop", "profile": "stripe",
                        "secrets": [{"env": "SECRET"}]}]}
        """

    package struct NeverStarted: Error {
        package let log: String
    }

    private let process = Process()
    private let log = CollectedText()
    private let output = CollectedText()

    /// - Parameter launcher: a program and its words that end in becoming the one named by the words after them.
    package init(
        in folder: TestFolder,
        _ more: [String] = [],
        configuration: String = RunningGateway.configuration,
        environment: [String: String] = ["SECRET": RunningGateway.secret],
        through launcher: [String] = []
    ) throws {
        let (diagnostics, standard) = (Pipe(), Pipe())
        let words = launcher + [TollgateProcess.executable.path(), "serve"] + more
        process.executableURL = URL(filePath: words[0])
        process.arguments = Array(words.dropFirst())
        process.currentDirectoryURL = folder.url
        process.environment = environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { own, _ in own }
        process.standardError = diagnostics
        process.standardOutput = standard
        process.standardInput = FileHandle.nullDevice
        try folder.write("tollgate.json", configuration)
        try process.run()
        log.collect(diagnostics)
        output.collect(standard)
    }

    deinit {
        if process.isRunning { Glibc.kill(process.processIdentifier, SIGKILL) }
    }

    /// All that it wrote to standard error.
    package var logText: String { log.text }
    /// All that it wrote to standard output.
    package var outputText: String { output.text }
    package var processID: Int32 { process.processIdentifier }
    package var isRunning: Bool { process.isRunning }

    /// Waits for the log line that tells the addresses; throws when the process ends instead.
    package func started() async throws -> (publicPort: Int, adminPort: Int) {
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

    package func signal(_ number: Int32) {
        Glibc.kill(process.processIdentifier, number)
    }

    /// SIGTERM, and the exit code.
    package func stop() async -> Int32 {
        signal(SIGTERM)
        return await exitCode()
    }

    package func kill() async {
        signal(SIGKILL)
        _ = await exitCode()
    }

    /// Waits for the end of the process, and of what it wrote.
    package func exitCode() async -> Int32 {
        let code = await withCheckedContinuation { continuation in
            Thread.detachNewThread { [self] in
                process.waitUntilExit()
                continuation.resume(returning: process.terminationStatus)
            }
        }
        // Another test's process, started at the same moment, may hold a copy of the pipe: then no end comes.
        for _ in 1...1_000 where !(log.isWhole && output.isWhole) {
            // A cancelled test only waits less.
            try? await Task.sleep(for: .milliseconds(5))
        }
        return code
    }
}

/// What a process writes, gathered by a thread until the process ends. Holds no reference to the gateway, so
/// that a test which throws still ends its process.
private final class CollectedText: @unchecked Sendable {
    // Sendable because both variables are only touched under `lock`.
    private let lock = NSLock()
    private var gathered: [UInt8] = []
    private var hasEnded = false

    var text: String { lock.withLock { String(decoding: gathered, as: UTF8.self) } }

    var isWhole: Bool { lock.withLock { hasEnded } }

    func collect(_ pipe: Pipe) {
        Thread.detachNewThread { [self] in
            var chunk = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = read(pipe.fileHandleForReading.fileDescriptor, &chunk, chunk.count)
                if count <= 0 { break }
                lock.withLock { gathered += chunk[..<count] }
            }
            lock.withLock { hasEnded = true }
        }
    }
}
