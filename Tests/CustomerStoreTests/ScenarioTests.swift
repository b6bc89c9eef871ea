import BillingModel
import CustomerStore
import Database
import Foundation
import JSON
import Providers
import Testing
import Timing

struct ScenarioTests {
    @Test func `the scenarios are found`() {
        #expect(Scenario.all.count >= 20)
    }

    @Test(arguments: Scenario.all)
    func `a scenario ends as its page says`(scenario: Scenario) async throws {
        let store = try await TestStore()
        for (place, event) in scenario.places { try await store.apply([(place, event)]) }
        try check(scenario, in: store)
    }

    @Test(arguments: Scenario.all)
    func `any order of arrival and any replay end in the same rows`(scenario: Scenario) async throws {
        let ordered = try await TestStore()
        try await ordered.apply(scenario.places)
        let expected = try ordered.dump()
        try check(scenario, in: ordered)
        let rounds = ProcessInfo.processInfo.environment["TOLLGATE_LONG"] == "1" ? 40 : 3
        for seed in 1...rounds {
            let random = RandomSource(seed: UInt64(seed))
            var events = scenario.places + scenario.places.filter { _ in random.below(4) == 0 }
            for index in events.indices.dropFirst().reversed() {
                events.swapAt(index, Int(random.below(UInt64(index + 1))))
            }
            let store = try await TestStore()
            var rest = events[...]
            while !rest.isEmpty {
                let count = Int(random.below(5)) + 1
                try await store.apply(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            #expect(try store.dump() == expected, "\(scenario.name), seed \(seed)")
        }
    }

    private func check(_ scenario: Scenario, in store: TestStore) throws {
        let customers = scenario.expected["when_configured"] ?? scenario.expected["customers"]
        for expected in try #require(customers).elements {
            let id = try #require(expected["provider_id"]?.string)
            let customer = try #require(try store.customer(id), "\(scenario.name) \(id)")
            #expect(customer.email == expected["email"]?.string)
            #expect(customer.name == expected["name"]?.string)
            #expect(customer.status.rawValue == expected["status"]?.string, "\(scenario.name) \(id)")
            #expect(customer.renewalNumber == expected["renewal_number"]?.integer, "\(scenario.name) \(id)")
            #expect(customer.isTrial == expected["is_trial"]?.boolean)
            #expect(customer.trialEnd?.seconds == expected["trial_end"]?.integer)
            #expect((customer.sync.state == .missing) == expected["deleted"]?.boolean)
            var revenue: [String: Int64] = [:]
            for (currency, amount) in try #require(expected["lifetime_revenue"]).members {
                revenue[currency] = amount.integer
            }
            #expect(customer.lifetimeRevenue.amounts == revenue, "\(scenario.name) \(id)")
            try check(expected, subscriptions: try store.subscriptions(of: customer.number), scenario)
        }
    }

    private func check(
        _ expected: JSONValue,
        subscriptions: [SubscriptionRecord],
        _ scenario: Scenario
    ) throws {
        let wanted = try #require(expected["subscriptions"])
        #expect(subscriptions.count == wanted.count, "\(scenario.name)")
        for want in wanted.elements {
            let subscription = try #require(
                subscriptions.first { $0.sync.providerID?.rawValue == want["provider_id"]?.string }
            )
            #expect(subscription.status.rawValue == want["status"]?.string, "\(scenario.name)")
            #expect(subscription.price?.providerID.rawValue == want["price"]?.string)
            #expect(subscription.product?.providerID.rawValue == want["product"]?.string)
            #expect(subscription.items.first?.quantity == want["quantity"]?.integer)
            #expect(subscription.cancelsAtPeriodEnd == want["cancel_at_period_end"]?.boolean)
            #expect(subscription.currentPeriodEnd?.seconds == want["current_period_end"]?.integer)
        }
    }
}

extension Scenario {
    var places: [(place: Int, event: ProviderEvent)] {
        events.enumerated().map { ($0.offset, $0.element.event) }
    }
}
