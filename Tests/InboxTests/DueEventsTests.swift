import Database
import DatabaseSQLite
import Inbox
import TestSupport
import Testing
import Timing

@Suite struct DueEventsTests {
    private let now = Timestamp(milliseconds: 1_800_000_100_000)
    private let everything = DueLimits(events: 100, bytes: 1 << 20)

    private func write<Result: Sendable>(
        _ harness: IntakeHarness,
        _ body: @escaping @Sendable (any WriteTransaction) throws(DatabaseError) -> Result
    ) throws -> Result {
        try harness.database.writeAndWait(body)
    }

    private func new(
        _ harness: IntakeHarness,
        after id: Int64 = 0,
        _ limits: DueLimits? = nil
    ) throws -> [String] {
        try harness.database.read { transaction throws(DatabaseError) in
            try DueEventsTable.new(after: id, limits ?? everything, in: transaction).map(\.event.eventID)
        }
    }

    private func retries(_ harness: IntakeHarness, at time: Timestamp) throws -> [String] {
        let latest = time.adding(milliseconds: 120_000)
        return try harness.database.read { transaction throws(DatabaseError) in
            try DueEventsTable.retries(now: time, latest: latest, everything, in: transaction)
                .map(\.event.eventID)
        }
    }

    private func settle(
        _ harness: IntakeHarness,
        _ id: Int64,
        attempts: Int,
        as settlement: Settlement
    ) throws -> Bool {
        let now = now
        return try write(harness) { transaction throws(DatabaseError) in
            try DueEventsTable.settle(id, attempts: attempts, as: settlement, now: now, in: transaction)
        }
    }

    @Test func `new events are read in order of arrival, within limits of count and of bytes`() throws {
        let harness = try IntakeHarness()
        for number in 1...5 {
            _ = harness.offer([harness.event("evt_\(number)", body: String(repeating: "x", count: 100))])
        }
        #expect(try new(harness) == ["evt_1", "evt_2", "evt_3", "evt_4", "evt_5"])
        #expect(try new(harness, after: 3) == ["evt_4", "evt_5"])
        #expect(try new(harness, DueLimits(events: 2, bytes: 1 << 20)) == ["evt_1", "evt_2"])
        #expect(try new(harness, DueLimits(events: 9, bytes: 300)) == ["evt_1", "evt_2", "evt_3"])
        #expect(try new(harness, DueLimits(events: 9, bytes: 299)) == ["evt_1", "evt_2"])
        // One that is larger than all is read all the same: it has to go some day.
        #expect(try new(harness, DueLimits(events: 9, bytes: 1)) == ["evt_1"])
        harness.database.stop()
    }

    @Test(arguments: [127, 128, 129, 256, 257, 299, 300])
    func `a long read stops where its limits say, wherever it is cut into steps`(count: Int) throws {
        let harness = try IntakeHarness()
        let body = String(repeating: "x", count: 100)
        _ = harness.offer((1...300).map { harness.event("evt_\($0)", body: body) })
        let expected = (1...count).map { "evt_\($0)" }
        #expect(try new(harness, DueLimits(events: count, bytes: 1 << 20)) == expected)
        #expect(try new(harness, DueLimits(events: 1_000, bytes: count * 100)) == expected)
        #expect(try new(harness, DueLimits(events: 1_000, bytes: count * 100 + 99)) == expected)
        #expect(try new(harness, after: 290, DueLimits(events: 1_000, bytes: 1 << 20)).count == 10)
        harness.database.stop()
    }

    @Test func `a settle with stale attempts, or of a settled event, does nothing`() throws {
        let harness = try IntakeHarness()
        _ = harness.offer([harness.event("evt_1")])
        #expect(try !settle(harness, 1, attempts: 1, as: .applied))
        #expect(try settle(harness, 1, attempts: 0, as: .retry(at: now, reason: "r")))
        #expect(try !settle(harness, 1, attempts: 0, as: .applied))
        #expect(try settle(harness, 1, attempts: 1, as: .applied))
        for attempts in 0...2 { #expect(try !settle(harness, 1, attempts: attempts, as: .dead(reason: "r"))) }
        #expect(try !settle(harness, 2, attempts: 0, as: .applied))
        #expect(try harness.stored().map(\.state) == ["applied"])
        harness.database.stop()
    }

    @Test func `a failed event waits for its time, and not longer when the clock was put back`() throws {
        let harness = try IntakeHarness()
        _ = harness.offer([harness.event("evt_1"), harness.event("evt_2")])
        #expect(try settle(harness, 1, attempts: 0, as: .retry(at: now.adding(seconds: 60), reason: "r")))
        #expect(try new(harness) == ["evt_2"])
        #expect(try retries(harness, at: now).isEmpty)
        #expect(try retries(harness, at: now.adding(seconds: 59)).isEmpty)
        #expect(try retries(harness, at: now.adding(seconds: 60)) == ["evt_1"])
        // A day back: no retry is ever more than two minutes away.
        #expect(try retries(harness, at: now.adding(seconds: -86_400)) == ["evt_1"])
        let next = try harness.database.read { transaction throws(DatabaseError) in
            try DueEventsTable.nextRetry(in: transaction)
        }
        #expect(next == now.adding(seconds: 60))
        harness.database.stop()
    }

    /// What an operator may do in each state, and where it leads.
    static let acts: [(act: String, state: String, after: String)] = [
        ("replay", "received", "received"), ("replay", "waiting", "waiting"),
        ("replay", "applied", "received"),
        ("replay", "ignored", "received"), ("replay", "dead", "received"),
        ("retry", "received", "received"), ("retry", "waiting", "received"), ("retry", "applied", "applied"),
        ("retry", "ignored", "ignored"), ("retry", "dead", "received"),
        ("discard", "received", "received"), ("discard", "waiting", "waiting"),
        ("discard", "applied", "applied"),
        ("discard", "ignored", "ignored"), ("discard", "dead", "ignored"),
    ]

    @Test(arguments: acts)
    func `an act changes the states that it is for and no other`(
        _ row: (act: String, state: String, after: String)
    ) throws {
        let harness = try IntakeHarness()
        _ = harness.offer([harness.event("evt_1")])
        switch row.state {
        case "waiting": #expect(try settle(harness, 1, attempts: 0, as: .retry(at: now, reason: "r")))
        case "applied": #expect(try settle(harness, 1, attempts: 0, as: .applied))
        case "ignored": #expect(try settle(harness, 1, attempts: 0, as: .ignored(reason: "r")))
        case "dead": #expect(try settle(harness, 1, attempts: 0, as: .dead(reason: "r")))
        default: break
        }
        let now = now
        let outcome = try write(harness) { transaction throws(DatabaseError) in
            switch row.act {
            case "replay": try InboxAdministration.replay(1, now: now, in: transaction)
            case "retry": try InboxAdministration.retry(1, now: now, in: transaction)
            default: try InboxAdministration.discard(1, now: now, in: transaction)
            }
        }
        let isDone = if case .done = outcome { true } else { false }
        #expect(try harness.stored().map(\.state) == [row.after])
        #expect(isDone == (row.state != row.after))
        // What was redriven is tried anew from the first attempt, and known to have been touched.
        if isDone, row.after == "received" {
            let event = try harness.database.read { transaction throws(DatabaseError) in
                try DueEventsTable.new(after: 0, everything, in: transaction).first?.event
            }
            #expect(event?.attempts == 0 && event?.wasTouched == true)
        }
        harness.database.stop()
    }

    @Test func `a policy gives up after its tries and never waits longer than its cap`() {
        let policy = RetryPolicy(
            attemptsMax: 4,
            backoff: Backoff(baseMilliseconds: 1_000, capMilliseconds: 3_000)
        )
        for seed in UInt64(0)..<50 {
            for attempts in 0..<4 {
                let settlement = policy.settlement(
                    afterFailure: "r",
                    attempts: attempts,
                    now: now,
                    random: RandomSource(seed: seed)
                )
                switch settlement {
                case .retry(let time, _):
                    #expect(attempts < 3)
                    let ceiling: Int64 = min(1_000 << Int64(attempts), 3_000)
                    #expect((0...ceiling).contains(time.milliseconds(since: now)))
                case .dead: #expect(attempts == 3)
                case .applied, .ignored: Issue.record("a failure is no success")
                }
            }
        }
    }
}
