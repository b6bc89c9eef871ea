package import Foundation
import Glibc

/// The built `tollgate` as a process of its own.
package struct TollgateProcess {
    package struct Outcome: Sendable {
        package let exitCode: Int32
        package let output: String
        package let diagnostics: String

        package var everything: String { output + diagnostics }
    }

    /// Beside the test runner, whatever the build folder is called.
    package static let executable: URL = {
        let runner = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        let candidates =
            [runner] + CommandLine.arguments.map { URL(filePath: $0).deletingLastPathComponent() }
        for folder in candidates {
            let file = folder.appending(path: "tollgate")
            if FileManager.default.isExecutableFile(atPath: file.path()) { return file }
        }
        return repository.appending(path: ".build/debug/tollgate")
    }()

    package static let repository = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Runs to the end and collects what it said. `environment` is all that it sees besides `PATH`. After
    /// `interruptAfter` it gets the signal of Ctrl-C.
    package static func run(
        _ arguments: [String],
        in folder: URL = repository,
        environment: [String: String] = [:],
        interruptAfter: Duration? = nil
    ) async throws -> Outcome {
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = environment.merging(base) { own, _ in own }
        let (output, diagnostics) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = diagnostics
        process.standardInput = FileHandle.nullDevice
        try process.run()
        if let interruptAfter {
            let number = process.processIdentifier
            Task {
                try await Task.sleep(for: interruptAfter)
                Glibc.kill(number, SIGINT)
            }
        }
        // Both at once: a full pipe that nobody reads would stop the process.
        async let said = read(output)
        async let noted = read(diagnostics)
        let texts = await (said, noted)
        process.waitUntilExit()
        return Outcome(exitCode: process.terminationStatus, output: texts.0, diagnostics: texts.1)
    }

    private static var base: [String: String] {
        var base = ["SWIFT_BACKTRACE": "enable=no"]
        for name in ["PATH", "LD_LIBRARY_PATH", "LLVM_PROFILE_FILE"] {
            if let value = ProcessInfo.processInfo.environment[name] { base[name] = value }
        }
        return base
    }

    private static func read(_ pipe: Pipe) async -> String {
        let descriptor = pipe.fileHandleForReading.fileDescriptor
        return await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var bytes: [UInt8] = []
                var chunk = [UInt8](repeating: 0, count: 65_536)
                while true {
                    let count = Glibc.read(descriptor, &chunk, chunk.count)
                    if count <= 0 { break }
                    bytes += chunk[..<count]
                }
                withExtendedLifetime(pipe) {
                    continuation.resume(returning: String(decoding: bytes, as: UTF8.self))
                }
            }
        }
    }
}
