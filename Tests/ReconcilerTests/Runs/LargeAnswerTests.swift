import BillingModel
import Database
import Providers
import Testing
import Threading
import Timing

@testable import Reconciler

/// Answers with more bytes than are read.
@Suite struct LargeAnswerTests {
    /// Pages of more than `largest` objects are too large; nil takes away the limit.
    private func limit(_ harness: RunHarness, _ largest: Int?) {
        harness.provider.answer { _, read in
            let page: PageRequest
            switch read {
            case .list(_, _, _, let of): page = of
            case .listOfCustomer(_, _, let of): page = of
            case .invoiceLines(_, let of), .subscriptionItems(_, let of): page = of
            default: return nil
            }
            guard let largest, page.count > largest else { return nil }
            return .retryLater(milliseconds: 0, PageTrouble(.tooLarge, code: "response_body_too_large"))
        }
    }

    private func harness() throws -> RunHarness {
        let harness = try RunHarness()
        for number in 0..<230 {
            harness.provider.put(
                "customer",
                "cus_\(number)",
                created: 1_600_000_000 + Int64(number) * 1_000,
                RunRaceTests.members("n\(number)")
            )
        }
        return harness
    }

    @Test func `a list is asked for in halves until its pages can be read, and in more again after some`()
        throws
    {
        let harness = try harness()
        limit(harness, 30)
        let first = try harness.run(.customers, .apply)
        #expect(first.state == .completed && first.counters.repaired == 230, "\(first)")
        harness.provider.forgetAsked()
        let run = try harness.run(.customers, .apply)
        #expect(run.state == .completed && run.counters.equal == 230, "\(run)")
        #expect(run.notes.count == 2 && run.notes.allSatisfy { $0.contains("too large") }, "\(run.notes)")
        #expect(run.progress.retries == 0)
        let counts = harness.provider.asked.compactMap { read -> Int? in
            if case .list(_, _, _, let page) = read { page.count } else { nil }
        }
        #expect(counts == [100, 50] + Array(repeating: 25, count: 8) + [50, 25, 25])
    }

    @Test func `one large object does not make the rest of a list slow`() throws {
        let harness = try harness()
        harness.provider.answer { _, read in
            guard case .list(_, _, _, let page) = read, page.place == .first, page.count > 1 else {
                return nil
            }
            return .retryLater(milliseconds: 0, PageTrouble(.tooLarge, code: "response_body_too_large"))
        }
        // A first copy is read in parts, each of which has a beginning.
        try harness.run(.customers, .dryRun)
        try harness.run(.customers, .apply)
        harness.provider.forgetAsked()
        let run = try harness.run(.customers, .apply)
        #expect(run.state == .completed && run.counters.equal == 230, "\(run)")
        let counts = harness.provider.asked.compactMap { read -> Int? in
            if case .list(_, _, _, let page) = read { page.count } else { nil }
        }
        let grown = [1, 2, 4, 8].flatMap { Array(repeating: $0, count: 8) }
        #expect(counts == [100, 50, 25, 12, 6, 3] + grown + Array(repeating: 16, count: 7))
    }

    @Test func `the more often a larger portion is too large, the later it is asked for`() {
        var size = PageSize()
        var asked = 0
        var failed = 0
        for _ in 0..<1_000 {
            asked += 1
            if size.count > 30 {
                failed += 1
                _ = size.halve(asked: size.count)
            } else {
                size.isGood(asked: size.count)
            }
        }
        #expect(asked == 1_000 && failed == 9, "two at first, then after 8, 16, 32, 64, 128 and twice 256")
    }

    @Test func `a list with an object that no answer can hold ends the run as incomplete`() throws {
        let harness = try harness()
        limit(harness, 0)
        let run = try harness.run(.customers, .apply)
        #expect(run.state == .incomplete, "\(run)")
        #expect(run.reason?.contains("larger than an answer may be") == true, "\(run)")
        #expect(harness.provider.asked.count == 7)
    }

    @Test(arguments: [8, 0])
    func `lists inside objects are asked for in halves, too, and at the end their object is left out`(
        largest: Int
    ) throws {
        let harness = try RunHarness()
        harness.provider.put("subscription", "sub_1", created: 1_700_000_000, RunRaceTests.subscription(1, 0))
        let rows = (0..<25).map {
            #"{"id":"si_\#($0)","object":"subscription_item","quantity":1,"price":{"id":"price_1"}}"#
        }
        harness.provider.change("sub_1") { $0.rows = rows }
        harness.provider.put("subscription", "sub_2", created: 1_700_000_001, RunRaceTests.subscription(2, 0))
        harness.provider.answer { _, read in
            guard case .subscriptionItems(_, let page) = read, page.count > largest else { return nil }
            return .retryLater(milliseconds: 0, PageTrouble(.tooLarge, code: "response_body_too_large"))
        }
        let run = try harness.run(.subscriptions, .apply)
        if largest > 0 {
            #expect(run.state == .completed && run.counters.repaired == 2, "\(run)")
            #expect(try harness.count("SELECT COUNT(*) FROM subscription_items") == 25)
            // Asked for alone, it is no other.
            harness.provider.change("sub_1") { $0.isListed = false }
            #expect(try harness.run(.subscriptions, .dryRun).counters.equal == 2)
        } else {
            #expect(run.state == .incomplete && run.counters.failed == 1, "\(run)")
            #expect(run.counters.repaired == 1, "the other one is compared")
            #expect(try harness.findings(run.id).filter { $0.action == .failed }.map(\.id) == ["sub_1"])
        }
    }

    @Test(arguments: [1, 2_500])
    func `a page of objects with long lists ends early, and what comes after is the next page's`(
        bytes: Int
    ) throws {
        var patience = RunPatience.standard
        patience.wholeBytesMax = bytes
        let harness = try RunHarness(patience: patience)
        for number in 0..<7 {
            let (id, created) = ("sub_\(number)", 1_700_000_000 + Int64(number / 2))
            harness.provider.put("subscription", id, created: created, RunRaceTests.subscription(number, 0))
            // Three of them have all in the page.
            let rows = (0..<(number % 2 == 0 ? 25 : 5)).map {
                #"{"id":"si_\#(number)_\#($0)","object":"subscription_item","quantity":1,"price":{"id":"price_1"}}"#
            }
            harness.provider.change(id) { $0.rows = rows }
        }
        let first = try harness.run(.subscriptions, .apply)
        #expect(first.state == .completed && first.counters.repaired == 7, "\(first)")
        #expect(first.counters.seen == 7)
        #expect(try harness.count("SELECT COUNT(*) FROM subscription_items") == 4 * 25 + 3 * 5)
        harness.provider.forgetAsked()
        let run = try harness.run(.subscriptions, .dryRun)
        #expect(run.state == .completed && run.counters.equal == 7, "\(run)")
        let pages = harness.provider.asked.count { if case .list = $0 { true } else { false } }
        #expect(pages == (bytes == 1 ? 4 : 2))
    }

    @Test func `payment methods are asked for in halves, too`() throws {
        let harness = try harness()
        for number in 0..<40 {
            harness.provider.put(
                "payment_method",
                "pm_\(number)",
                created: 1_700_000_000,
                #","type":"card","card":{"brand":"visa","last4":"4242"},"customer":"cus_3""#
            )
        }
        try harness.run(.customers, .apply)
        limit(harness, 20)
        let run = try harness.run(.paymentMethods, .apply)
        #expect(run.state == .completed && run.counters.repaired == 40, "\(run)")
    }

    @Test func `an object that no answer can hold is a finding`() throws {
        let harness = try harness()
        try harness.run(.customers, .apply)
        harness.provider.change("cus_7") { $0.isListed = false }
        harness.provider.answer { _, read in
            guard case .object = read else { return nil }
            return .retryLater(milliseconds: 0, PageTrouble(.tooLarge, code: "response_body_too_large"))
        }
        let run = try harness.run(.customers, .apply)
        #expect(run.state == .incomplete && run.counters.failed == 1, "\(run)")
        #expect(try harness.findings(run.id).map(\.id) == ["cus_7"])
    }
}
