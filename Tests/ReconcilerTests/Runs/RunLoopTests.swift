import BillingModel
import Providers
import Reconciler
import Testing
import Threading
import Timing

/// Answers that would lead a run to the same question again and again.
@Suite struct RunLoopTests {
    /// Six subscriptions that are here, of which one has more items than it shows.
    private func harness() throws -> RunHarness {
        let harness = try RunHarness()
        for number in 0..<6 {
            harness.provider.put(
                "subscription",
                "sub_\(number)",
                created: 1_700_000_100,
                #","status":"active","customer":"cus_\#(number)","current_period_end":1700100000"#
            )
        }
        let rows = (0..<25).map {
            #"{"id":"si_\#($0)","object":"subscription_item","quantity":1,"price":{"id":"price_1"}}"#
        }
        harness.provider.change("sub_2") { $0.rows = rows }
        let run = try harness.run(.subscriptions, .apply)
        #expect(run.state == .completed && run.counters.repaired == 6, "\(run)")
        harness.provider.forgetAsked()
        return harness
    }

    /// As the provider's answer with this status is read.
    private func fault(_ status: Int, _ code: String) -> ProviderFault {
        let body = #"{"error":{"type":"invalid_request_error","code":"\#(code)","message":"No."}}"#
        let answer = StripeAnswers.answer(
            ProviderResponse(status: status, headers: [], body: Array(body.utf8)),
            expecting: AnswerExpectation(.list),
            now: Timestamp(milliseconds: 1_800_000_000_000)
        )
        switch answer.verdict {
        case .rejected(let fault), .missing(let fault), .credentials(let fault): return fault
        default: return .ours(code: "test", message: "\(answer.verdict)")
        }
    }

    private func answerItems(_ harness: RunHarness, _ answer: PageAnswer) {
        harness.provider.answer { _, read in
            guard case .subscriptionItems = read else { return nil }
            return answer
        }
    }

    private func countLists(_ harness: RunHarness) -> Int {
        harness.provider.asked.count {
            guard case .list = $0 else { return false }
            return true
        }
    }

    @Test(arguments: [true, false], [RunMode.dryRun, .apply])
    func `an object whose inner list is never there is left out, and the others of its page are compared`(
        isCursor: Bool,
        mode: RunMode
    ) throws {
        let harness = try harness()
        let fault = fault(404, "resource_missing")
        answerItems(harness, isCursor ? .cursorGone(fault) : .missing(fault))
        let run = try harness.end(of: try harness.order(.subscriptions, mode), advancing: 1)
        #expect(run.state == .incomplete && run.reason?.contains("1 object") == true, "\(run)")
        #expect(run.counters.failed == 1 && run.counters.equal == 5, "\(run.counters)")
        // It was shown: nobody asks for it by itself.
        #expect(run.counters.missing == 0 && run.counters.tombstoned == 0, "\(run.counters)")
        #expect(try harness.findings(run.id).map(\.id) == ["sub_2"])
        #expect(countLists(harness) == 3)
    }

    @Test(arguments: [true, false])
    func `an object that is asked for by itself is given up when its inner list is never there`(
        isCursor: Bool
    ) throws {
        let harness = try harness()
        harness.provider.change("sub_2") { $0.isListed = false }
        let fault = fault(404, "resource_missing")
        answerItems(harness, isCursor ? .cursorGone(fault) : .missing(fault))
        let run = try harness.end(of: try harness.order(.subscriptions, .apply), advancing: 1)
        #expect(run.state == .incomplete, "\(run)")
        #expect(run.counters.failed == 1 && run.counters.equal == 5, "\(run.counters)")
        #expect(run.counters.missing == 1 && run.counters.tombstoned == 0, "\(run.counters)")
        let asked = harness.provider.asked.count {
            guard case .object = $0 else { return false }
            return true
        }
        #expect(asked == 3)
        #expect(run.progress.retries == 2)
    }

    @Test func `an inner list that comes back costs a restart, and nothing is left out`() throws {
        let harness = try harness()
        let fault = fault(404, "resource_missing")
        let left = Lock(2)
        harness.provider.answer { _, read in
            guard case .subscriptionItems = read else { return nil }
            return left.withLock { left in
                left -= 1
                return left >= 0 ? .missing(fault) : nil
            }
        }
        let run = try harness.end(of: try harness.order(.subscriptions, .apply), advancing: 1)
        #expect(run.state == .completed && run.counters.equal == 6, "\(run)")
    }

    @Test func `an inner list that is refused costs its object only`() throws {
        let harness = try harness()
        answerItems(harness, .refused(fault(400, "parameter_invalid_integer")))
        let run = try harness.run(.subscriptions, .apply)
        #expect(run.state == .incomplete, "\(run)")
        #expect(run.counters.failed == 1 && run.counters.equal == 5, "\(run.counters)")
        let finding = try #require(try harness.findings(run.id).first)
        #expect(finding.remote?.contains("parameter_invalid_integer") == true, "\(finding)")
        #expect(countLists(harness) == 1)
    }

    @Test(arguments: [401, 403])
    func `an inner list that is refused for the key's sake ends the run`(status: Int) throws {
        let harness = try harness()
        answerItems(harness, .refused(fault(status, "key")))
        let run = try harness.run(.subscriptions, .apply)
        #expect(run.state == .failed && run.reason?.contains("\(status)") == true, "\(run)")
    }

    // MARK: Cursors

    private func harness(customers: Int, each second: Int64) throws -> RunHarness {
        let harness = try RunHarness()
        for number in 0..<customers {
            harness.provider.put(
                "customer",
                "cus_\(number)",
                created: 1_700_000_000 + Int64(number) * second,
                #","name":"n\#(number)""#
            )
        }
        return harness
    }

    @Test func `a second whose cursor is never accepted ends the run as incomplete, after waits`()
        throws
    {
        let harness = try harness(customers: 250, each: 0)
        let fault = fault(400, "resource_missing")
        let times = Lock<[Timestamp]>([])
        let clock = harness.pipeline.clock.wall
        harness.provider.answer { _, read in
            guard case .list(_, _, _, let page) = read, case .after = page.place else { return nil }
            times.withLock { $0.append(clock.now()) }
            return .cursorGone(fault)
        }
        let run = try harness.end(of: try harness.order(.customers, .apply), advancing: 1)
        #expect(run.state == .incomplete, "\(run)")
        #expect(run.reason?.contains("did not accept its cursor 5 times") == true, "\(run.reason ?? "-")")
        #expect(run.progress.cursorDeaths == 4 && run.counters.repaired == 100, "\(run)")
        let asked = times.withLock { $0 }
        #expect(asked.count == 5)
        let (first, last) = (try #require(asked.first), try #require(asked.last))
        #expect(last.milliseconds(since: first) >= 3_500)
    }

    @Test func `cursors that die in one second after the other end no run`() throws {
        let harness = try harness(customers: 750, each: 1)
        try harness.run(.customers, .apply)
        let fault = fault(400, "resource_missing")
        let dead = Lock<Set<ProviderID>>([])
        harness.provider.answer { _, read in
            guard case .list(_, _, _, let page) = read, case .after(let cursor) = page.place else {
                return nil
            }
            return dead.withLock { $0.insert(cursor).inserted } ? .cursorGone(fault) : nil
        }
        let run = try harness.run(.customers, .dryRun)
        #expect(run.state == .completed && run.counters.equal == 750, "\(run)")
        #expect(run.progress.cursorDeaths > 5, "\(run.progress)")
    }
}
