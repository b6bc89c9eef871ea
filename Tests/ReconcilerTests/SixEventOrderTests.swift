import CustomerStore
import Foundation
import JSON
import Reconciler
import Testing

/// Every order of arrival of six events of one object ends where the provider ended.
@Suite struct SixEventOrderTests {
    static let scenarios = [
        "six-charge-refunds", "six-charge-refunds-2020", "six-customer-deleted", "six-customer-edits",
        "six-customer-edits-2020", "six-customer-twins", "six-invoice", "six-invoice-2020",
        "six-subscription-canceled", "six-subscription-life", "six-subscription-life-2020",
        "six-subscription-trial",
    ]

    static let isLong = ProcessInfo.processInfo.environment["TOLLGATE_LONG"] == "1"

    @Test(arguments: scenarios)
    func `every order of six events, each told twice, ends in the provider's state`(_ name: String) throws {
        let scenario = try FixtureScenario(name)
        #expect(scenario.events.count == 6)
        var orders = permutations(of: Array(0..<6))
        #expect(orders.count == 720)
        // All 720 in the long run; every twelfth, which still moves each event to each place, in the short one.
        if !Self.isLong { orders = orders.enumerated().filter { $0.offset % 12 == 5 }.map(\.element) }
        let harness = try ApplyHarness(connectionCount: orders.count, batchMax: 7)
        for (index, order) in orders.enumerated() {
            let arrivals = order.map { scenario.events[$0] }
            try harness.offer(arrivals + arrivals.reversed(), to: index)
        }
        try harness.drain()
        let final = try scenario.finalState()
        var certainties: Set<String> = []
        for (index, order) in orders.enumerated() {
            let seen = try #require(try harness.visible(scenario.objectType, scenario.objectID, of: index))
            let state = try seen.state.map { try JSONDocument.parse($0).root.canonicalBytes }
            #expect(state == final, "order \(order)")
            certainties.insert(seen.certainty.rawValue)
        }
        // The flag is a function of the set as well.
        #expect(certainties.count == 1)
        harness.stop()
    }
}

func permutations(of items: [Int]) -> [[Int]] {
    guard items.count > 1 else { return [items] }
    return items.flatMap { first in
        permutations(of: items.filter { $0 != first }).map { [first] + $0 }
    }
}

/// One folder of Fixtures/scenarios.
struct FixtureScenario {
    let folder: URL
    /// In the provider's true order.
    let events: [[UInt8]]

    init(_ name: String) throws {
        folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Fixtures/scenarios/\(name)")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.first?.isNumber == true }.sorted()
        let folder = folder
        events = try names.map { [UInt8](try Data(contentsOf: folder.appendingPathComponent($0))) }
    }

    var objectType: String { object?["object"]?.string ?? "" }
    var objectID: String { object?["id"]?.string ?? "" }

    private var object: JSONValue? {
        // No object is nil, and equals none.
        events.first.flatMap { try? JSONDocument.parse($0).root["data"]?["object"] }
    }

    /// The provider's last state in canonical form; nil when it deleted the object.
    func finalState() throws -> [UInt8]? {
        let root = try JSONDocument.parse(
            [UInt8](Data(contentsOf: folder.appendingPathComponent("final.json")))
        ).root
        return root["deleted"]?.boolean == true ? nil : root.canonicalBytes
    }
}
