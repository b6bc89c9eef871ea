import BillingModel
import Database
import DatabaseSQLite
import Reconciler
import Testing
import Timing

@Suite struct RunTests {
    private func harness(customers: Int) throws -> RunHarness {
        let harness = try RunHarness()
        for number in 0..<customers {
            harness.provider.put(
                "customer",
                "cus_\(number)",
                created: 1_700_000_000 + Int64(number),
                #","name":"n\#(number)","email":"c\#(number)@x.example","metadata":{"k":"v"}"#
            )
        }
        return harness
    }

    @Test func `a first copy takes every object in, and a second run finds and writes nothing`() throws {
        let harness = try harness(customers: 1_250)
        let first = try harness.run(.customers, .apply)
        #expect(first.state == .completed, "\(first)")
        #expect(first.counters.seen == 1_250 && first.counters.repaired == 1_250, "\(first.counters)")
        #expect(try harness.visible("customer", "cus_700") == harness.provider.json("cus_700"))
        #expect(try harness.count("SELECT COUNT(*) FROM customers") == 1_250)
        let versions = try harness.versions()
        for mode in [RunMode.apply, .dryRun] {
            let second = try harness.run(.customers, mode)
            #expect(second.state == .completed, "\(second)")
            #expect(second.counters.seen == 1_250 && second.counters.equal == 1_250, "\(second.counters)")
            #expect(second.findings == 0)
            #expect(second.progress.fractionDone == 1)
        }
        #expect(try harness.versions() == versions)
        #expect(try harness.count("SELECT COUNT(*) FROM reconciliation_seen") == 0)
        #expect(try harness.count("SELECT COUNT(*) FROM reconciliation_segments") == 0)
    }

    @Test func `a dry run tells each field that differs and changes nothing, an apply mends it`() throws {
        let harness = try harness(customers: 150)
        try harness.run(.customers, .apply)
        harness.provider.change("cus_3") {
            $0.members =
                #","name":"new","email":"c3@x.example","metadata":{"k":"w","gw_customer_id":"other"}"#
        }
        harness.provider.change("cus_4") { $0.isDeleted = true }
        harness.provider.remove("cus_5")
        harness.provider.put("customer", "cus_new", created: 1_800_000_000, #","name":"n""#)
        let versions = try harness.versions()
        let dry = try harness.run(.customers, .dryRun)
        #expect(
            try harness.lines(dry.id) == [
                #"customer cus_3 name "n3" "new" would_repair"#,
                #"customer cus_3 metadata.k "v" "w" would_repair"#,
                #"customer cus_4 - "present" - would_tombstone"#,
                #"customer cus_5 - "present" - would_tombstone"#,
                #"customer cus_new - - "present" would_create"#,
            ]
        )
        #expect(dry.state == .completed)
        #expect(dry.counters.differing == 2 && dry.counters.missing == 2 && dry.counters.tombstoned == 2)
        #expect(try harness.versions() == versions)
        #expect(try harness.count("SELECT COUNT(*) FROM lane_objects WHERE state = 'tombstone'") == 0)

        let apply = try harness.run(.customers, .apply)
        #expect(apply.counters.repaired == 2 && apply.counters.tombstoned == 2, "\(apply)")
        #expect(try harness.lines(apply.id).count == 5)
        #expect(try harness.visible("customer", "cus_3") == harness.provider.json("cus_3"))
        #expect(try harness.visible("customer", "cus_new") == harness.provider.json("cus_new"))
        #expect(try harness.visible("customer", "cus_4") == nil)
        #expect(try harness.visible("customer", "cus_5") == nil)
        let again = try harness.run(.customers, .apply)
        #expect(again.findings == 0 && again.counters.equal == 149, "\(again)")
    }

    @Test func `findings of runs that ended long ago are swept, in batches, and newer ones stay`() throws {
        let harness = try harness(customers: 20)
        try harness.run(.customers, .apply)
        for number in 0..<7 { harness.provider.change("cus_\(number)") { $0.members = #","name":"new""# } }
        let old = try harness.run(.customers, .dryRun)
        harness.pipeline.clock.advance(days: 10)
        let new = try harness.run(.customers, .dryRun)
        let time = new.createdAt.adding(seconds: -86_400)
        func sweep() throws -> Int {
            try harness.pipeline.database.writeAndWait { transaction throws(DatabaseError) in
                try FindingsTable.sweep(endedBefore: time, limit: 15, in: transaction)
            }
        }
        let count = Int(old.findings)
        #expect(count == 21)
        #expect(try sweep() == 15)
        #expect(try harness.findings(old.id).count == count - 15)
        #expect(try sweep() == count - 15)
        #expect(try sweep() == 0)
        #expect(try harness.findings(new.id).count == count)
        #expect(try harness.record(old.id).findings == old.findings)
    }
}
