import BillingModel
import Foundation
import JSON
import Providers

/// One folder of `Fixtures/scenarios`, in the order in which the provider made its events.
struct Scenario: Sendable, CustomStringConvertible {
    let name: String
    let events: [ScenarioEvent]
    let expected: JSONValue

    var description: String { name }

    static let all: [Scenario] = load()

    private static func load() -> [Scenario] {
        let top = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Fixtures/scenarios")
        // An unreadable folder has no scenarios, and their count is checked.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: top.path)) ?? []
        return names.sorted().compactMap { name in
            let folder = top.appending(path: name)
            // One without a readable end is left out, and the count is checked.
            guard let data = try? Data(contentsOf: folder.appending(path: "expected.json")),
                let expected = try? JSONDocument.parse([UInt8](data)).root
            else { return nil }
            // No files, no events: the end differs.
            let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
            var events: [ScenarioEvent] = []
            for file in files where file != "expected.json" {
                // A file left out makes the end differ.
                guard let data = try? Data(contentsOf: folder.appending(path: file)),
                    let root = try? JSONDocument.parse([UInt8](data)).root,
                    case .event(let event) = StripeDecoder.envelope(root)
                else { continue }
                events.append(ScenarioEvent(file: file, event: event))
            }
            if let order = expected["true_order"] {
                let places = Dictionary(
                    order.elements.compactMap(\.string).enumerated().map { ($0.element, $0.offset) }
                ) { first, _ in first }
                events.sort { places[$0.event.id ?? "", default: 0] < places[$1.event.id ?? "", default: 0] }
            }
            return Scenario(name: name, events: events, expected: expected)
        }
    }
}

struct ScenarioEvent: Sendable {
    let file: String
    let event: ProviderEvent
}
