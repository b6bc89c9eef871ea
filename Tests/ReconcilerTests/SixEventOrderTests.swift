import BillingModel
import CustomerStore
import Database
import DatabaseSQLite
import Foundation
import JSON
import Testing

@testable import Reconciler

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

    /// The same events under the rule that the fold replaces, to see that these orders can tell the two apart. Only a
    /// last second of several changes can: a later event hides what went wrong before it, so most of the work is
    /// done by the generated histories (`FoldModelTests`).
    @Test func `the pairwise rule ends wrong in some order of some scenario`() throws {
        var wrong: [String: Int] = [:]
        for name in Self.scenarios {
            let events = try foldEvents(of: FixtureScenario(name))
            #expect(events.count == 6)
            var ends: Set<FoldState> = []
            for order in permutations(of: Array(0..<6)) {
                var (folding, pairwise) = (
                    FoldingArrivals(base: FoldBase.absent), PairwiseArrivals(base: FoldBase.absent)
                )
                for place in order {
                    folding.arrive(events[place])
                    pairwise.arrive(events[place])
                }
                ends.insert(folding.result.state)
                if pairwise.result.state != folding.result.state { wrong[name, default: 0] += 1 }
            }
            #expect(ends.count == 1, "\(name)")
        }
        print("pairwise, six events: wrong orders of 720 \(wrong)")
        #expect(wrong["six-customer-twins", default: 0] > 100)
    }

    /// What the events of a scenario tell, as the pipeline has read it.
    private func foldEvents(of scenario: FixtureScenario) throws -> [FoldEvent] {
        let harness = try ApplyHarness(connectionCount: 1, batchMax: 7)
        try harness.offer(scenario.events)
        try harness.drain()
        defer { harness.stop() }
        let type = ObjectType(rawValue: scenario.objectType)
        let found = try harness.object(scenario.objectID, type: type)
        let object = try #require(found)
        return try harness.database.read { transaction throws(DatabaseError) in
            var events: [FoldEvent] = []
            var next = Optional(object.lastEvent)
            while let id = next, let told = try ObjectEventsTable.get(id, in: transaction) {
                if let event = Self.foldEvent(told) { events.append(event) }
                next = told.previous
            }
            return events
        }
    }

    private static func foldEvent(_ told: ObjectEvent) -> FoldEvent? {
        func digest(_ digest: StateDigest?) -> FoldDigest {
            FoldDigest(high: digest?.high ?? 0, low: digest?.low ?? 0)
        }
        let tells: FoldEvent.Tells? =
            switch told.tells {
            case .birth: .birth(to: digest(told.to))
            case .arrival: .birthUnlessKnown(to: digest(told.to))
            case .link: .link(from: digest(told.from), to: digest(told.to))
            case .snapshot, .ending: .snapshot(of: digest(told.to))
            case .tombstone: .deletion
            case .hint: nil
            }
        return tells.map {
            FoldEvent(
                id: told.eventID,
                handle: told.id,
                second: told.second,
                tells: $0,
                isTerminal: told.isTerminal
            )
        }
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
