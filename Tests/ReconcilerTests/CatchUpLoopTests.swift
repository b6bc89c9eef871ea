import BillingModel
import Database
import DatabaseSQLite
import Inbox
import Lanes
import Providers
import Telemetry
import TestSupport
import Testing
import Threading
import Timing

@testable import Reconciler

@Suite struct `A catch-up` {
    private let trouble = PageAnswer.retryLater(
        milliseconds: 0,
        PageTrouble(.serverError, code: "http_500")
    )

    @Test func `stores what is new, oldest first, and nothing twice`() throws {
        let harness = try CatchUpHarness(["evt_0", "evt_1", "evt_2", "evt_3", "evt_4"])
        try harness.saveSeen(through: "evt_0")
        harness.loop.start()
        try harness.eventually { harness.looks(.complete) == 1 }
        #expect(try harness.stored == ["evt_1", "evt_2", "evt_3", "evt_4"])
        #expect(try harness.position?.place?.event.rawValue == "evt_4")
        #expect(try harness.position?.foundLast == 4)
        harness.mood.withLock { $0.events += ["evt_5"] }
        try harness.saveSeen(through: "evt_1")
        harness.loop.wake()
        try harness.eventually { harness.looks(.complete) == 2 }
        #expect(try harness.stored.suffix(2) == ["evt_4", "evt_5"])
        #expect(harness.loop.statistics.known.value == 3)
        #expect(harness.loop.statistics.found.value == 5)
    }

    @Test func `asks again until there is an answer, and meanwhile says what is wrong`() throws {
        let harness = try CatchUpHarness(["evt_0", "evt_1"])
        try harness.saveSeen(through: "evt_0")
        harness.mood.withLock { $0.troubles = Array(repeating: trouble, count: 40) }
        harness.loop.start()
        try harness.eventually { try harness.position?.trouble?.code == "http_500" }
        try harness.eventually { harness.looks(.complete) == 1 }
        #expect(harness.loop.statistics.retries.value == 40)
        #expect(try harness.stored == ["evt_1"])
        #expect(try harness.position?.trouble == nil)
    }

    @Test func `asks for fewer events at once when the answer is too large`() throws {
        let harness = try CatchUpHarness(["evt_0", "evt_1", "evt_2"])
        try harness.saveSeen(through: "evt_0")
        let trouble = PageTrouble(.tooLarge, code: "too_large")
        harness.mood.withLock {
            $0.troubles = Array(repeating: .retryLater(milliseconds: 0, trouble), count: 2)
        }
        harness.loop.start()
        try harness.eventually { harness.looks(.complete) == 1 }
        #expect(try harness.stored == ["evt_1", "evt_2"])
        let page = PageRequest(.before(ProviderID("evt_0")), count: 25)
        #expect(harness.mood.withLock { $0.questions[2] } == .events(createdFrom: nil, types: [], page: page))
    }

    @Test func `leaves an event that no answer can hold to a run, and goes on behind it`() throws {
        let harness = try CatchUpHarness(["evt_0", "evt_1", "evt_2"])
        try harness.saveSeen(through: "evt_0")
        let trouble = PageTrouble(.tooLarge, code: "too_large")
        // Six halves from a hundred to one, and three questions for that one.
        harness.mood.withLock {
            $0.troubles = Array(repeating: .retryLater(milliseconds: 0, trouble), count: 9)
        }
        harness.loop.start()
        try harness.eventually { harness.looks(.complete) == 1 }
        let position = try #require(try harness.position)
        #expect(position.gap?.run != nil && position.trouble == nil && position.place == nil)
        #expect(harness.loop.statistics.gaps.value == 1)
        #expect(harness.mood.withLock { $0.runsWoken } == 1)
        #expect(harness.mood.withLock { $0.questions.count } == 9)
        harness.loop.wake()
        try harness.eventually { harness.looks(.complete) == 2 }
        #expect(try harness.position?.gap == position.gap)
        #expect(try harness.told("larger than an answer may be") == [1])
    }

    @Test func `says that it is refused, and looks again when the connection works`() throws {
        let harness = try CatchUpHarness(["evt_0", "evt_1"])
        try harness.saveSeen(through: "evt_0")
        harness.mood.withLock { mood in
            mood.troubles = [.refused(.ours(code: "permission_denied", message: "no"))]
        }
        harness.loop.start()
        try harness.eventually { harness.looks(.refused) == 1 }
        #expect(try harness.position?.trouble?.code == "permission_denied")
        harness.mood.withLock { $0.standing = .init(isDown: true, failed: 1) }
        try harness.eventually { harness.mood.withLock { $0.outagesSeen > 0 } }
        harness.mood.withLock { $0.standing = .init(isDown: false, failed: 1) }
        try harness.eventually { harness.looks(.complete) == 1 }
        #expect(try harness.stored == ["evt_1"])
    }

    @Test func `waits for room in the inbox, and for a store that failed`() throws {
        let harness = try CatchUpHarness(["evt_0", "evt_1", "evt_2"])
        try harness.saveSeen(through: "evt_0")
        harness.mood.withLock { $0.full = 4 }
        harness.faults.failNext([.beforeCommit(.full), .afterCommit])
        harness.loop.start()
        try harness.eventually { harness.looks(.complete) == 1 }
        #expect(try harness.stored.sorted() == ["evt_1", "evt_2"])
        let told = try harness.told("could not be stored, and are offered again")
        #expect(told[0] >= 1)
    }

    @Test func `plans one run for a gap, as soon as no other one is in its way`() throws {
        let harness = try CatchUpHarness(["evt_8", "evt_9"], lookMilliseconds: 20)
        let other = RunOrder(
            connection: CatchUpHarness.connection.id,
            scope: .products,
            mode: .dryRun,
            trigger: .request
        )
        let now = WallClock.system.now()
        let started = try harness.database.writeAndWait { transaction throws(DatabaseError) in
            try RunsTable.start(other, now: now, in: transaction)
        }
        guard case .started(let inTheWay) = started else {
            Issue.record("nothing runs yet")
            return
        }
        try harness.saveSeen(through: "evt_0", hoursAgo: 24 * 40)
        harness.loop.start()
        try harness.eventually { harness.looks(.complete) >= 2 }
        let gap = try #require(try harness.position?.gap)
        #expect(gap.run == nil)
        _ = try harness.database.writeAndWait { transaction throws(DatabaseError) in
            try RunChanges.cancel(inTheWay.id, now, transaction)
        }
        try harness.eventually { try harness.position?.gap?.run != nil }
        let looks = harness.looks(.complete)
        try harness.eventually { harness.looks(.complete) > looks + 2 }
        let runs = try harness.database.read { transaction throws(DatabaseError) in
            try RunsTable.list(RunFilter(), before: nil, limit: 10, in: transaction)
        }
        #expect(runs.map(\.order.trigger) == [.gap, .request])
        #expect(runs.first?.order.scope == .all && runs.first?.order.mode == .apply)
        #expect(harness.mood.withLock { $0.runsWoken } == 1)
        #expect(harness.loop.statistics.gaps.value == 1)
        let told = try harness.told("waits until another one is over", "another run was started")
        #expect(told == [1, 0])
    }

    @Test(arguments: [true, false])
    func `orders no run where a person's own, begun after the gap was found, has mended everything`(
        isAfter: Bool
    ) throws {
        let harness = try CatchUpHarness(["evt_8", "evt_9"], lookMilliseconds: 20)
        func order(_ scope: RunScope) -> RunOrder {
            RunOrder(connection: CatchUpHarness.connection.id, scope: scope, mode: .apply, trigger: .request)
        }
        let now = WallClock.system.now()
        let inTheWay = try harness.database.writeAndWait {
            [order = order(.products)] transaction throws(DatabaseError) in
            guard case .started(let run) = try RunsTable.start(order, now: now, in: transaction) else {
                return RunID?.none
            }
            return run.id
        }
        try harness.saveSeen(through: "evt_0", hoursAgo: 24 * 40)
        harness.loop.start()
        try harness.eventually { harness.looks(.complete) >= 2 }
        let gap = try #require(try harness.position?.gap)
        let (begun, other) = (gap.to.adding(milliseconds: isAfter ? 0 : -1), try #require(inTheWay))
        try harness.database.writeAndWait { [order = order(.all)] transaction throws(DatabaseError) in
            _ = try RunChanges.cancel(other, now, transaction)
            guard case .started(let run) = try RunsTable.start(order, now: begun, in: transaction) else {
                return
            }
            _ = try RunCoursesTable.begin(run.id, at: Tick(rawValue: 1), now: begun, in: transaction)
            try RunStatesTable.set(.completed, of: run.id, now: begun, in: transaction)
        }
        try harness.eventually { try harness.position?.gap?.run != nil }
        harness.loop.stop()
        let runs = try harness.database.read { transaction throws(DatabaseError) in
            try RunsTable.list(RunFilter(), before: nil, limit: 10, in: transaction)
        }
        #expect(runs.count { $0.order.trigger == .gap } == (isAfter ? 0 : 1))
        #expect(try harness.position?.gap?.run == runs.first?.id.rawValue)
    }

    @Test func `orders another run after a failed or incomplete one, but not after a cancelled one`() throws {
        let harness = try CatchUpHarness(["evt_8", "evt_9"], lookMilliseconds: 20)
        try harness.saveSeen(through: "evt_0", hoursAgo: 24 * 40)
        harness.loop.start()
        var last: Int64?
        for state in [RunState.failed, .incomplete, .cancelled] {
            try harness.eventually { try harness.position?.gap?.run != last }
            let run = try #require(try harness.position?.gap?.run)
            last = run
            let looks = harness.looks(.complete)
            try harness.eventually { harness.looks(.complete) > looks + 2 }
            #expect(try harness.position?.gap?.run == run, "it goes on")
            try harness.database.writeAndWait { transaction throws(DatabaseError) in
                let now = WallClock.system.now()
                try RunStatesTable.set(state, of: RunID(rawValue: run), now: now, in: transaction)
            }
        }
        let looks = harness.looks(.complete)
        try harness.eventually { harness.looks(.complete) > looks + 2 }
        let runs = try harness.database.read { transaction throws(DatabaseError) in
            try RunsTable.list(RunFilter(), before: nil, limit: 10, in: transaction)
        }
        #expect(runs.map(\.state) == [.cancelled, .incomplete, .failed])
        #expect(runs.allSatisfy { $0.order.trigger == .gap && $0.order.scope == .all })
        #expect(harness.mood.withLock { $0.runsWoken } == 3)
        let told = try harness.told("another run was started", "waits until another one is over")
        #expect(told == [2, 0])
    }

    @Test func `ends while it waits for the provider`() throws {
        let harness = try CatchUpHarness(["evt_0"])
        harness.mood.withLock { mood in
            mood.troubles = [.retryLater(milliseconds: 3_600_000, PageTrouble(.noAnswer, code: "down"))]
        }
        harness.loop.start()
        try harness.eventually { harness.loop.statistics.retries.value == 1 }
        harness.loop.stop()
        #expect(harness.looks(.complete) == 0)
    }
}
