import BillingModel
import Database
import Reconciler
import Testing
import Threading
import Timing

@testable import Providers

/// What each scope looks at.
@Suite struct RunScopeTests {
    private func harness(makesCustomers: Bool = false) throws -> RunHarness {
        let harness = try RunHarness(makesCustomers: makesCustomers)
        let provider = harness.provider
        for number in 0..<6 {
            provider.put("customer", "cus_\(number)", created: 1_700_000_000, #","name":"n\#(number)""#)
            provider.put(
                "subscription",
                "sub_\(number)",
                created: 1_700_000_100,
                #","status":"active","customer":"cus_\#(number)","current_period_end":1700100000"#
            )
            provider.put(
                "invoice",
                "in_\(number)",
                created: 1_700_000_200,
                #","status":"paid","currency":"eur","total":500,"amount_paid":500,"customer":"cus_\#(number)""#
            )
            provider.put(
                "checkout.session",
                "cs_\(number)",
                created: 1_700_000_300,
                #","status":"open","mode":"payment","customer":"cus_\#(number)""#
            )
            provider.put(
                "payment_method",
                "pm_\(number)",
                created: 1_700_000_400,
                #","type":"card","card":{"brand":"visa","last4":"4242"},"customer":"cus_\#(number)""#
            )
        }
        provider.put("product", "prod_1", created: 1_700_000_000, #","name":"Gold","active":true"#)
        provider.put(
            "price",
            "price_1",
            created: 1_700_000_000,
            #","product":"prod_1","currency":"eur","unit_amount":500,"active":true"#
        )
        return harness
    }

    @Test func `scope all copies every kind but payment methods, says so, and takes these in on request`()
        throws
    {
        let harness = try harness()
        let all = try harness.run(.all, .apply)
        #expect(all.state == .completed, "\(all)")
        #expect(all.counters.repaired == 26, "\(all.counters)")
        #expect(all.notes.contains { $0.contains("Payment methods were left out") })
        #expect(try harness.visible("payment_method", "pm_1") == nil)
        let methods = try harness.run(.paymentMethods, .apply)
        #expect(methods.counters.repaired == 6, "\(methods)")
        let again = try harness.run(.all, .dryRun)
        #expect(again.counters.seen == 32 && again.counters.equal == 32, "\(again)")
        #expect(again.findings == 0 && !again.notes.contains { $0.contains("left out") })
    }

    @Test func `scope customer looks at one customer with everything below it, and at nothing else`() throws {
        let harness = try harness()
        try harness.run(.all, .apply)
        try harness.run(.paymentMethods, .apply)
        let provider = harness.provider
        for number in [2, 3] {
            provider.change("cus_\(number)") { $0.members = #","name":"new""# }
            provider.change("sub_\(number)") {
                $0.members =
                    #","status":"active","customer":"cus_\#(number)","current_period_end":1702700000"#
            }
            provider.remove("cs_\(number)")
            provider.remove("pm_\(number)")
        }
        let run = try harness.run(.customer, .apply, customer: "cus_2")
        #expect(run.state == .completed, "\(run)")
        #expect(
            try harness.lines(run.id) == [
                #"customer cus_2 name "n2" "new" repaired"#,
                #"subscription sub_2 current_period_end "2023-11-16T02:00:00Z" "2023-12-16T04:13:20Z" repaired"#,
                #"checkout.session cs_2 - "present" - tombstoned"#,
                #"payment_method pm_2 - "present" - tombstoned"#,
            ]
        )
        #expect(try harness.visible("checkout.session", "cs_3") != nil)
        #expect(try harness.run(.customer, .dryRun, customer: "cus_2").findings == 0)
        #expect(try harness.run(.customer, .dryRun, customer: "cus_3").findings == 4)
    }

    @Test func `a customer whose payment methods are refused is named as the customer that it is`() throws {
        let harness = try harness()
        try harness.run(.all, .apply)
        harness.provider.answer { _, read in
            guard case .listOfCustomer(.paymentMethod, ProviderID("cus_3"), _) = read else { return nil }
            return .refused(
                ProviderFault(
                    status: 400,
                    type: "invalid_request_error",
                    code: nil,
                    declineCode: nil,
                    parameter: nil,
                    requestID: nil,
                    message: nil
                )
            )
        }
        let run = try harness.run(.paymentMethods, .apply)
        #expect(run.state == .incomplete && run.counters.repaired == 5, "\(run)")
        let finding = try #require(try harness.findings(run.id).first { $0.action == .failed })
        #expect(finding.object == .customer && finding.id == "cus_3", "\(finding)")
    }

    @Test(arguments: RunScope.allCases)
    func `a scope tells what the outbox owes of its own kind, and a customer what is owed below it`(
        scope: RunScope
    ) throws {
        let harness = try harness()
        try harness.run(.all, .apply)
        try harness.run(.paymentMethods, .apply)
        try harness.owe(customer: "cus_2", subscription: "sub_2", session: "cs_2")
        try harness.owe(customer: "cus_3", subscription: "sub_3", session: "cs_3")
        let customer = scope == .customer ? "cus_2" : nil
        let dry = try harness.run(scope, .dryRun, customer: customer)
        let findings = try harness.findings(dry.id)
        let ofSessions = ["create_checkout_session", "expire_checkout_session"]
        let expected: [String] =
            switch scope {
            case .customers: ["update_customer", "update_customer"]
            case .subscriptions: ["cancel_subscription", "cancel_subscription"]
            case .checkoutSessions: ofSessions + ofSessions
            case .customer: ["cancel_subscription", "update_customer"] + ofSessions
            case .all:
                ["cancel_subscription", "update_customer"] + ofSessions + [
                    "cancel_subscription", "update_customer",
                ]
                    + ofSessions
            case .invoices, .products, .prices, .paymentMethods: []
            }
        let owed = findings.compactMap(\.local).map { String($0.dropFirst().dropLast()) }
        #expect(owed.sorted() == expected.sorted())
        #expect(
            findings.count == owed.count && findings.allSatisfy { $0.action == .wouldPush },
            "\(findings)"
        )
        #expect(dry.state == .completed && dry.counters.queued == expected.count, "\(dry)")
        let apply = try harness.run(scope, .apply, customer: customer)
        #expect(apply.counters.queued == expected.count && apply.state == .completed, "\(apply)")
        #expect(try harness.findings(apply.id).allSatisfy { $0.action == .queued })
    }

    @Test func `a customer that nobody knows fails its run`() throws {
        let harness = try harness()
        let run = try harness.run(.customer, .apply, customer: "cus_none")
        #expect(run.state == .failed && run.reason?.contains("cus_none") == true, "\(run)")
    }

    @Test func `created_since looks at nothing older, asks for nothing older, and says so`() throws {
        let harness = try harness()
        try harness.run(.all, .apply)
        let provider = harness.provider
        provider.put("customer", "cus_young", created: 1_750_000_000, #","name":"y""#)
        try harness.run(.customers, .apply)
        provider.change("cus_1") { $0.members = #","name":"new""# }
        provider.change("cus_young") { $0.members = #","name":"z""# }
        provider.remove("cus_2")
        let run = try harness.run(.customers, .dryRun, since: Timestamp(seconds: 1_740_000_000))
        #expect(run.counters.seen == 1 && run.counters.missing == 0, "\(run)")
        #expect(try harness.lines(run.id) == [#"customer cus_young name "y" "z" would_repair"#])
        #expect(run.notes.contains { $0.contains("older ones cannot have been seen") })
    }

    @Test func `what lists leave out is asked for, found, and no finding`() throws {
        let harness = try harness()
        try harness.run(.all, .apply)
        for number in 0..<3 { harness.provider.change("sub_\(number)") { $0.isListed = false } }
        let run = try harness.run(.subscriptions, .apply)
        #expect(run.counters.missing == 3 && run.counters.equal == 6, "\(run)")
        #expect(run.findings == 0 && run.state == .completed)
    }

    @Test func `a list inside an object is read to its end before the object is compared`() throws {
        let harness = try harness()
        let rows = (0..<25).map {
            #"{"id":"si_\#($0)","object":"subscription_item","quantity":\#($0),"price":{"id":"price_1"}}"#
        }
        harness.provider.change("sub_1") { $0.rows = rows }
        let run = try harness.run(.subscriptions, .apply)
        #expect(run.state == .completed && run.counters.repaired == 6, "\(run)")
        #expect(try harness.count("SELECT COUNT(*) FROM subscription_items") == 25)
        #expect(try harness.run(.subscriptions, .dryRun).findings == 0)
        harness.provider.change("sub_1") {
            $0.rows[22] = $0.rows[22].replacingQuantity(22, by: 5)
        }
        let again = try harness.run(.subscriptions, .dryRun)
        #expect(try harness.lines(again.id) == ["subscription sub_1 items.si_22.quantity 22 5 would_repair"])
    }
}

extension RunScopeTests {
    /// Each page of the items of `sub_1` as the closure makes it, by its number; there is always more.
    private func endless(_ rows: @escaping @Sendable (Int) -> [String]) throws -> (RunHarness, RunRecord) {
        let harness = try harness()
        harness.provider.change("sub_1") { $0.rows = (0..<11).map { #"{"id":"si_\#($0)"}"# } }
        let pages = Lock(0)
        harness.provider.answer { _, read in
            guard case .subscriptionItems(_, let page) = read, case .after = page.place else { return nil }
            let number = pages.withLock { pages in
                pages += 1
                return pages
            }
            return number > 500 ? .stopping : ListedProvider.page(rows(number), hasMore: true)
        }
        let id = try harness.order(.subscriptions, .apply)
        // A run that asks for more and more of it is told to stop, and never ends.
        let run = try harness.wait(for: id) { $0.state.isOver || pages.withLock { $0 > 500 } }
        return (harness, run)
    }

    @Test(arguments: [1, 3])
    func `a list inside an object that goes in circles leaves out that object only`(length: Int) throws {
        let (harness, run) = try endless { [#"{"id":"si_\#(20 + $0 % length)"}"#] }
        #expect(run.state == .incomplete, "\(run)")
        #expect(run.counters.failed == 1 && run.counters.repaired == 5, "\(run)")
        let finding = try #require(try harness.findings(run.id).first { $0.action == .failed })
        #expect(finding.id == "sub_1" && finding.remote?.contains("again and again") == true, "\(finding)")
        #expect(run.notes.count { $0.contains("no end that could be reached") } == 1, "\(run.notes)")
        #expect(try harness.visible("subscription", "sub_1") == nil)
    }

    @Test func `a list inside an object that never ends is given up at the size of the largest object`()
        throws
    {
        let text = String(repeating: "x", count: 20_000)
        let (harness, run) = try endless { [#"{"id":"si_\#(20 + $0)","text":"\#(text)"}"#] }
        #expect(run.state == .incomplete && run.counters.failed == 1, "\(run)")
        let finding = try #require(try harness.findings(run.id).first { $0.action == .failed })
        #expect(finding.id == "sub_1" && finding.remote?.contains("larger than") == true, "\(finding)")
    }

    @Test(arguments: [RunScope.customers, .paymentMethods])
    func `a list that shows the same page again and again ends the run as incomplete`(scope: RunScope) throws
    {
        let harness = try harness()
        try harness.run(.all, .apply)
        let pages = Lock(0)
        harness.provider.answer { _, read in
            switch read {
            case .list, .listOfCustomer:
                let number = pages.withLock { pages in
                    pages += 1
                    return pages
                }
                return number > 500 ? .stopping : ListedProvider.page([#"{"id":"x_1"}"#], hasMore: true)
            default: return nil
            }
        }
        let id = try harness.order(scope, .dryRun)
        let run = try harness.wait(for: id) { $0.state.isOver || pages.withLock { $0 > 500 } }
        #expect(run.state == .incomplete, "\(run)")
        #expect(run.reason?.contains("again and again") == true, "\(run)")
    }
}

extension String {
    fileprivate func replacingQuantity(_ old: Int, by new: Int) -> String {
        let parts = split(separator: "\"quantity\":\(old)", omittingEmptySubsequences: false)
        return parts.joined(separator: "\"quantity\":\(new)")
    }
}
