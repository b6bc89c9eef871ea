import Foundation
import Testing

/// One Swift file of the repository.
struct SourceFile: Sendable {
    /// From the repository's top: `Sources/Kernel/JSON/JSON.swift`.
    let path: String
    let lines: [SourceLexer.Line]

    init(path: String, text: String) {
        self.path = path
        lines = SourceLexer.lines(of: text)
    }

    var name: String { String(path.split(separator: "/").last ?? "") }

    /// Of a source: the floor's and the room's folder; nil for tests and the manifest.
    var floor: String? { part(1) }
    var room: String? { part(2) }

    private func part(_ index: Int) -> String? {
        let parts = path.split(separator: "/")
        return parts.first == "Sources" && parts.count > 3 ? String(parts[index]) : nil
    }

    /// Names of imported modules with their line numbers.
    var imports: [(module: String, line: Int, isShown: Bool)] {
        lines.enumerated().compactMap { index, line in
            let words = line.code.split(separator: " ").filter { !$0.hasPrefix("@") }
            guard let place = words.firstIndex(of: "import"), place <= 1, place + 1 < words.count else {
                return nil
            }
            let kinds: Set<Substring> = [
                "struct", "class", "enum", "protocol", "func", "typealias", "let", "var",
            ]
            let target =
                kinds.contains(words[place + 1]) && place + 2 < words.count
                ? words[place + 2] : words[place + 1]
            let module = target.split(separator: ".").first.map(String.init) ?? ""
            return (module, index + 1, words[0] == "package" || words[0] == "public")
        }
    }
}

/// A broken rule: where, and what to do instead.
struct Violation: Hashable, CustomStringConvertible {
    let path: String
    let line: Int
    let message: String

    var description: String { "\(path):\(line): \(message)" }
}

/// The repository as text.
struct SourceTree: Sendable {
    static let top = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    let sources: [SourceFile]
    let tests: [SourceFile]

    /// Read once: every test looks at the same text.
    static let loaded = Result { try load() }

    private static func load() throws -> SourceTree {
        SourceTree(sources: try swiftFiles(below: "Sources"), tests: try swiftFiles(below: "Tests"))
    }

    static func text(_ path: String) throws -> String {
        try String(contentsOf: top.appending(path: path), encoding: .utf8)
    }

    private static func swiftFiles(below folder: String) throws -> [SourceFile] {
        try paths(below: folder).filter { $0.hasSuffix(".swift") }.map { path in
            SourceFile(path: path, text: try text(path))
        }
    }

    /// All files below a folder, hidden ones left out, as paths from the top, sorted.
    static func paths(below folder: String) throws -> [String] {
        let start = top.appending(path: folder)
        guard
            let walk = FileManager.default.enumerator(
                at: start,
                includingPropertiesForKeys: [.isRegularFileKey],
                options: [.skipsHiddenFiles]
            )
        else { return [] }
        var paths: [String] = []
        for case let url as URL in walk {
            guard try url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else { continue }
            paths.append(folder + url.path().dropFirst(start.path().count))
        }
        return paths.sorted()
    }
}

/// Shows all of them, one a line: a list in an `#expect` would be printed twice.
func expectNone(_ violations: [Violation], sourceLocation: SourceLocation = #_sourceLocation) {
    guard !violations.isEmpty else { return }
    let lines = violations.map { "\n    \($0)" }.joined()
    Issue.record("\(violations.count) broken:\(lines)", sourceLocation: sourceLocation)
}
