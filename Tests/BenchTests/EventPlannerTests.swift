import Testing
import Timing

@testable import tollgate_bench

@Suite struct EventPlannerTests {
    @Test func `unique events are the births of different subscriptions`() {
        var planner = EventPlanner(story: .unique, connections: 2, random: RandomSource(seed: 1))
        let plans = (0..<10).map { planner.next(connection: $0 % 2, second: 5) }
        #expect(plans.map(\.sequence) == Array(0..<10))
        #expect(Set(plans.map(\.object)).count == 10)
        #expect(plans.allSatisfy { $0.kind == .subscriptionCreated && $0.revision == 1 })
    }

    @Test func `every object is born once, each by one connection`() {
        var planner = EventPlanner(
            story: .chained(objects: 7, invoicePercent: 0),
            connections: 3,
            random: RandomSource(seed: 1)
        )
        var owners: [UInt64: Int] = [:]
        for connection in 0..<3 {
            while let plan = planner.birth(connection: connection, second: 5) {
                #expect(owners.updateValue(connection, forKey: plan.object) == nil)
            }
        }
        #expect(owners.keys.sorted() == Array(0..<7))
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `the revisions of an object follow each other without a gap`(seed: UInt64) {
        var planner = EventPlanner(
            story: .chained(objects: 10, invoicePercent: 20),
            connections: 3,
            random: RandomSource(seed: seed)
        )
        var owners: [UInt64: Int] = [:]
        var revisions: [UInt64: UInt64] = [:]
        var invoices = 0
        for connection in 0..<3 {
            while let plan = planner.birth(connection: connection, second: 5) {
                owners[plan.object] = connection
                revisions[plan.object] = plan.revision
            }
        }
        for turn in 0..<2_000 {
            let plan = planner.next(connection: turn % 3, second: 6)
            #expect(owners[plan.object] == turn % 3, "seed \(seed)")
            if plan.kind == .invoicePaid {
                invoices += 1
            } else {
                #expect(plan.revision == (revisions[plan.object] ?? 0) + 1, "seed \(seed)")
                revisions[plan.object] = plan.revision
            }
        }
        #expect(revisions.count == 10)
        #expect((200...600).contains(invoices), "seed \(seed)")
    }
}
