/// The rooms as `Package.swift` declares them, read as text: the manifest itself cannot be imported.
struct Manifest {
    struct Room: Hashable {
        let name: String
        let floor: String
        let imports: [String]
        let line: Int
    }

    /// From the lowest to the highest.
    static let floors = ["System", "Kernel", "Platform", "Pipeline", "Operations", "Command"]

    let rooms: [Room]

    /// Understands the calls `system("…")`, `room("…", floor: "…", imports: […])` and `command("…", imports: […])`.
    init(text: String) {
        var rooms: [Room] = []
        let bytes = Array(text.utf8)
        for (call, floor) in [("system(", "System"), ("room(", nil), ("command(", "Command")] {
            for start in Self.places(of: call, in: bytes) {
                guard let body = Self.body(from: start + call.utf8.count, in: bytes) else { continue }
                let strings = Self.strings(in: body)
                guard let name = strings.first, !name.isEmpty else { continue }
                let line = bytes[..<start].count { $0 == UInt8(ascii: "\n") } + 1
                let imports = Self.list(after: "imports:", in: body)
                let ownFloor = floor ?? Self.value(after: "floor:", in: body)
                guard let ownFloor, Self.floors.contains(ownFloor) else { continue }
                rooms.append(Room(name: name, floor: ownFloor, imports: imports, line: line))
            }
        }
        self.rooms = rooms.sorted { $0.line < $1.line }
    }

    func room(_ name: String) -> Room? { rooms.first { $0.name == name } }

    /// The room and everything that it links.
    func closure(of name: String) -> Set<String> {
        var seen: Set<String> = []
        var waiting = [name]
        while let next = waiting.popLast() {
            guard seen.insert(next).inserted else { continue }
            waiting += room(next)?.imports ?? []
        }
        return seen
    }

    static func height(of floor: String) -> Int { floors.firstIndex(of: floor) ?? -1 }

    private static func places(of call: String, in bytes: [UInt8]) -> [Int] {
        let needle = Array(call.utf8)
        guard bytes.count > needle.count else { return [] }
        return (0..<bytes.count - needle.count).filter { start in
            guard bytes[start..<start + needle.count].elementsEqual(needle) else { return false }
            // A declaration (`func room(`) or the end of a longer name is no call.
            let before = bytes[..<start].last ?? UInt8(ascii: "\n")
            let isLetter = before | 0x20 >= UInt8(ascii: "a") && before | 0x20 <= UInt8(ascii: "z")
            let isDeclaration = bytes[..<start].suffix(5).elementsEqual("func ".utf8)
            return !isLetter && !isDeclaration
        }
    }

    /// Up to the parenthesis that closes the call.
    private static func body(from start: Int, in bytes: [UInt8]) -> String? {
        var depth = 1
        for index in start..<bytes.count {
            if bytes[index] == UInt8(ascii: "(") { depth += 1 }
            if bytes[index] == UInt8(ascii: ")") { depth -= 1 }
            if depth == 0 { return String(decoding: bytes[start..<index], as: UTF8.self) }
        }
        return nil
    }

    private static func strings(in text: some StringProtocol) -> [String] {
        text.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }

    private static func value(after label: String, in body: String) -> String? {
        body.firstRange(of: label).flatMap { strings(in: body[$0.upperBound...]).first }
    }

    private static func list(after label: String, in body: String) -> [String] {
        guard let range = body.firstRange(of: label) else { return [] }
        return strings(in: body[range.upperBound...].prefix { $0 != "]" })
    }
}

/// The comment lines by which a room introduces itself.
struct Placard {
    static let fields = ["Purpose:", "Owns:", "May import:", "Never:", "Start reading at:"]

    let values: [String: String]
    let line: Int

    /// Nil when no line begins with `// Purpose:`.
    init?(_ file: SourceFile) {
        let comments = file.lines.map { line in
            line.code.isEmpty && !line.comment.hasPrefix("/") ? line.comment.drop { $0 == " " } : ""
        }
        guard let start = comments.firstIndex(where: { $0.hasPrefix("Purpose:") }) else { return nil }
        var values: [String: String] = [:]
        var current: String?
        for comment in comments[start...].prefix(while: { !$0.isEmpty }) {
            if let field = Self.fields.first(where: { comment.hasPrefix($0) }) {
                current = field
                values[field] = String(comment.dropFirst(field.count).drop { $0 == " " })
            } else if let current {
                values[current, default: ""] += " " + comment
            }
        }
        self.values = values
        line = start + 1
    }

    /// The rooms under "May import"; nil for "every room below".
    var imports: [String]? {
        let text = values["May import:"] ?? ""
        if text.hasPrefix("every room below") { return nil }
        return text.split { ",. \n".contains($0) }.map(String.init).filter {
            $0 != "nothing" && $0 != "Nothing"
        }
    }
}
