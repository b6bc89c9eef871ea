import BillingModel
import CustomerStore
import Database
import DatabaseSQLite
import Foundation
import JSON
import TestSupport
import Testing
import Timing

@testable import Inbox
@testable import Reconciler

/// Histories through the real inbox, applier and store, held against the provider's truth and against the fold.
@Suite struct PipelineHistoryTests {
    private static let isLong = ProcessInfo.processInfo.environment["TOLLGATE_LONG"] == "1"

    private static let customers = Statement(
        "test.customers",
        """
        SELECT customer_identities.provider_customer_id || ' ' || customer_identities.state || ' '
            || COALESCE(customers.name, '-')
        FROM customer_identities
        JOIN customers ON customers.id = customer_identities.customer_id
        ORDER BY customer_identities.provider_customer_id
        """
    )

    /// The history as customer events: value n is the name `vn`; a base that is known was born a second earlier.
    private func events(
        _ history: FoldHistory,
        as id: String,
        telling: (Int) -> FoldHistory.Telling
    ) -> [[UInt8]] {
        var story = CustomerStory(id)
        var events: [[UInt8]] = []
        if case .present(let value) = history.base { events.append(story.birth("v\(value.low)", at: 100)) }
        for (place, change) in history.changes.enumerated() {
            guard case .present(let value) = change.to else { continue }
            let name = "v\(value.low)"
            let second = 100 + change.second
            let isBirth = change.from == .absent
            switch telling(place) {
            case .lost:
                _ = story.change(to: name, at: second)
            case .snapshotOnly:
                events.append(isBirth ? story.birth(name, at: second) : story.snapshot(name, at: second))
            case .linked:
                events.append(isBirth ? story.birth(name, at: second) : story.change(to: name, at: second))
            case .twice:
                let before = story
                events.append(isBirth ? story.birth(name, at: second) : story.change(to: name, at: second))
                // The provider's second event for one change: another id, the same link.
                var twin = before
                let again = isBirth ? twin.birth(name, at: second) : twin.change(to: name, at: second)
                let text = String(decoding: again, as: UTF8.self)
                events.append(Array(text.replacing(twin.lastEventID, with: twin.lastEventID + "_twin").utf8))
            }
        }
        return events
    }

    private func expected(_ history: FoldHistory) -> String? {
        if case .present(let value) = history.last { "v\(value.low)" } else { nil }
    }

    @Test func `up to five changes within three seconds, all linked, end where the provider ended`() throws {
        let all = FoldHistory.returning + FoldHistory.born
        let step = Self.isLong ? 1 : 23
        let histories = stride(from: 0, to: all.count, by: step).map { all[$0] }
        for seed in UInt64(1)...(Self.isLong ? 3 : 1) {
            var random = FoldRandom(seed: seed)
            let harness = try ApplyHarness(connectionCount: 1, batchMax: 1 + random.below(300))
            var arrivals: [[UInt8]] = []
            for (number, history) in histories.enumerated() {
                let events = events(history, as: "cus_\(number)") { _ in .linked }
                arrivals += events + events
            }
            try harness.offer(random.shuffled(arrivals))
            try harness.drain()
            var flagged = 0
            for (number, history) in histories.enumerated() {
                let name = try harness.name(of: "cus_\(number)")
                #expect(name == expected(history), "seed \(seed), \(history)")
                let certainty = try harness.object("cus_\(number)")?.certainty
                if certainty != .certain {
                    flagged += 1
                    #expect(history.repeatsLinkWithinSecond, "seed \(seed), \(history)")
                }
            }
            print("pipeline, linked: seed \(seed), \(histories.count) histories, 0 wrong, \(flagged) flagged")
            harness.stop()
        }
    }

    @Test func `changes told by snapshots, twice, or not at all never end wrong and certain`() throws {
        let histories = FoldHistory.straight
        for seed in UInt64(1)...(Self.isLong ? 40 : 4) {
            var random = FoldRandom(seed: seed &* 7_919)
            let harness = try ApplyHarness(connectionCount: 1, batchMax: 1 + random.below(100))
            var arrivals: [[UInt8]] = []
            for (number, history) in histories.enumerated() {
                // At most one is lost, and not the last: what nothing tells can be found by a run only.
                let lost = random.below(3) == 0 ? random.below(history.changes.count) : -1
                var roll: [FoldHistory.Telling] = history.changes.map { _ in
                    [.linked, .linked, .snapshotOnly, .twice][random.below(4)]
                }
                if lost >= 0, lost < history.changes.count - 1 { roll[lost] = .lost }
                let events = events(history, as: "cus_\(number)") { roll[$0] }
                arrivals += events + events.filter { _ in random.below(2) == 0 }
            }
            try harness.offer(random.shuffled(arrivals))
            try harness.drain()
            var (wrong, flagged) = (0, 0)
            for (number, history) in histories.enumerated() {
                guard let object = try harness.object("cus_\(number)") else { continue }
                let isRight = try harness.name(of: "cus_\(number)") == expected(history)
                if !isRight { wrong += 1 }
                if object.certainty != .certain { flagged += 1 }
                #expect(isRight || object.certainty != .certain, "seed \(seed), \(history)")
            }
            print(
                "pipeline, mixed: seed \(seed), \(histories.count) histories, \(wrong) wrong, \(flagged) flagged"
            )
            harness.stop()
        }
    }

    /// Histories of several objects in random tellings, versions and orders, with deletions.
    private func randomEvents(_ random: inout FoldRandom, objects: Int) -> [[UInt8]] {
        var events: [[UInt8]] = []
        for number in 0..<objects {
            var story = CustomerStory("cus_\(number)")
            var second: Int64 = 100
            if random.below(8) > 0 { events.append(story.birth("v0", at: second)) }
            for _ in 0..<random.below(7) {
                second += Int64(random.below(3))
                let name = "v\(random.below(4))"
                switch random.below(12) {
                case 0: events.append(story.snapshot(name, at: second))
                case 1: _ = story.change(to: name, at: second)
                case 2: events.append(story.deletion(at: second))
                default: events.append(story.change(to: name, at: second))
                }
            }
        }
        return events
    }

    /// What the fold makes of the whole set of an object's events.
    private func folded(_ events: [[UInt8]]) throws -> [String: FoldResult] {
        let preparer = EventPreparer()
        var byObject: [String: [FoldEvent]] = [:]
        for (number, body) in events.enumerated() {
            let event = DueEvent(
                id: Int64(number + 1),
                connection: ConnectionID(rawValue: 1),
                eventID: try JSONDocument.parse(body).root["id"]?.string ?? "",
                type: "",
                receivedAt: Timestamp(milliseconds: 0),
                attempts: 0,
                wasTouched: false,
                bodyBytes: body.count
            )
            guard
                case .change(let change) = try preparer.prepare(LoadedEvent(event: event, body: body)).content
            else {
                continue
            }
            let to = FoldDigest(high: change.to.high, low: change.to.low)
            let tells: FoldEvent.Tells =
                switch change.tells {
                case .birth: .birth(to: to)
                case .link:
                    .link(
                        from: FoldDigest(high: change.from?.high ?? 0, low: change.from?.low ?? 0),
                        to: to
                    )
                case .tombstone: .deletion
                case .arrival, .snapshot, .ending, .hint: .snapshot(of: to)
                }
            byObject[change.key.id.rawValue, default: []].append(
                FoldEvent(id: event.eventID, handle: event.id, second: change.second, tells: tells)
            )
        }
        return byObject.mapValues { Fold.fold(from: .absent, events: $0) }
    }

    private struct End: Equatable, CustomStringConvertible {
        var state: FoldState
        var certainty: String
        var description: String { "\(state) \(certainty)" }
    }

    private func ends(_ harness: ApplyHarness, _ ids: some Sequence<String>) throws -> [String: End] {
        var ends: [String: End] = [:]
        for id in ids {
            guard let object = try harness.object(id) else { continue }
            let digest = object.stateDigest.map { FoldDigest(high: $0.high, low: $0.low) }
            let state: FoldState =
                object.state == .tombstone ? .tombstone : digest.map { .present($0) } ?? .absent
            ends[id] = End(state: state, certainty: object.certainty.rawValue)
        }
        return ends
    }

    @Test(arguments: 1...(isLong ? 60 : 6))
    func `random histories, batches, orders, duplicates, faults and kills end as the fold of the whole set`(
        _ seed: Int
    ) throws {
        var random = FoldRandom(seed: UInt64(seed) &* 104_729)
        let events = randomEvents(&random, objects: 25)
        let file = try TemporaryDatabase()
        // What the provider still has to deliver, and what it was told is stored.
        var owed = random.shuffled(events + events.filter { _ in random.below(3) == 0 })
        var acknowledged: Set<String> = []
        var lives = 0
        while !owed.isEmpty {
            lives += 1
            let harness = try ApplyHarness(connectionCount: 1, batchMax: 1 + random.below(20), file: file)
            if random.below(4) > 0 { harness.start() }
            let faults: [FaultyDatabase.Fault] = (0..<random.below(4)).map { _ in
                [.afterCommit, .beforeCommit(.full), .beforeCommit(.constraint)][random.below(3)]
            }
            harness.faults.failNext(faults)
            var sent: [(token: UInt64, body: [UInt8])] = []
            while !owed.isEmpty, sent.count < 40 {
                let burst = Array(owed.prefix(1 + random.below(12)))
                owed.removeFirst(burst.count)
                sent += zip(try harness.offer(burst), burst).map { ($0, $1) }
                if random.below(3) == 0 { usleep(UInt32(random.below(3_000))) }
            }
            // Killed: what is not committed by now is gone.
            if random.below(2) == 0 { harness.faults.die() }
            harness.stop()
            for (token, body) in sent {
                switch harness.answer(to: token) {
                case .stored, .duplicate:
                    acknowledged.insert(try JSONDocument.parse(body).root["id"]?.string ?? "")
                case .failed, nil: owed.append(body)
                }
            }
            owed = random.shuffled(owed)
            try #require(lives < 500, "seed \(seed)")
        }
        let harness = try ApplyHarness(connectionCount: 1, batchMax: 64, file: file)
        try harness.drain()
        let lost = try acknowledged.filter { try harness.event($0)?.state != .applied }
        #expect(lost.isEmpty, "seed \(seed)")
        let folds = try folded(events)
        let ends = try ends(harness, folds.keys)
        for (id, fold) in folds {
            let certainty = StateCertainty(fold.certainty).rawValue
            #expect(ends[id] == End(state: fold.state, certainty: certainty), "seed \(seed), \(id)")
        }
        // One by one, in another order.
        let single = try ApplyHarness(connectionCount: 1, batchMax: 1)
        single.start()
        for body in random.shuffled(events) {
            try single.offer([body])
            try single.drain()
        }
        #expect(try self.ends(single, folds.keys) == ends, "seed \(seed)")
        #expect(try single.lines(Self.customers) == harness.lines(Self.customers), "seed \(seed)")
        print(
            "pipeline, random: seed \(seed), \(events.count) events, \(folds.count) objects, \(lives) lives"
        )
        single.stop()
        harness.stop()
    }

    @Test func `one object told in two API versions stays chained, in any order`() throws {
        for (number, order) in permutations(of: [0, 1, 2, 3, 4]).enumerated()
        where number % 5 == 0 || Self.isLong {
            let harness = try ApplyHarness(connectionCount: 1, batchMax: 3)
            var story = CustomerStory("cus_1", version: "2020-08-27")
            var events = [story.birth("a", at: 10), story.change(to: "b", at: 20)]
            story.version = "2026-06-24.dahlia"
            events.append(story.change(to: "c", at: 20))
            events.append(story.change(to: "d", at: 30))
            story.version = "2020-08-27"
            events.append(story.change(to: "e", at: 30))
            try harness.offer(order.map { events[$0] })
            try harness.drain()
            #expect(try harness.name(of: "cus_1") == "e", "order \(order)")
            #expect(try harness.object("cus_1")?.certainty == .certain, "order \(order)")
            harness.stop()
        }
    }

    @Test func `an object of a type without decoder is compared by its text between versions`() throws {
        func event(_ id: String, _ second: Int64, _ version: String, _ value: Int, from: Int?) -> [UInt8] {
            let previous = from.map { #","previous_attributes":{"value":\#($0)}"# } ?? ""
            return Array(
                """
                {"id":"\(id)","object":"event","api_version":"\(version)","created":\(second),"livemode":false,\
                "type":"widget.updated","data":{"object":{"id":"wid_1","object":"widget","value":\(value)}\(previous)}}
                """.utf8
            )
        }
        // The greatest id does not tell the last change.
        let events = [
            event("evt_1", 10, "v1", 1, from: nil), event("evt_9", 20, "v2", 2, from: 1),
            event("evt_2", 20, "v1", 3, from: 2),
        ]
        for order in permutations(of: [0, 1, 2]) {
            let harness = try ApplyHarness(connectionCount: 1, batchMax: 8)
            try harness.offer(order.map { events[$0] })
            try harness.drain()
            let seen = try #require(try harness.visible("widget", "wid_1", of: 0)?.state)
            #expect(try JSONDocument.parse(seen).root["value"]?.integer == 3, "order \(order)")
            harness.stop()
        }
    }

    @Test func `a hint flags its object for good, whatever is folded over it`() throws {
        for order in permutations(of: [0, 1, 2, 3]) where order.firstIndex(of: 3) ?? 0 > 0 {
            let harness = try ApplyHarness(connectionCount: 1, batchMax: 1)
            var story = CustomerStory("cus_1")
            let events = [
                story.birth("a", at: 10), story.change(to: "b", at: 20), story.change(to: "c", at: 20),
                story.hint(),
            ]
            for place in order {
                try harness.offer([events[place]])
                try harness.drain()
            }
            #expect(try harness.name(of: "cus_1") == "c")
            #expect(try harness.object("cus_1")?.certainty == .gap, "order \(order)")
            harness.stop()
        }
    }
}
