import BillingModel
import Reconciler
import Testing
import Timing

@testable import Gateway

@Suite struct `When the next run is due` {
    private let start = Timestamp(milliseconds: 1_750_000_000_000)
    private let shop = ConnectionID(rawValue: 1)

    private func timetable(
        everyHours: Int = 24,
        jitterMinutes: Int = 30,
        mode: RunMode = .apply,
        now: Timestamp? = nil,
        seed: UInt64 = 1
    ) -> RunTimetable {
        let schedule = ReconcileSchedule(
            scope: .all,
            mode: mode,
            everyHours: everyHours,
            jitterMinutes: jitterMinutes
        )
        return RunTimetable([(shop, schedule)], now: now ?? start, random: RandomSource(seed: seed))
    }

    private func due(_ table: inout RunTimetable, at now: Timestamp, last: Timestamp?) -> [RunOrder] {
        table.due(now: now) { (_, _) throws(Never) in last }
    }

    /// The first minute from `from` on in which a run is due.
    private func firstDue(_ table: inout RunTimetable, from: Timestamp, last: Timestamp?) -> Timestamp? {
        for minute in 0..<(3 * 1_440) {
            let now = from.adding(seconds: Int64(minute) * 60)
            if !due(&table, at: now, last: last).isEmpty { return now }
        }
        return nil
    }

    @Test func `the first run of all comes within the jitter's time, but not with the start`() throws {
        for seed in 1...20 {
            var table = timetable(seed: UInt64(seed))
            #expect(due(&table, at: start, last: nil).isEmpty)
            let first = try #require(firstDue(&table, from: start, last: nil))
            let minutes = first.milliseconds(since: start) / 60_000
            #expect((1...30).contains(minutes), "seed \(seed)")
        }
    }

    @Test func `the next one is due so long after the last was ordered, and up to the jitter later`() throws {
        var seen: Set<Int64> = []
        for seed in 1...20 {
            var table = timetable(seed: UInt64(seed))
            let next = try #require(firstDue(&table, from: start, last: start))
            let minutes = next.milliseconds(since: start) / 60_000 - 1_440
            #expect((0...30).contains(minutes), "seed \(seed)")
            seen.insert(minutes)
        }
        #expect(seen.count > 5, "the jitter differs")
    }

    @Test func `a restart changes nothing of when it is due`() {
        let last = start.adding(seconds: -23 * 3_600)
        var table = timetable(jitterMinutes: 0)
        #expect(due(&table, at: start.adding(seconds: 3_599), last: last).isEmpty)
        #expect(due(&table, at: start.adding(seconds: 3_600), last: last).count == 1)
    }

    @Test func `one that was missed while nothing ran is due a minute after the start`() throws {
        var table = timetable(jitterMinutes: 0)
        let next = try #require(firstDue(&table, from: start, last: start.adding(seconds: -90 * 86_400)))
        #expect(next == start.adding(seconds: 60))
    }

    @Test func `while another run is in the way it is tried every five minutes`() {
        var table = timetable(jitterMinutes: 0)
        let now = start.adding(seconds: 600)
        #expect(due(&table, at: now, last: nil).count == 1)
        table.putOff(shop, now: now)
        #expect(due(&table, at: now.adding(seconds: 299), last: nil).isEmpty)
        #expect(due(&table, at: now.adding(seconds: 300), last: nil).count == 1)
    }

    @Test func `the order says what the schedule says`() throws {
        var table = timetable(jitterMinutes: 0, mode: .dryRun)
        let order = try #require(due(&table, at: start.adding(seconds: 60), last: nil).first)
        #expect(order == RunOrder(connection: shop, scope: .all, mode: .dryRun, trigger: .schedule))
    }
}
