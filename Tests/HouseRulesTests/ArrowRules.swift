/// Which room may import which.
enum ArrowRules {
    /// Modules that come with the toolchain and have no room.
    static let always: Set<String> = ["Glibc", "Swift", "Synchronization"]

    /// C libraries, each behind as few doors as possible.
    static let doors: [String: Set<String>] = [
        "CSQLite": ["DatabaseSQLite", "tollgate-bench"],
        "CCrypto": ["Cryptography"],
        "CCurl": ["HTTPClient", "tollgate-bench"],
        "CLZ4": ["Packing"],
    ]

    /// Floors go down only; a dependency names a room that exists.
    static func floors(_ manifest: Manifest) -> [Violation] {
        manifest.rooms.flatMap { room in
            room.imports.compactMap { name in
                guard let target = manifest.room(name) else {
                    return Violation(
                        path: "Package.swift",
                        line: room.line,
                        message: "\(room.name) imports \(name), which is no room"
                    )
                }
                let rises = Manifest.height(of: target.floor) > Manifest.height(of: room.floor)
                return rises
                    ? Violation(
                        path: "Package.swift",
                        line: room.line,
                        message:
                            "\(room.name) (\(room.floor)) imports \(name) (\(target.floor)): imports go down only"
                    ) : nil
            }
        }
    }

    static func declared(_ file: SourceFile, _ manifest: Manifest, _ placard: Placard?) -> [Violation] {
        guard let room = file.room, let declaration = manifest.room(room) else { return [] }
        return file.imports.flatMap { module, line, isShown in
            var violations: [Violation] = []
            func add(_ message: String) {
                violations.append(Violation(path: file.path, line: line, message: message))
            }
            let isFoundation = module.hasPrefix("Foundation")
            if always.contains(module) || isFoundation { return violations }
            if !declaration.imports.contains(module) {
                add("\(module) is not among \(room)'s imports in Package.swift")
            }
            if let allowed = placard?.imports, !allowed.contains(module) {
                add("\(room)'s placard does not list \(module)")
            }
            if let allowed = doors[module], !allowed.contains(room) {
                add("\(module) is imported by \(allowed.sorted().joined(separator: " and ")) only")
            }
            if isShown, manifest.room(module)?.floor == "System" {
                add("a C library is not shown to other rooms")
            }
            return violations
        }
    }

    /// Nothing that `serve` runs in may link Foundation: it would cost half of the memory budget.
    static func foundation(_ file: SourceFile, linked: Set<String>) -> [Violation] {
        guard let room = file.room, linked.contains(room) else { return [] }
        return file.imports.filter { $0.module.hasPrefix("Foundation") }.map { _, line, _ in
            Violation(path: file.path, line: line, message: "nothing that tollgate links imports Foundation")
        }
    }

    /// What a placard promises and the manifest does not allow, and the reverse.
    static func placard(_ placard: Placard?, of room: Manifest.Room, path: String) -> [Violation] {
        guard let placard else {
            return [Violation(path: path, line: 1, message: "the room \(room.name) has no placard here")]
        }
        var violations = Placard.fields.filter { placard.values[$0]?.isEmpty != false }.map { field in
            Violation(path: path, line: placard.line, message: "the placard does not say \"\(field)\"")
        }
        if let listed = placard.imports {
            violations += Set(listed).symmetricDifference(room.imports).sorted().map { name in
                let place =
                    listed.contains(name)
                    ? "the placard but not in Package.swift" : "Package.swift but not in the placard"
                return Violation(path: path, line: placard.line, message: "\(name) is in \(place)")
            }
        }
        return violations
    }
}
