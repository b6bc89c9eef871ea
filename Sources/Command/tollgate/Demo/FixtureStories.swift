import Gateway
import Glibc
import JSON

/// The scenarios in `Fixtures/scenarios`: stories as events in the order of delivery, and how each ends.
struct FixtureStories {
    struct Story {
        let name: String
        /// Bodies in the order of delivery.
        let events: [[UInt8]]
        let ending: JSONValue
    }

    static let fileBytesMax = 2 << 20

    let stories: [Story]

    /// Stories without `expected.json` are for other tests and left out.
    init(folder: String) throws(CommandFailure) {
        let scenarios = folder + "/scenarios"
        guard let names = Self.entries(of: scenarios) else {
            throw CommandFailure(
                "there is no folder \(scenarios)",
                hint: "run the demo in the repository's top folder, or name Fixtures with --fixtures FOLDER",
                exitCode: ExitCode.input
            )
        }
        var stories: [Story] = []
        for name in names {
            let path = "\(scenarios)/\(name)"
            guard let files = Self.entries(of: path), files.contains("expected.json") else { continue }
            var events: [[UInt8]] = []
            for file in files where file.hasSuffix(".json") && file != "expected.json" {
                events.append(try Self.read("\(path)/\(file)"))
            }
            let ending = try Self.read("\(path)/expected.json")
            do throws(JSONError) {
                stories.append(Story(name: name, events: events, ending: try JSONDocument.parse(ending).root))
            } catch {
                throw CommandFailure("\(path)/expected.json: \(error)", exitCode: ExitCode.input)
            }
        }
        guard !stories.isEmpty else {
            throw CommandFailure("\(scenarios) holds no story with an ending", exitCode: ExitCode.input)
        }
        self.stories = stories
    }

    var eventCount: Int { stories.reduce(0) { $0 + $1.events.count } }

    private static func read(_ path: String) throws(CommandFailure) -> [UInt8] {
        switch ConfigurationSources.process.file(path, fileBytesMax) {
        case .success(let bytes): return bytes
        case .failure(.unreadable(let reason)):
            throw CommandFailure("\(path): \(reason)", exitCode: ExitCode.input)
        case .failure(.longer(let bytes)):
            throw CommandFailure("\(path) is longer than \(bytes) bytes", exitCode: ExitCode.input)
        }
    }

    /// Names in byte order, hidden ones left out; nil when it is no folder.
    private static func entries(of path: String) -> [String]? {
        guard let folder = opendir(path) else { return nil }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
