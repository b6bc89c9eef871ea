import Glibc
import JSON
import WebhookVerifier

/// One event to send, as it stands in its file.
struct StoredEvent: Sendable {
    let body: [UInt8]
    /// Where the text of its id stands, without the quotes; nil where the id is not one string of the body.
    let idRange: Range<Int>?
}

/// Events of the files and folders named on the command line, in that order, those of a folder by name.
///
/// A `.jsonl` file holds one event on each line, any other file one event or a list of them. Files that were
/// found in a folder and hold no event (no id or type where the profile looks for them) are left out and told.
struct EventFiles {
    private(set) var events: [StoredEvent] = []
    /// Paths of the files left out.
    private(set) var skipped: [String] = []
    private let profile: SignatureProfile

    /// Webhook bodies are at most 2 MiB; a file of many may be longer.
    private static let fileBytesMax = 1 << 30

    init(_ paths: [String], profile: SignatureProfile) throws(CommandFailure) {
        self.profile = profile
        for path in paths { try add(path, isNamed: true) }
        guard !events.isEmpty else {
            throw CommandFailure(
                "no events in \(printable(paths.joined(separator: ", ")))",
                hint: skipped.isEmpty
                    ? nil
                    : "left out \(skipped.count) without id, type or time where profile \(profile.name) has them; "
                        + "a file that is named itself is sent all the same",
                exitCode: ExitCode.input
            )
        }
    }

    private mutating func add(_ path: String, isNamed: Bool) throws(CommandFailure) {
        if let names = Self.entries(of: path) {
            for name in names where !name.hasPrefix(".") {
                let child = path.hasSuffix("/") ? path + name : path + "/" + name
                let isFolder = Self.entries(of: child) != nil
                guard isFolder || name.hasSuffix(".json") || name.hasSuffix(".jsonl") else { continue }
                try add(child, isNamed: false)
            }
            return
        }
        let bytes = try Self.read(path)
        switch profile.event.payload {
        case .form:
            events.append(StoredEvent(body: bytes, idRange: nil))
        case .json where path.hasSuffix(".jsonl"):
            for (index, line) in bytes.split(separator: UInt8(ascii: "\n")).enumerated() {
                let isBlank = line.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") }
                if !isBlank { try addOne(Array(line), at: "\(path), line \(index + 1)", isNamed: isNamed) }
            }
        case .json:
            let document = try Self.parse(bytes, at: path)
            guard document.root.kind == .array, profile.event.batch?.text != "" else {
                try addOne(bytes, at: path, isNamed: isNamed)
                return
            }
            for (index, element) in document.root.elements.enumerated() {
                try addOne(element.rawBytes, at: "\(path), element \(index + 1)", isNamed: isNamed)
            }
        }
    }

    private mutating func addOne(_ body: [UInt8], at place: String, isNamed: Bool) throws(CommandFailure) {
        let document = try Self.parse(body, at: place)
        if !isNamed, !holdsEvent(document.root) {
            skipped.append(place)
            return
        }
        events.append(StoredEvent(body: body, idRange: idRange(in: document.root)))
    }

    /// True unless the profile names places in the body and one of them is empty there.
    private func holdsEvent(_ root: JSONValue) -> Bool {
        let layout = profile.event
        guard layout.batch == nil else { return true }
        let root = profile.root(of: root)
        return (layout.id + layout.type + [layout.occurredAt?.source].compactMap { $0 }).allSatisfy {
            source in
            if case .field(let path) = source { path.text(in: root) != nil } else { true }
        }
    }

    private func idRange(in root: JSONValue) -> Range<Int>? {
        guard profile.event.batch == nil, profile.event.id.count == 1,
            case .field(let path) = profile.event.id[0],
            let value = path.find(in: profile.root(of: root)), value.kind == .string
        else { return nil }
        return value.byteRange.lowerBound + 1..<value.byteRange.upperBound - 1
    }

    private static func parse(_ bytes: [UInt8], at place: String) throws(CommandFailure) -> JSONDocument {
        do throws(JSONError) {
            return try JSONDocument.parse(
                bytes,
                limits: JSONLimits(bytesMax: 128 << 20, tokensMax: 50_000_000)
            )
        } catch {
            throw CommandFailure("\(printable(place)) is not JSON: \(error)", exitCode: ExitCode.input)
        }
    }

    static func read(_ path: String) throws(CommandFailure) -> [UInt8] {
        func failure() -> CommandFailure {
            let reason = String(cString: strerror(errno))
            return CommandFailure("\(printable(path)) cannot be read: \(reason)", exitCode: ExitCode.input)
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure() }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= fileBytesMax else {
                throw CommandFailure("\(printable(path)) is longer than 1 GiB", exitCode: ExitCode.input)
            }
        }
    }

    /// Names in a folder, sorted by their bytes; nil for what is no folder.
    private static func entries(of path: String) -> [String]? {
        guard let folder = opendir(path) else { return nil }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            names.append(
                withUnsafeBytes(of: entry.pointee.d_name) { name in
                    String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
                }
            )
        }
        return names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    }
}
