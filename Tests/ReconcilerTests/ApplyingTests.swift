import BillingModel
import CustomerStore
import Database
import DatabaseSQLite
import Inbox
import TestSupport
import Testing
import Timing

@testable import Reconciler

/// Failures between the inbox and the store: retries, poison, faults at the commit, restarts, operators.
@Suite struct ApplyingTests {
    private static let logged = Statement("test.logged", "SELECT COUNT(*) FROM object_events")
    private static let customers = Statement("test.customers", "SELECT COUNT(*) FROM customers")

    /// Makes writes about some objects fail as a broken row would.
    private static let poison = [
        """
        CREATE TRIGGER poison BEFORE INSERT ON object_events
        WHEN (SELECT event_id FROM inbox WHERE id = NEW.id) LIKE '%poison%'
        BEGIN SELECT RAISE(ABORT, 'poison'); END
        """
    ]
    private static let dropPoison = Statement("test.drop_poison", "DROP TRIGGER poison")

    @Test func `a poison object fails by itself, is retried a bounded number of times, and ends dead`() throws
    {
        let harness = try ApplyHarness(
            connectionCount: 1,
            batchMax: 64,
            policy: RetryPolicy(
                attemptsMax: 3,
                backoff: Backoff(baseMilliseconds: 1_000, capMilliseconds: 4_000)
            ),
            schema: Self.poison
        )
        var events: [[UInt8]] = []
        for number in 0..<40 {
            var story = CustomerStory(number == 17 ? "cus_poison" : "cus_\(number)")
            events.append(story.birth("n\(number)", at: 10))
        }
        try harness.offer(events)
        try harness.drain()
        for number in 0..<40 where number != 17 {
            #expect(try harness.name(of: "cus_\(number)") == "n\(number)")
        }
        var event = try #require(try harness.event("evt_cus_poison_1"))
        #expect(event.state == .waiting && event.attempts == 1)
        #expect(event.reason?.contains("poison") == true)
        #expect(try harness.object("cus_poison") == nil)
        // Its later tries, with other work around.
        for attempt in 2...3 {
            harness.clock.advance(seconds: 4)
            var story = CustomerStory("cus_more_\(attempt)")
            try harness.offer([story.birth("more", at: 10)])
            try harness.drain()
            #expect(try harness.name(of: "cus_more_\(attempt)") == "more")
            event = try #require(try harness.event("evt_cus_poison_1"))
            #expect(event.attempts == attempt)
        }
        #expect(event.state == .dead)
        #expect(harness.applier.statistics.retried == 2 && harness.applier.statistics.dead == 1)
        harness.clock.advance(days: 1)
        try harness.drain()
        #expect(try harness.event("evt_cus_poison_1")?.attempts == 3)

        // Mended and redriven, it is applied once.
        try harness.database.writeAndWait { transaction throws(DatabaseError) in
            _ = try transaction.execute(Self.dropPoison, [])
        }
        try harness.act(InboxAdministration.retry, on: "evt_cus_poison_1")
        try harness.drain()
        #expect(try harness.event("evt_cus_poison_1")?.state == .applied)
        #expect(try harness.name(of: "cus_poison") == "n17")
        #expect(harness.applier.waitingCount == 0)
        harness.stop()
    }

    @Test func `of one object's events only the poisoned one is put back`() throws {
        let harness = try ApplyHarness(connectionCount: 1, batchMax: 64, schema: Self.poison)
        var story = CustomerStory("cus_1")
        let birth = story.birth("a", at: 10)
        let change = story.change(to: "b", at: 20)
        let broken = String(decoding: story.change(to: "c", at: 30), as: UTF8.self)
            .replacing(story.lastEventID, with: "evt_poison")
        let last = story.change(to: "d", at: 40)
        try harness.offer([birth, change, Array(broken.utf8), last])
        try harness.drain()
        #expect(try harness.name(of: "cus_1") == "d")
        // The change from c is told by no event that is applied.
        #expect(try harness.object("cus_1")?.certainty == .gap)
        #expect(try harness.event("evt_poison")?.state == .waiting)
        try harness.database.writeAndWait { transaction throws(DatabaseError) in
            _ = try transaction.execute(Self.dropPoison, [])
        }
        harness.clock.advance(seconds: 200)
        try harness.drain()
        #expect(try harness.event("evt_poison")?.state == .applied)
        #expect(try harness.name(of: "cus_1") == "d")
        #expect(try harness.object("cus_1")?.certainty == .certain)
        harness.stop()
    }

    @Test func `a discarded dead letter is left alone`() throws {
        let harness = try ApplyHarness(
            connectionCount: 1,
            batchMax: 8,
            policy: RetryPolicy(attemptsMax: 1, backoff: Backoff(baseMilliseconds: 1, capMilliseconds: 1)),
            schema: Self.poison
        )
        var story = CustomerStory("cus_poison")
        try harness.offer([story.birth("a", at: 10)])
        try harness.drain()
        #expect(try harness.event("evt_cus_poison_1")?.state == .dead)
        try harness.act(InboxAdministration.discard, on: "evt_cus_poison_1")
        harness.clock.advance(days: 1)
        try harness.drain()
        let event = try #require(try harness.event("evt_cus_poison_1"))
        #expect(event.state == .ignored && event.reason == "discarded")
        harness.stop()
    }

    @Test(arguments: [DatabaseError.Kind.full, .busy, .constraint, .other])
    func `a commit that fails before it stored anything is done again as a whole`(
        _ kind: DatabaseError.Kind
    ) throws {
        let harness = try ApplyHarness(connectionCount: 1, batchMax: 64)
        var events: [[UInt8]] = []
        for number in 0..<20 {
            var story = CustomerStory("cus_\(number)")
            events += [
                story.birth("a", at: 10), story.change(to: "b", at: 10), story.change(to: "c", at: 11),
            ]
        }
        let tokens = try harness.offer(events)
        while tokens.contains(where: { harness.answer(to: $0) == nil }) {}
        harness.faults.failNext([.beforeCommit(kind), .beforeCommit(kind)])
        try harness.drain()
        #expect(harness.faults.faultsLeft == 0)
        for number in 0..<20 { #expect(try harness.name(of: "cus_\(number)") == "c") }
        #expect(try harness.count(Self.logged) == 60)
        #expect(harness.applier.statistics.applied == 60)
        #expect(harness.applier.statistics.retried == 0)
        #expect(harness.applier.waitingCount == 0)
        harness.stop()
    }

    @Test func `a commit that stored and was told as failed leaves no second trace`() throws {
        let harness = try ApplyHarness(connectionCount: 1, batchMax: 64)
        var story = CustomerStory("cus_1")
        let tokens = try harness.offer([
            story.birth("a", at: 10), story.change(to: "b", at: 10), story.change(to: "a", at: 10),
            story.change(to: "c", at: 12),
        ])
        while tokens.contains(where: { harness.answer(to: $0) == nil }) {}
        harness.faults.failNext([.afterCommit])
        try harness.drain()
        while harness.applier.waitingCount > 0 {}
        #expect(harness.faults.faultsLeft == 0)
        #expect(try harness.name(of: "cus_1") == "c")
        #expect(try harness.object("cus_1")?.certainty == .certain)
        #expect(try harness.object("cus_1")?.version == 1)
        #expect(try harness.count(Self.logged) == 4)
        #expect(try harness.count(Self.customers) == 1)
        harness.stop()
    }

    @Test func `careful writing ends with the objects that called for it`() throws {
        let harness = try ApplyHarness(connectionCount: 1, batchMax: 4)
        var events: [[UInt8]] = []
        for number in 0..<12 {
            var story = CustomerStory("cus_\(number)")
            events.append(story.birth("a", at: 10))
        }
        let tokens = try harness.offer(events)
        while tokens.contains(where: { harness.answer(to: $0) == nil }) {}
        harness.faults.failNext([.beforeCommit(.other)])
        try harness.drain()
        #expect(!harness.applier.isCareful)
        harness.stop()
    }

    @Test func `an event that is no longer the applier's leaves no trace`() throws {
        let harness = try ApplyHarness(connectionCount: 1, batchMax: 8)
        var story = CustomerStory("cus_1")
        let tokens = try harness.offer([story.birth("a", at: 10)])
        while tokens.contains(where: { harness.answer(to: $0) == nil }) {}
        let loaded = try harness.database.read { transaction throws(DatabaseError) in
            try DueEventsTable.new(after: 0, DueLimits(events: 9, bytes: 1 << 20), in: transaction)
        }
        // Somebody else fails it first, so the one that was read before is stale.
        let now = harness.clock.wall.now()
        let isSettled = try harness.database.writeAndWait { transaction throws(DatabaseError) in
            try DueEventsTable.settle(
                loaded[0].event.id,
                attempts: 0,
                as: .retry(at: now.adding(seconds: 60), reason: "elsewhere"),
                now: now,
                in: transaction
            )
        }
        #expect(isSettled)
        let preparer = EventPreparer()
        harness.applier.post(try loaded.map { try preparer.prepare($0) })
        while harness.applier.waitingCount > 0 {}
        #expect(try harness.object("cus_1") == nil)
        #expect(try harness.count(Self.logged) == 0)
        #expect(harness.applier.statistics.applied == 0)
        #expect(try harness.event("evt_cus_1_1")?.reason == "elsewhere")
        harness.stop()
    }

    @Test func `events of a batch are applied also when one among them is no longer the applier's`() throws {
        let harness = try ApplyHarness(connectionCount: 1, batchMax: 8)
        var events: [[UInt8]] = []
        for number in 1...5 {
            var story = CustomerStory("cus_\(number)")
            events.append(story.birth("a", at: 10))
        }
        let tokens = try harness.offer(events)
        while tokens.contains(where: { harness.answer(to: $0) == nil }) {}
        let loaded = try harness.database.read { transaction throws(DatabaseError) in
            try DueEventsTable.new(after: 0, DueLimits(events: 9, bytes: 1 << 20), in: transaction)
        }
        let now = harness.clock.wall.now()
        try harness.database.writeAndWait { transaction throws(DatabaseError) in
            _ = try DueEventsTable.settle(
                loaded[2].event.id,
                attempts: 0,
                as: .dead(reason: "elsewhere"),
                now: now,
                in: transaction
            )
        }
        let preparer = EventPreparer()
        harness.applier.post(try loaded.map { try preparer.prepare($0) })
        while harness.applier.waitingCount > 0 {}
        for number in [1, 2, 4, 5] {
            #expect(try harness.object("cus_\(number)") != nil)
            #expect(try harness.event("evt_cus_\(number)_1")?.state == .applied)
        }
        #expect(try harness.object("cus_3") == nil)
        #expect(try harness.event("evt_cus_3_1")?.state == .dead)
        #expect(try harness.count(Self.logged) == 4)
        #expect(harness.applier.statistics.applied == 4)
        #expect(!harness.applier.isCareful)
        harness.stop()
    }

    @Test func `an object that changed after its event was prepared is read anew`() throws {
        let harness = try ApplyHarness(connectionCount: 1, batchMax: 8)
        var story = CustomerStory("cus_1")
        let birth = story.birth("a", at: 10)
        // The second two are of one second: the last one needs the log as well.
        let events = [birth, story.change(to: "b", at: 11), story.change(to: "c", at: 11)]
        let tokens = try harness.offer(events)
        while tokens.contains(where: { harness.answer(to: $0) == nil }) {}
        let loaded = try harness.database.read { transaction throws(DatabaseError) in
            try DueEventsTable.new(after: 0, DueLimits(events: 9, bytes: 1 << 20), in: transaction)
        }
        let preparer = EventPreparer()
        func apply(_ prepared: [PreparedEvent]) {
            harness.applier.post(prepared)
            while harness.applier.waitingCount > 0 {}
        }
        apply(try preparer.prepare([loaded[0]], in: harness.database))
        // Each of them foresees the customer as it was born.
        let second = try preparer.prepare([loaded[1]], in: harness.database)
        let third = try preparer.prepare([loaded[2]], in: harness.database)
        let born = try #require(try harness.object("cus_1"))
        #expect(second.map(\.foreseen?.row.version) == [born.version])
        #expect(third.map(\.foreseen?.row.version) == [born.version])
        apply(second)
        apply(third)
        #expect(try harness.name(of: "cus_1") == "c")
        let object = try #require(try harness.object("cus_1"))
        #expect(object.certainty == .certain)
        #expect(object.version == born.version + 2)
        #expect(object.lastEvent == loaded[2].event.id)
        #expect(try harness.count(Self.logged) == 3)
        #expect(harness.applier.statistics.applied == 3)
        harness.stop()
    }

    @Test func `replaying what was applied changes nothing`() throws {
        let harness = try ApplyHarness(connectionCount: 1, batchMax: 8)
        var story = CustomerStory("cus_1")
        try harness.offer([
            story.birth("a", at: 10), story.change(to: "b", at: 10), story.change(to: "c", at: 11),
            story.hint(),
        ])
        try harness.drain()
        let before = try #require(try harness.object("cus_1"))
        #expect(before.certainty == .gap)
        for id in ["evt_cus_1_1", "evt_cus_1_2", "evt_cus_1_3", "evt_thin_cus_1_4"] {
            for _ in 0..<2 {
                try harness.act(InboxAdministration.replay, on: id)
                try harness.drain()
                #expect(try harness.event(id)?.state == .applied)
            }
        }
        let after = try #require(try harness.object("cus_1"))
        #expect(after.version == before.version && after.stateEvent == before.stateEvent)
        #expect(after.lastEvent == before.lastEvent && after.secondMax == before.secondMax)
        #expect(after.certainty == before.certainty)
        #expect(try harness.count(Self.logged) == 4)
        #expect(try harness.name(of: "cus_1") == "c")
        harness.stop()
    }

    @Test func `a redriven event is applied while new ones keep coming`() throws {
        let harness = try ApplyHarness(connectionCount: 1, batchMax: 2)
        var first = CustomerStory("cus_first")
        try harness.offer([first.birth("a", at: 10)])
        try harness.drain()
        try harness.act(InboxAdministration.replay, on: "evt_cus_first_1")
        var isApplied = false
        for number in 0..<3_000 {
            var story = CustomerStory("cus_\(number)")
            try harness.offer([story.birth("a", at: 10)])
            if number % 20 == 0, try harness.event("evt_cus_first_1")?.state == .applied {
                isApplied = true
                break
            }
        }
        #expect(isApplied)
        harness.stop()
    }

    @Test func `what was stored and not applied is applied after a restart`() throws {
        let file = try TemporaryDatabase()
        var harness = try ApplyHarness(connectionCount: 2, batchMax: 8, file: file)
        var story = CustomerStory("cus_1")
        try harness.offer([story.birth("a", at: 10), story.change(to: "b", at: 20)], to: 1)
        harness.stop()
        harness = try ApplyHarness(connectionCount: 2, batchMax: 8, file: file)
        #expect(try harness.object("cus_1", of: 1) == nil)
        try harness.drain()
        #expect(try harness.name(of: "cus_1", at: 1) == "b")
        harness.stop()
    }

    @Test func `a store that takes nothing any more does not keep the process from ending`() throws {
        let harness = try ApplyHarness(connectionCount: 1, batchMax: 8)
        var story = CustomerStory("cus_1")
        let tokens = try harness.offer([story.birth("a", at: 10)])
        while tokens.contains(where: { harness.answer(to: $0) == nil }) {}
        harness.faults.die()
        harness.start()
        while harness.applier.waitingCount == 0 {}
        harness.stop()
        #expect(throws: DatabaseError.self) { try harness.object("cus_1") }
    }

    @Test func `an ignored event of another mode or account is ignored again when it is replayed`() throws {
        let harness = try ApplyHarness(connectionCount: 1, batchMax: 8)
        var live = CustomerStory("cus_live")
        var foreign = CustomerStory("cus_foreign")
        func replacing(_ body: [UInt8], _ from: String, _ to: String) -> [UInt8] {
            Array(String(decoding: body, as: UTF8.self).replacing(from, with: to).utf8)
        }
        try harness.offer([
            replacing(live.birth("a", at: 10), #""livemode":false"#, #""livemode":true"#),
            replacing(
                foreign.birth("a", at: 10),
                #""livemode":false"#,
                #""livemode":false,"account":"acct_9""#
            ),
        ])
        try harness.drain()
        #expect(try harness.event("evt_cus_live_1")?.reason == "livemode_mismatch")
        #expect(try harness.event("evt_cus_foreign_1")?.reason == "account_not_configured")
        #expect(try harness.object("cus_live") == nil && harness.object("cus_foreign") == nil)
        harness.stop()
    }
}
