import BillingModel
import Database
import DatabaseSQLite
import Providers
import Reconciler
import Testing
import Timing

/// Lists that no run has read to their end yet.
@Suite struct FirstImportTests {
    private func harness(customers: Int) throws -> RunHarness {
        let harness = try RunHarness()
        for number in 0..<customers {
            harness.provider.put(
                "customer",
                "cus_\(number)",
                created: 1_600_000_000 + Int64(number) * 10_000,
                RunRaceTests.members("n\(number)")
            )
        }
        return harness
    }

    /// A webhook of a customer that the provider lists, too.
    private func tell(_ number: Int, _ harness: RunHarness) throws {
        var story = CustomerStory("cus_\(number)")
        try harness.pipeline.offer([story.birth("n\(number)", at: 1_799_990_000)])
        try harness.pipeline.drain()
    }

    /// How many parts of the list were asked for: each begins without a cursor.
    private func parts(_ harness: RunHarness) -> Int {
        harness.provider.asked.count { read in
            guard case .list(_, _, _, let page) = read else { return false }
            return page.place == .first
        }
    }

    @Test func `a webhook that came first takes nothing from the parts and the estimate of an import`() throws
    {
        let harness = try harness(customers: 2_999)
        try tell(1_500, harness)
        let provider = harness.provider
        // Long after all others.
        provider.put("customer", "cus_young", created: 1_799_000_000, RunRaceTests.members("young"))
        provider.answer { number, _ in
            if number == 12 { provider.hold() }
            return nil
        }
        let id = try harness.order(.customers, .apply)
        let early = try harness.wait(for: id) { $0.progress.pages >= 9 }
        let fraction = try #require(early.progress.fractionDone)
        #expect(fraction > 0.02 && fraction < 0.7, "\(early)")
        provider.answer { _, _ in nil }
        provider.release()
        let run = try harness.end(of: id)
        #expect(run.state == .completed && run.counters.seen == 3_000, "\(run)")
        #expect(run.counters.repaired >= 2_999 && run.progress.fractionDone ?? 0 > 0.99, "\(run)")
        #expect(parts(harness) > 4)
        // More would only tell what everybody knows.
        #expect((1_000...1_001).contains(run.findings))
        provider.forgetAsked()
        for number in 0..<5 {
            provider.put("customer", "cus_new_\(number)", created: 1_700_000_000, RunRaceTests.members("new"))
        }
        let second = try harness.run(.customers, .apply)
        #expect(second.findings == 5 && second.counters.equal == 3_000, "\(second)")
        #expect(parts(harness) == 1)
    }

    @Test func `an import that was cancelled on its way is one again, and a dry run counts for none`() throws
    {
        let harness = try harness(customers: 3_000)
        let provider = harness.provider
        let id = try harness.order(.all, .apply)
        _ = try harness.wait(for: id) { $0.counters.repaired >= 1_000 }
        _ = try harness.control.cancel(id)
        harness.loop.wake()
        #expect(try harness.run(.customers, .dryRun).counters.seen == 3_000)
        provider.forgetAsked()
        let run = try harness.run(.customers, .apply)
        #expect(run.counters.seen == 3_000 && run.state == .completed, "\(run)")
        #expect(parts(harness) > 4)
    }

    @Test func `a list that was read to its end is known, whatever became of the run then`() throws {
        let harness = try harness(customers: 1_000)
        harness.provider.put("subscription", "sub_bad", created: 1_700_000_000, #","status":"weird""#)
        let first = try harness.run(.all, .apply)
        #expect(first.state == .incomplete, "\(first)")
        harness.provider.forgetAsked()
        harness.provider.put("customer", "cus_new", created: 1_700_000_000, RunRaceTests.members("new"))
        let run = try harness.run(.customers, .apply)
        #expect(run.findings == 1 && parts(harness) == 1, "\(run)")
    }
}
