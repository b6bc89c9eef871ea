import Foundation
import Testing

@testable import tollgate

/// What one command line printed and returned.
struct CommandRun {
    let exitCode: Int32
    let output: String
    let diagnostics: String

    init(_ words: [String]) throws {
        #expect(TestEnvironment.isReady)
        let folder = try TemporaryFolder()
        let paths = ["output", "diagnostics"].map { folder.path + "/" + $0 }
        let descriptors = paths.map { open($0, O_RDWR | O_CREAT, 0o600) }
        exitCode = CommandLineTool.run(
            words,
            terminal: Terminal(output: descriptors[0], diagnostics: descriptors[1])
        )
        for descriptor in descriptors { close(descriptor) }
        output = try String(contentsOfFile: paths[0], encoding: .utf8)
        diagnostics = try String(contentsOfFile: paths[1], encoding: .utf8)
    }
}

final class TemporaryFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "/tollgate-replay-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        // A folder left behind in /tmp harms nobody.
        try? FileManager.default.removeItem(atPath: path)
    }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        let file = URL(fileURLWithPath: path + "/" + name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        try Data(text.utf8).write(to: file)
        return file.path
    }
}

/// Variables that only this test process has, set once before the first command reads one: the C library's
/// `getenv` must not meet a `setenv` on another thread.
enum TestEnvironment {
    static let text = "replay_canary_secret_of_good_length"
    static let hex = String(repeating: "0af1", count: 16)
    static let base64 = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="

    static let isReady: Bool = {
        let variables = [
            ("TOLLGATE_TEST_TEXT", text), ("TOLLGATE_TEST_HEX", hex), ("TOLLGATE_TEST_BASE64", base64),
            ("TOLLGATE_TEST_BLANK", " "),
        ]
        return variables.allSatisfy { setenv($0.0, $0.1, 1) == 0 }
    }()
}

func event(_ id: String) -> String {
    #"{"id":"\#(id)","type":"customer.created","created":1700000000,"data":{"object":{"id":"cus_1"}}}"#
}
