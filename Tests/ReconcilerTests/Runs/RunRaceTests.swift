import BillingModel
import CustomerStore
import Database
import Lanes
import Outbox
import Providers
import Reconciler
import Testing
import Timing

/// Runs beside webhooks, local edits and writes on their way.
@Suite struct RunRaceTests {
    /// One customer that is here and at the provider as the story tells it.
    private func harness(makesCustomers: Bool = false) throws -> (RunHarness, CustomerStory) {
        let harness = try RunHarness(makesCustomers: makesCustomers)
        var story = CustomerStory("cus_1")
        try harness.pipeline.offer([story.birth("Ann", at: 1_799_990_000)])
        try harness.pipeline.drain()
        harness.show("Ann")
        return (harness, story)
    }

    @Test func `a page that was read before an event and is written after it takes nothing back`() throws {
        var (harness, story) = try harness()
        harness.provider.hold()
        let id = try harness.order(.customers, .apply)
        _ = try harness.wait(for: id) { _ in !harness.provider.asked.isEmpty }
        // The page that is held shows Ann; now the provider has Bob, and tells it.
        harness.show("Bob")
        try harness.pipeline.offer([story.change(to: "Bob", at: 1_800_000_100)])
        try harness.pipeline.drain()
        harness.provider.release()
        let run = try harness.end(of: id)
        #expect(try harness.pipeline.name(of: "cus_1") == "Bob")
        #expect(run.counters.raced == 1 && run.counters.repaired == 0, "\(run)")
        let lane = try #require(try harness.lane("cus_1"))
        #expect(lane.state.needsRead && lane.reads.dueAt != nil)
        // The object is in doubt until then, whoever asks for the read.
        let owed = try harness.owedReads()
        #expect(owed.map(\.reason) == [.run] && owed.map(\.provisional) == [1], "\(owed)")
        #expect(owed.first?.oldestProvisional == lane.reads.owedSince)
        let again = try harness.run(.customers, .dryRun)
        #expect(again.counters.equal == 1 && again.findings == 0)
    }

    @Test func `webhooks that pour in during a run never make an object step back`() throws {
        let harness = try RunHarness()
        var stories = (0..<120).map { CustomerStory("cus_\($0)") }
        var events = stories.indices.map { stories[$0].birth("v0", at: 1_799_000_000) }
        try harness.pipeline.offer(events)
        try harness.pipeline.drain()
        func show(_ index: Int, _ name: String) {
            harness.provider.put("customer", "cus_\(index)", created: 1_700_000_000, Self.members(name))
        }
        for index in stories.indices { show(index, "v0") }
        var shown = [Int](repeating: 0, count: stories.count)
        func look() throws {
            for index in stories.indices {
                let name = try harness.pipeline.name(of: "cus_\(index)") ?? "v-1"
                let version = Int(name.dropFirst()) ?? -1
                #expect(version >= shown[index], "cus_\(index) steps from \(shown[index]) to \(version)")
                shown[index] = max(shown[index], version)
            }
        }
        for round in 1...12 {
            let id = try harness.order(.customers, .apply)
            events = []
            for index in stories.indices where (index + round) % 3 == 0 {
                show(index, "v\(round)")
                let event = stories[index].change(to: "v\(round)", at: 1_800_000_000 + Int64(round) * 60)
                // Every fifth is lost.
                if index % 5 != 0 { events.append(event) }
                if index % 40 == 0 { try look() }
            }
            try harness.pipeline.offer(events)
            try look()
            #expect(try harness.end(of: id).state == .completed)
            try harness.pipeline.drain()
            try look()
        }
        try harness.run(.customers, .apply)
        for index in stories.indices {
            let last = (1...12).last { (index + $0) % 3 == 0 } ?? 0
            let name = try harness.pipeline.name(of: "cus_\(index)")
            let isOwed = try harness.lane("cus_\(index)")?.state.needsRead ?? false
            #expect(name == "v\(last)" || isOwed, "cus_\(index): \(name ?? "-")")
        }
    }

    @Test func `an edit in the provider's dashboard is taken in and never reverted`() throws {
        let (harness, _) = try harness()
        harness.show("Dashboard")
        let run = try harness.run(.customers, .apply)
        #expect(run.counters.repaired == 1)
        #expect(try harness.pipeline.name(of: "cus_1") == "Dashboard")
        #expect(try harness.count("SELECT COUNT(*) FROM outbox") == 0)
    }

    @Test func `a local edit that waits survives a run, is a finding, and none once it is done`() throws {
        let (harness, _) = try harness()
        try harness.edit("Local")
        harness.show("Dashboard")
        let dry = try harness.run(.customers, .dryRun)
        #expect(
            try harness.lines(dry.id) == [
                #"customer cus_1 name "Ann" "Dashboard" would_repair"#,
                #"customer cus_1 - "update_customer" - would_push"#,
            ]
        )
        let run = try harness.run(.customers, .apply)
        #expect(run.counters.repaired == 1 && run.counters.queued == 1 && run.state == .completed, "\(run)")
        // What the application sees is its own edit, over what the provider has.
        #expect(try harness.shownName() == "Local")
        #expect(try harness.pipeline.name(of: "cus_1") == "Dashboard")
        try harness.carryAll()
        #expect(try harness.pipeline.name(of: "cus_1") == "Local")
        #expect(try harness.run(.customers, .dryRun).findings == 0)
        #expect(try harness.shownName() == "Local")
    }

    @Test func `an object whose write is on its way is left alone, and a read of it is owed`() throws {
        let (harness, _) = try harness()
        try harness.edit("Local")
        try harness.claimWrite()
        harness.show("Dashboard")
        let run = try harness.run(.customers, .apply)
        #expect(run.counters.raced == 1, "\(run)")
        #expect(try harness.pipeline.name(of: "cus_1") == "Ann")
        #expect(try harness.lane("cus_1")?.state.needsRead == true)
    }

    @Test func `a dead letter is a finding that only a person mends`() throws {
        let (harness, _) = try harness()
        try harness.edit("Local")
        try harness.kill()
        let run = try harness.run(.customers, .apply)
        #expect(run.state == .incomplete && run.counters.failed == 1, "\(run)")
        #expect(try harness.findings(run.id).map(\.action) == [.failed])
    }

    @Test(arguments: [true, false])
    func `a customer that only we have is queued where customers are made on write`(isMade: Bool) throws {
        let (harness, _) = try harness(makesCustomers: isMade)
        let number = try harness.makeLocal("Only here")
        let dry = try harness.run(.customers, .dryRun)
        #expect(dry.counters.queued == (isMade ? 1 : 0))
        #expect(try harness.count("SELECT COUNT(*) FROM outbox") == 0)
        let run = try harness.run(.customers, .apply)
        #expect(run.counters.queued == (isMade ? 1 : 0) && run.state == .completed, "\(run)")
        let queued = try harness.count(
            """
            SELECT COUNT(*) FROM outbox JOIN lane_objects lane ON lane.id = outbox.lane_id
            WHERE outbox.kind = 'create_customer' AND lane.local_id = \(number)
            """
        )
        #expect(queued == (isMade ? 1 : 0))
        // Queued once, however often it is run.
        try harness.run(.customers, .apply)
        #expect(try harness.count("SELECT COUNT(*) FROM outbox") == queued)
    }

    @Test func `a provisional object that the list shows as it is becomes confirmed`() throws {
        var (harness, story) = try harness()
        // Told without what was before: a gap.
        try harness.pipeline.offer([story.snapshot("Cid", at: 1_799_990_100)])
        try harness.pipeline.drain()
        #expect(try harness.pipeline.object("cus_1")?.freshness == .provisional)
        harness.show("Cid")
        harness.pipeline.clock.advance(seconds: 3_600)
        let run = try harness.run(.customers, .apply)
        #expect(run.counters.equal == 1 && run.findings == 0, "\(run)")
        #expect(try harness.pipeline.object("cus_1")?.freshness == .confirmed)
    }

    @Test
    func `a thousand objects with fifty differences of every kind are found, mended, and found no more`()
        throws
    {
        let harness = try RunHarness(makesCustomers: true)
        let provider = harness.provider
        for number in 0..<400 {
            provider.put("customer", "cus_\(number)", created: 1_700_000_000, Self.members("n\(number)"))
        }
        for number in 0..<300 {
            provider.put(
                "subscription",
                "sub_\(number)",
                created: 1_700_000_000,
                Self.subscription(number, 0)
            )
        }
        for number in 0..<200 {
            provider.put(
                "invoice",
                "in_\(number)",
                created: 1_700_000_000,
                #","status":"open","currency":"eur","total":500,"amount_paid":0,"customer":"cus_\#(number)""#
            )
        }
        for number in 0..<100 {
            provider.put("checkout.session", "cs_\(number)", created: 1_700_000_000, Self.session("open"))
        }
        #expect(try harness.run(.all, .apply).counters.repaired == 1_000)

        for number in 0..<10 { provider.change("cus_\(number)") { $0.members = Self.members("changed") } }
        for number in 0..<8 {
            provider.put("customer", "cus_new_\(number)", created: 1_790_000_000, Self.members("new"))
        }
        for number in 0..<7 { provider.remove("in_\(number)") }
        for number in 100..<106 { provider.change("cus_\(number)") { $0.isDeleted = true } }
        for number in 0..<9 { provider.change("sub_\(number)") { $0.members = Self.subscription(number, 1) } }
        for number in 0..<6 { provider.change("cs_\(number)") { $0.members = Self.session("expired") } }
        for number in 200..<204 { try harness.edit("Local", customer: "cus_\(number)") }

        let versions = try harness.versions()
        let dry = try harness.run(.all, .dryRun)
        func objects(_ run: RunRecord) throws -> Int {
            Set(try harness.findings(run.id).map { "\($0.object) \($0.id)" }).count
        }
        #expect(try objects(dry) == 50, "\(dry)")
        #expect(try harness.versions() == versions)
        let apply = try harness.run(.all, .apply)
        #expect(try objects(apply) == 50 && apply.state == .completed, "\(apply)")
        #expect(
            apply.counters.repaired == 33 && apply.counters.tombstoned == 13 && apply.counters.queued == 4
        )
        try harness.carryAll()
        let last = try harness.run(.all, .dryRun)
        #expect(last.findings == 0 && last.state == .completed, "\(last)")
        #expect(last.counters.equal == 1_000 - 13 + 8, "\(last)")
    }

    static func members(_ name: String) -> String { #","name":"\#(name)","metadata":{},"tax_exempt":"none""# }

    static func session(_ status: String) -> String { #","status":"\#(status)","mode":"payment""# }

    static func subscription(_ number: Int, _ period: Int64) -> String {
        #","status":"active","customer":"cus_\#(number)","current_period_start":\#(1_700_000_000 + period * 2_592_000),"current_period_end":\#(1_702_592_000 + period * 2_592_000)"#
    }
}
