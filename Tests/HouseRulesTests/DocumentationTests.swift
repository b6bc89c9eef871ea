import Foundation
import Gateway
import Testing

/// The README's tables and the example say what the code says.
@Suite struct `The README and the example` {
    private func decoded() throws -> ConfigurationOutcome {
        let sources = ConfigurationSources(
            environment: { name in "\(name)-which-is-long-enough-to-be-taken" },
            file: { _, _ in .failure(.unreadable("not needed")) }
        )
        let example = try Data(contentsOf: SourceTree.top.appending(path: "config.example.json"))
        return ConfigurationDecoder(sources: sources).decode(Array(example))
    }

    /// Keys that hold a value, not other keys.
    private func leaves(_ keys: some Sequence<String>) -> Set<String> {
        let all = Set(keys)
        return all.filter { key in
            !all.contains { $0.hasPrefix(key + ".") || $0.hasPrefix(key + "[].") }
        }
    }

    private func keys(of value: Any, path: String = "") -> [String] {
        if let object = value as? [String: Any] {
            // A secret is a value, whichever way it is told.
            if object.count == 1, object["env"] != nil || object["file"] != nil { return [path] }
            if object.isEmpty { return [path] }
            return object.flatMap { keys(of: $0.value, path: path.isEmpty ? $0.key : "\(path).\($0.key)") }
        }
        if let list = value as? [Any], list.contains(where: { ($0 as? [String: Any])?["name"] != nil }) {
            return list.flatMap { keys(of: $0, path: path + "[]") }
        }
        return [path]
    }

    /// The first cells of a README section's table rows, without their back-ticks.
    private func firstCells(ofSection title: String) throws -> [(cell: String, row: String)] {
        let lines = try SourceTree.text("README.md").split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(
            lines.firstIndex { $0 == "## \(title)" },
            "the README has a section \(title)"
        )
        let section = lines[(start + 1)...].prefix { !$0.hasPrefix("## ") }
        return section.filter { $0.hasPrefix("| `") }.map { row in
            let cells = row.split(separator: "`")
            return (cells.count > 1 ? String(cells[1]) : "", String(row))
        }
    }

    @Test func `the example decodes without a problem or a warning`() throws {
        let outcome = try decoded()
        #expect(outcome.problems == [])
        #expect(outcome.warnings == [])
    }

    @Test func `the example holds every key that the decoder looks for`() throws {
        let example = try Data(contentsOf: SourceTree.top.appending(path: "config.example.json"))
        let held = Set(keys(of: try JSONSerialization.jsonObject(with: example)))
        let known = leaves(try decoded().knownKeys)
        #expect(held.subtracting(known) == [], "config.example.json has keys that nobody reads")
        #expect(known.subtracting(held) == [], "config.example.json lacks keys")
    }

    @Test func `the README's table explains every key that the decoder looks for`() throws {
        let explained = Set(try firstCells(ofSection: "Configuration").map(\.cell))
        let known = leaves(try decoded().knownKeys)
        #expect(explained.subtracting(known) == [], "the README explains keys that nobody reads")
        #expect(known.subtracting(explained) == [], "the README lacks keys")
    }

    @Test func `the README's tree shows every room and what it may import`() throws {
        let manifest = Manifest(text: try SourceTree.text("Package.swift"))
        var shown: [String: Set<String>] = [:]
        for (cell, row) in try firstCells(ofSection: "The house") {
            let last = row.split(separator: "|").last ?? ""
            shown[cell] = Set(
                last.split { ", ".contains($0) }.map(String.init).filter { $0.first?.isLetter == true }
            )
        }
        let declared = Dictionary(
            uniqueKeysWithValues: manifest.rooms.filter { $0.floor != "System" }.map {
                ($0.name, Set($0.imports))
            }
        )
        let wrong = Set(declared.keys).union(shown.keys).sorted().filter { declared[$0] != shown[$0] }
        expectNone(
            wrong.map { Violation(path: "README.md", line: 1, message: "The house: the row of \($0)") }
        )
    }
}
