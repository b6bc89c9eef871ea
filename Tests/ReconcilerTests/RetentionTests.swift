import BillingModel
import CustomerStore
import Database
import DatabaseSQLite
import Inbox
import JSON
import Reconciler
import TestSupport
import Testing
import Timing

/// What the sweep takes and leaves, and what late events do where it has been.
@Suite struct RetentionTests {
    private static let bodies = Statement("test.bodies", "SELECT COUNT(*) FROM inbox_bodies")
    private static let ids = Statement("test.ids", "SELECT COUNT(*) FROM inbox")
    private static let logged = Statement("test.logged", "SELECT COUNT(*) FROM object_events")
    private static let periods = RetentionSweeper.Periods(eventBodiesDays: 14, eventIDsDays: 45)

    private func sweep(
        _ harness: ApplyHarness,
        isStopping: () -> Bool = { false }
    ) throws -> RetentionSweeper.Report {
        try RetentionSweeper(database: harness.database, periods: Self.periods)
            .sweep(now: harness.clock.wall.now(), isStopping: isStopping)
    }

    /// Something young, so that nothing older is the newest row.
    private func offerNewest(_ harness: ApplyHarness, _ id: String) throws {
        var story = CustomerStory(id)
        try harness.offer([story.birth("newest", at: 1)])
        try harness.drain()
    }

    @Test func `bodies go after their period, ids after theirs, and the visible state stays readable`() throws
    {
        let harness = try ApplyHarness(connectionCount: 1, batchMax: 64)
        var story = CustomerStory("cus_1")
        try harness.offer([story.birth("a", at: 10), story.change(to: "b", at: 20)])
        try harness.drain()
        let dead =
            #"{"id":"evt_dead","type":"customer.updated","created":"soon","#
            + #""data":{"object":{"id":"cus_d","object":"customer"}}}"#
        try harness.offer([Array(dead.utf8)])
        try harness.drain()
        let deadState = try #require(try harness.event("evt_dead")).state
        let json = try harness.visible("customer", "cus_1", of: 0)?.state
        harness.clock.advance(days: 13)
        try offerNewest(harness, "cus_new_1")
        #expect(try sweep(harness) == RetentionSweeper.Report())
        harness.clock.advance(days: 2)
        let isDead = deadState == .dead
        #expect(isDead)
        let first = try sweep(harness)
        #expect(first.bodies == 2 && first.events == 0)
        #expect(try harness.count(Self.bodies) == 2 && harness.count(Self.ids) == 4)
        #expect(try harness.visible("customer", "cus_1", of: 0)?.state == json)
        #expect(try harness.object("cus_1")?.stateEvent == nil)
        // Its id is known still.
        let token = try harness.offer([story.change(to: "b", at: 20)])[0]
        try harness.drain()
        #expect(harness.answer(to: token) != nil)
        try harness.act(InboxAdministration.replay, on: "evt_cus_1_1")
        #expect(try harness.event("evt_cus_1_1")?.state == .applied)
        harness.clock.advance(days: 31)
        try offerNewest(harness, "cus_new_2")
        let second = try sweep(harness)
        #expect(second.events == 2)
        #expect(try harness.event("evt_cus_1_1") == nil)
        #expect(try harness.event("evt_dead")?.hasBody == true)
        #expect(try harness.visible("customer", "cus_1", of: 0)?.state == json)
        harness.stop()
    }

    @Test func `an event that comes after its object's log was swept changes no state, and flags it`() throws
    {
        let harness = try ApplyHarness(connectionCount: 1, batchMax: 64)
        var story = CustomerStory("cus_1")
        try harness.offer([story.birth("a", at: 10)])
        let late = story.change(to: "lost", at: 20)
        try harness.offer([story.change(to: "c", at: 30)])
        try harness.drain()
        harness.clock.advance(days: 60)
        try offerNewest(harness, "cus_new")
        _ = try sweep(harness)
        #expect(try harness.count(Self.logged) == 1)
        var other = CustomerStory("cus_1")
        _ = other.birth("c", at: 0)
        let version = try harness.object("cus_1")?.version
        for event in [late, other.snapshot("same second", at: 30)] {
            try harness.offer([event])
            try harness.drain()
            #expect(try harness.name(of: "cus_1") == "c")
            #expect(try harness.object("cus_1")?.certainty != .certain)
            #expect(try harness.object("cus_1")?.version == version)
        }
        // What comes later goes on, and the flag sticks.
        try harness.offer([story.change(to: "d", at: 40)])
        try harness.drain()
        #expect(try harness.name(of: "cus_1") == "d")
        #expect(try harness.object("cus_1")?.certainty == .gap)
        harness.stop()
    }

    @Test(arguments: [[0, 1], [1, 0]])
    func `two changes in one second of a long idle object are both applied, and nothing is missing`(
        _ order: [Int]
    ) throws {
        let harness = try ApplyHarness(connectionCount: 1, batchMax: 1)
        var story = CustomerStory("cus_1")
        try harness.offer([story.birth("a", at: 10), story.change(to: "b", at: 20)])
        try harness.drain()
        harness.clock.advance(days: 60)
        try offerNewest(harness, "cus_new")
        _ = try sweep(harness)
        let changes = [story.change(to: "c", at: 90), story.change(to: "d", at: 90)]
        for place in order {
            try harness.offer([changes[place]])
            try harness.drain()
        }
        #expect(try harness.name(of: "cus_1") == "d")
        #expect(try harness.object("cus_1")?.certainty == .certain)
        harness.stop()
    }

    @Test func `a state whose text was swept is not shown in another's text`() throws {
        let harness = try ApplyHarness(connectionCount: 1, batchMax: 1)
        var story = CustomerStory("cus_1")
        try harness.offer([story.birth("a", at: 10)])
        // One second: a, x, b, y, d. The first and the third change are late.
        let toX = story.change(to: "x", at: 20)
        let toB = String(decoding: story.change(to: "b", at: 20), as: UTF8.self)
            .replacing(story.lastEventID, with: "evt_z_greatest")
        let toY = story.change(to: "y", at: 20)
        try harness.offer([Array(toB.utf8), story.change(to: "d", at: 20)])
        try harness.drain()
        // Both ends are possible; the greater id decides.
        #expect(try harness.name(of: "cus_1") == "b")
        harness.clock.advance(days: 20)
        try offerNewest(harness, "cus_new")
        _ = try sweep(harness)
        for late in [toX, toY] {
            try harness.offer([late])
            try harness.drain()
        }
        // The end is known to be d by now, and nobody has its text any more.
        #expect(try harness.name(of: "cus_1") == "b")
        let object = try #require(try harness.object("cus_1"))
        #expect(object.certainty != .certain)
        let json = try #require(try harness.visible("customer", "cus_1", of: 0)?.state)
        let digest = JSONDigest(of: try JSONDocument.parse(json).root)
        #expect(object.stateDigest == StateDigest(high: digest.high, low: digest.low))
        // Whoever tells it again is believed.
        try harness.offer([story.change(to: "e", at: 30)])
        try harness.drain()
        #expect(try harness.name(of: "cus_1") == "e")
        harness.stop()
    }

    @Test func `a swept state in another API version is compared by the text that was kept`() throws {
        let harness = try ApplyHarness(connectionCount: 1, batchMax: 8)
        var story = CustomerStory("cus_1", version: "2020-08-27")
        try harness.offer([story.birth("a", at: 10), story.change(to: "b", at: 20)])
        try harness.drain()
        harness.clock.advance(days: 20)
        try offerNewest(harness, "cus_new")
        _ = try sweep(harness)
        story.version = "2026-06-24.dahlia"
        try harness.offer([story.change(to: "c", at: 90)])
        try harness.drain()
        #expect(try harness.name(of: "cus_1") == "c")
        #expect(try harness.object("cus_1")?.certainty == .certain)
        harness.stop()
    }

    @Test func `a sweep goes window by window, stops when told, and walks past an old dead letter`() throws {
        let harness = try ApplyHarness(connectionCount: 1, batchMax: 1_024)
        let dead =
            #"{"id":"evt_dead","type":"customer.updated","created":"soon","#
            + #""data":{"object":{"id":"cus_d","object":"customer"}}}"#
        try harness.offer([Array(dead.utf8)])
        for number in 0..<1_200 {
            var story = CustomerStory("cus_\(number)")
            try harness.offer([story.birth("a", at: 10)])
        }
        try harness.drain()
        harness.clock.advance(days: 15)
        try offerNewest(harness, "cus_new")
        var looks = 0
        let partial = try sweep(harness) {
            looks += 1
            return looks > 2
        }
        // Two windows of five hundred, the dead letter in the first of them.
        #expect(partial.bodies == 999 && partial.events == 0)
        #expect(try sweep(harness).bodies == 201)
        #expect(try sweep(harness) == RetentionSweeper.Report())
        #expect(try harness.count(Self.bodies) == 2)
        #expect(try harness.name(of: "cus_1199") == "a")
        harness.stop()
    }
}
