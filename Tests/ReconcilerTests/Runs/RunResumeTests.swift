import BillingModel
import Database
import DatabaseSQLite
import Providers
import Reconciler
import Testing
import Threading
import Timing

/// What a run finds when it is taken up again, or when another one was faster.
@Suite struct RunResumeTests {
    private func harness(customers: Int) throws -> RunHarness {
        let harness = try RunHarness()
        for number in 0..<customers {
            harness.provider.put(
                "customer",
                "cus_\(number)",
                created: 1_700_000_000 + Int64(number),
                RunRaceTests.members("n\(number)")
            )
        }
        return harness
    }

    @Test(arguments: [99, -1], [true, false])
    func `a run whose stored step its plan does not have ends, and takes nothing along`(
        step: Int64,
        hasSegments: Bool
    ) throws {
        let harness = try harness(customers: 3)
        try harness.run(.customers, .apply)
        try harness.edit("Local", customer: "cus_1")
        harness.provider.hold()
        let id = try harness.order(.products, .apply)
        _ = try harness.wait(for: id) { $0.progress.currentType != nil }
        let change = Statement("test.step", "UPDATE reconciliation_runs SET step = $2 WHERE id = $1")
        let forget = Statement("test.forget", "DELETE FROM reconciliation_segments WHERE $1")
        try harness.pipeline.database.writeAndWait { transaction throws(DatabaseError) in
            try transaction.execute(change, [.integer(id.rawValue), .integer(step)])
            try transaction.execute(forget, [.boolean(!hasSegments)])
        }
        harness.restartLoop()
        harness.provider.release()
        let run = try harness.end(of: id)
        #expect(run.state == .completed && run.findings == 0, "\(run)")
    }

    @Test func `an object that a read showed as gone after the page was asked for is no failure of the page`()
        throws
    {
        let harness = try harness(customers: 5)
        try harness.run(.customers, .apply)
        harness.provider.forgetAsked()
        harness.provider.hold(1)
        let id = try harness.order(.customers, .apply)
        // The page that is held shows it; then it is deleted, and another run sees that first.
        _ = try harness.wait(for: id) { _ in !harness.provider.asked.isEmpty }
        harness.provider.change("cus_2") { $0.isDeleted = true }
        let other = try harness.run(.customer, .apply, customer: "cus_2")
        #expect(other.counters.tombstoned == 1, "\(other)")
        harness.provider.release()
        let run = try harness.end(of: id)
        #expect(run.state == .completed && run.counters.failed == 0 && run.findings == 0, "\(run)")
        #expect(run.counters.equal == 5)
        #expect(try harness.visible("customer", "cus_2") == nil)
    }

    @Test func `what a run had to tell before a restart it tells at its end, once`() throws {
        let harness = try harness(customers: 950)
        try harness.run(.customers, .apply)
        let provider = harness.provider
        provider.forgetAsked()
        provider.answer { number, read in
            if number == 3, case .list(_, _, _, let page) = read, case .after(let cursor) = page.place {
                provider.remove(cursor.rawValue)
            }
            if number == 7 { provider.hold() }
            return nil
        }
        let id = try harness.order(.customers, .apply)
        _ = try harness.wait(for: id) { $0.progress.cursorDeaths == 1 && provider.asked.count >= 7 }
        harness.restartLoop()
        provider.answer { _, _ in nil }
        provider.release()
        let run = try harness.end(of: id)
        #expect(run.state == .completed && run.progress.cursorDeaths == 1, "\(run)")
        #expect(run.notes.count { $0.contains("begun again") } == 1, "\(run.notes)")
    }
}
