import Foundation
import Testing

/// The house's rules, held against the text of the house. A broken one names file and line.
@Suite struct `The house` {
    let tree: SourceTree
    let manifest: Manifest

    init() throws {
        tree = try SourceTree.loaded.get()
        manifest = Manifest(text: try SourceTree.text("Package.swift"))
    }

    private func placard(of room: Manifest.Room) -> (Placard?, path: String) {
        let path = "Sources/\(room.floor)/\(room.name)/\(room.name).swift"
        return (tree.sources.first { $0.path == path }.flatMap(Placard.init), path)
    }

    @Test func `has rooms and files to look at`() {
        #expect(manifest.rooms.count > 20)
        #expect(tree.sources.count > 50)
        #expect(tree.tests.count > 10)
        #expect(Set(tree.sources.compactMap(\.room)).isSubset(of: manifest.rooms.map(\.name)))
    }

    @Test func `has stairs that lead down only`() {
        let violations = ArrowRules.floors(manifest)
        expectNone(violations)
    }

    @Test func `has a complete placard at every door`() {
        let violations = manifest.rooms.filter { $0.floor != "System" }.flatMap { room in
            let (placard, path) = placard(of: room)
            return ArrowRules.placard(placard, of: room, path: path)
        }
        expectNone(violations)
    }

    @Test func `imports only what its placards and its manifest list`() {
        let placards = Dictionary(
            uniqueKeysWithValues: manifest.rooms.compactMap { room in
                placard(of: room).0.map { (room.name, $0) }
            }
        )
        let violations = tree.sources.flatMap { ArrowRules.declared($0, manifest, placards[$0.room ?? ""]) }
        expectNone(violations)
    }

    @Test func `declares no import that nobody uses`() {
        let used = tree.sources.reduce(into: [String: Set<String>]()) { used, file in
            used[file.room ?? "", default: []].formUnion(file.imports.map(\.module))
        }
        let violations = manifest.rooms.flatMap { room in
            room.imports.filter { used[room.name]?.contains($0) != true }.map { name in
                Violation(
                    path: "Package.swift",
                    line: room.line,
                    message: "\(room.name) never imports \(name)"
                )
            }
        }
        expectNone(violations)
    }

    @Test func `links no Foundation into tollgate`() {
        let linked = manifest.closure(of: "tollgate")
        let violations = tree.sources.flatMap { ArrowRules.foundation($0, linked: linked) }
        expectNone(violations)
    }

    @Test func `reads clocks, chance and the console only where that belongs`() {
        let violations = tree.sources.flatMap(TextRules.banned)
        expectNone(violations)
    }

    @Test func `keeps SQL in its tables`() {
        let violations = tree.sources.flatMap(TextRules.sql)
        expectNone(violations)
    }

    @Test func `leaves no open question in a comment`() {
        let violations = (tree.sources + tree.tests).flatMap(TextRules.openQuestions)
        expectNone(violations)
    }

    @Test func `proves what the compiler cannot`() {
        let violations = tree.sources.flatMap(TextRules.unchecked)
        expectNone(violations)
    }

    @Test func `has files that a person can read in one go`() {
        let violations = (tree.sources + tree.tests).flatMap(TextRules.length)
        expectNone(violations)
    }

    @Test func `names nothing of the machine it was written on, and is whole`() throws {
        let folders = [
            "." + "library", "/work" + "/.", "/work" + "/shared", "/work" + "/main", "/work" + "/wt",
        ]
        let named = ["Package.swift", "README.md", "config.example.json", ".ci/run"].filter { path in
            FileManager.default.fileExists(atPath: SourceTree.top.appending(path: path).path())
        }
        var violations: [Violation] = []
        for path in try named + SourceTree.paths(below: "Sources") + SourceTree.paths(below: "Tests") {
            // Bytes that are no text name nothing.
            guard let text = try? SourceTree.text(path) else { continue }
            for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                for folder in folders where line.contains(folder) {
                    violations.append(Violation(path: path, line: index + 1, message: "names \(folder)"))
                }
                if line.hasPrefix("<<<<" + "<<< ") || line.hasPrefix(">>>>" + ">>> ") {
                    violations.append(
                        Violation(path: path, line: index + 1, message: "a merge was not finished")
                    )
                }
            }
        }
        expectNone(violations)
    }
}
