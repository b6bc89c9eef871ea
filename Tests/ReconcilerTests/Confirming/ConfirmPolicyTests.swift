import BillingModel
import CustomerStore
import Database
import DatabaseSQLite
import Inbox
import Lanes
import Outbox
import Testing
import Timing

@testable import Reconciler

/// Which events make a read owed, which take it back, and how sure readers are told to be meanwhile.
@Suite struct ConfirmPolicyTests {
    private func born(_ confirm: ConfirmPolicy = .whenNeeded, settle: Int64? = nil) throws -> ReadHarness {
        let reads = try ReadHarness(confirm: confirm, settleMilliseconds: settle)
        try reads.tell(reads.story.birth("born", at: reads.second - 1_000))
        return reads
    }

    private func freshness(_ reads: ReadHarness) throws -> Freshness? {
        try reads.pipeline.object("cus_1")?.freshness
    }

    // MARK: When needed

    @Test func `an object gets its lane when its events leave a gap, and is read after a grace`() throws {
        let reads = try born()
        #expect(try reads.lane() == nil)
        _ = reads.story.change(to: "lost", at: reads.second - 900)
        try reads.tell(reads.story.change(to: "after a gap", at: reads.second - 800))
        let lane = try #require(try reads.lane())
        #expect(lane.state.needsRead)
        #expect(lane.reads.reason == .gap)
        #expect(lane.reads.dueAt == reads.now.adding(milliseconds: 5_000))
        #expect(lane.reads.owedSince == reads.now)
        #expect(try freshness(reads) == .provisional)
        #expect(reads.pipeline.applier.statistics.gaps == 1)
    }

    @Test func `a late event that closes the gap takes the read back`() throws {
        let reads = try born()
        let late = reads.story.change(to: "late", at: reads.second - 900)
        try reads.tell(reads.story.change(to: "early", at: reads.second - 800))
        #expect(try reads.lane()?.state.needsRead == true)
        try reads.tell(late)
        let lane = try #require(try reads.lane())
        #expect(!lane.state.needsRead)
        #expect(lane.reads == .none)
        #expect(try freshness(reads) == .chained)
        #expect(reads.pipeline.applier.statistics.withdrawals == 1)
    }

    @Test func `a read that something else asks for as well is not taken back`() throws {
        let reads = try born()
        let late = reads.story.change(to: "late", at: reads.second - 900)
        try reads.tell(reads.story.change(to: "early", at: reads.second - 800))
        let (id, now) = (try #require(try reads.lane()).id, reads.now)
        try reads.write { transaction throws(DatabaseError) in
            try LaneReadsTable.markDirty(id, for: .run, due: now, now: now, in: transaction)
        }
        try reads.tell(late)
        #expect(try reads.lane()?.state.needsRead == true)
    }

    @Test func `a deletion is provisional until a read shows it, and then stays`() throws {
        let reads = try born()
        try reads.tell(reads.story.deletion(at: reads.second - 900))
        #expect(try reads.pipeline.object("cus_1")?.state == .tombstone)
        #expect(try freshness(reads) == .provisional)
        #expect(try reads.lane()?.reads.reason == .deletion)
        // Whatever else is told of it, nobody has read it yet.
        try reads.tell(reads.story.snapshot("after", at: reads.second - 890))
        #expect(try freshness(reads) == .provisional)
        let deleted = Array(#"{"id":"cus_1","object":"customer","deleted":true}"#.utf8)
        try reads.end(try reads.beginRead(), deleted)
        #expect(try freshness(reads) == .confirmed)
        #expect(try reads.lane()?.state.needsRead == false)
        // Events that come late, from before the deletion or with later seconds, change nothing any more.
        try reads.tell(reads.story.change(to: "ghost", at: reads.second - 895))
        try reads.tell(reads.story.change(to: "ghost", at: reads.second + 500))
        try reads.tell(reads.story.change(to: "ghost", at: reads.second + 400))
        #expect(try freshness(reads) == .confirmed)
        #expect(try reads.pipeline.object("cus_1")?.state == .tombstone)
        #expect(try reads.lane()?.state.needsRead == false)
    }

    @Test func `a deletion that is the first that is heard of an object is read as well`() throws {
        let reads = try ReadHarness()
        try reads.tell(reads.story.deletion(at: reads.second - 900))
        #expect(try freshness(reads) == .provisional)
        #expect(try reads.lane()?.reads.reason == .deletion)
    }

    @Test func `a thin event of an object that nobody knows has it read, and the read makes it`() throws {
        let reads = try ReadHarness()
        try reads.tell(reads.story.hint())
        #expect(try reads.pipeline.event("evt_thin_cus_1_1")?.state == .applied)
        #expect(try reads.pipeline.object("cus_1") == nil)
        #expect(try reads.lane()?.reads.reason == .hint)
        try reads.read("read")
        #expect(try reads.shown()?.name == "read")
        #expect(try freshness(reads) == .confirmed)
    }

    @Test func `a thin event after the full one of the same batch flags the object`() throws {
        let reads = try ReadHarness()
        let birth = reads.story.birth("born", at: reads.second - 1_000)
        try reads.pipeline.offer([birth, reads.story.hint()])
        try reads.pipeline.drain()
        #expect(try freshness(reads) == .provisional)
        #expect(try reads.lane()?.reads.reason == .hint)
    }

    @Test func `an event close to the read that means the same in another rendering owes nothing`() throws {
        let reads = try born()
        try reads.read("read")
        reads.story.version = "2020-08-27"
        try reads.tell(reads.story.snapshot("read", at: reads.second + 5))
        #expect(try reads.lane()?.state.needsRead == false)
        #expect(try freshness(reads) == .confirmed)
    }

    @Test func `an event links onto a read that renders the same state otherwise`() throws {
        let reads = try born()
        let version = reads.story.version
        reads.story.version = "2020-08-27"
        let body = reads.story.body("read")
        reads.story.version = version
        // A read that names the events' version and still leaves out what they have.
        try reads.end(try reads.beginRead(), body)
        _ = reads.story.snapshot("read", at: 0)
        try reads.tell(reads.story.change(to: "later", at: reads.second + 60))
        #expect(try reads.shown()?.name == "later")
        #expect(try freshness(reads) == .chained)
        #expect(try reads.lane()?.state.needsRead == false)
    }

    @Test func `a read that agrees with a guess which it may not contain does not end the doubt`() throws {
        let reads = try born()
        let there = reads.story.change(to: "there", at: reads.second + 60)
        let back = reads.story.change(to: "born", at: reads.second + 61)
        let read = try reads.beginRead()
        // The read shows what was before both; of them the second arrives first, and agrees by chance.
        try reads.tell(back)
        try reads.end(read, reads.story.body("born"))
        #expect(try freshness(reads) == .provisional)
        #expect(try reads.lane()?.state.needsRead == true)
        try reads.tell(there)
        #expect(try reads.shown()?.name == "born")
    }

    @Test func `a type without typed rows is never read`() throws {
        let reads = try ReadHarness()
        func event(_ number: Int, _ value: Int) -> [UInt8] {
            Array(
                """
                {"id":"evt_t\(number)","object":"event","created":\(reads.second + Int64(number)),\
                "livemode":false,"type":"topup.updated","data":{"object":{"id":"tu_1","object":"topup",\
                "amount":\(value)}}}
                """.utf8
            )
        }
        try reads.tell(event(1, 1))
        try reads.tell(event(2, 2))
        let topup = try reads.pipeline.object("tu_1", type: ObjectType(rawValue: "topup"))
        #expect(topup?.freshness == .provisional)
        let key = ObjectKey(
            connection: reads.connection,
            type: ObjectType(rawValue: "topup"),
            id: ProviderID("tu_1")
        )
        let lane = try reads.pipeline.database.read { transaction throws(DatabaseError) in
            try LanesTable.find(key, in: transaction)
        }
        #expect(lane == nil)
    }

    // MARK: Always

    @Test func `where everything is confirmed, each event has its object read and what it names`() throws {
        let reads = try ReadHarness(confirm: .always)
        let subscription = Array(
            """
            {"id":"evt_s1","object":"event","api_version":"2026-06-24.dahlia","created":\(reads.second),\
            "livemode":false,"type":"customer.subscription.created","data":{"object":{"id":"sub_1",\
            "object":"subscription","customer":"cus_1","status":"active","created":1700000000,\
            "items":{"object":"list","data":[{"id":"si_1","object":"subscription_item","price":\
            {"id":"price_1","object":"price","product":"prod_1"}}]}}}}
            """.utf8
        )
        try reads.tell(subscription)
        let connection = reads.connection
        let owed = try reads.pipeline.database.read { transaction throws(DatabaseError) in
            var owed: [String] = []
            for (type, id) in [
                (ObjectType.subscription, "sub_1"), (.customer, "cus_1"), (.price, "price_1"),
                (.product, "prod_1"),
            ] {
                let key = ObjectKey(connection: connection, type: type, id: ProviderID(id))
                let lane = try LanesTable.find(key, in: transaction)
                if lane?.state.needsRead == true, lane?.reads.reason == .event { owed.append(id) }
            }
            return owed
        }
        #expect(owed == ["sub_1", "cus_1", "price_1", "prod_1"])
    }

    @Test func `where everything is confirmed, an event that links asks for a read all the same`() throws {
        let reads = try born(.always)
        #expect(try reads.lane()?.reads.reason == .event)
        #expect(try freshness(reads) == .chained)
        try reads.read("born")
        #expect(try freshness(reads) == .confirmed)
        try reads.tell(reads.story.change(to: "linked", at: reads.second + 60))
        #expect(try reads.lane()?.state.needsRead == true)
        #expect(try freshness(reads) == .chained)
    }

    // MARK: Never

    @Test func `where nothing is read, a deletion is believed and a gap asks for nothing`() throws {
        let reads = try born(.never)
        _ = reads.story.change(to: "lost", at: reads.second - 900)
        try reads.tell(reads.story.change(to: "after a gap", at: reads.second - 800))
        try reads.tell(reads.story.hint())
        #expect(try freshness(reads) == .provisional)
        #expect(try reads.lane() == nil)
        try reads.tell(reads.story.deletion(at: reads.second - 700))
        #expect(try reads.pipeline.object("cus_1")?.state == .tombstone)
        let other = try ReadHarness(confirm: .never)
        try other.tell(other.story.birth("born", at: other.second - 1_000))
        try other.tell(other.story.deletion(at: other.second - 700))
        #expect(try other.pipeline.object("cus_1")?.freshness == .chained)
        #expect(try other.lane() == nil)
    }

    @Test func `where nothing is read, an edit is shown until the event that carries its key`() throws {
        let reads = try born(.never)
        try reads.edit("edited")
        let call = try reads.send()
        #expect(try reads.answer(call, "edited") == .acknowledged)
        #expect(try reads.operation(call.0.id)?.state == .acknowledged)
        #expect(try reads.lane()?.reads == LaneReadPlan.none, "nobody makes the read that would end it")
        #expect(try reads.shown()?.name == "edited")
        #expect(try freshness(reads) == .chained)
        reads.story.idempotencyKey = call.1.key
        try reads.tell(reads.story.change(to: "edited", at: reads.second))
        #expect(try reads.operation(call.0.id)?.state == .done)
        #expect(try reads.shown()?.name == "edited")
        #expect(try freshness(reads) == .chained)
    }

    @Test func `where nothing is read, an edit ends at an event of a later second as well`() throws {
        let reads = try born(.never)
        try reads.edit("edited")
        let call = try reads.send()
        try reads.answer(call, "edited")
        let second = reads.now.seconds
        try reads.tell(reads.story.change(to: "theirs", at: second))
        #expect(try reads.operation(call.0.id)?.state == .acknowledged)
        try reads.tell(reads.story.change(to: "theirs since", at: second + 1))
        #expect(try reads.operation(call.0.id)?.state == .done)
        #expect(try reads.shown()?.name == "theirs since")
    }

    // MARK: The settling read

    @Test func `after a burst was read it is read once more, where that is asked for`() throws {
        let reads = try born(settle: 60_000)
        try reads.tell(reads.story.hint())
        try reads.end(try claim(reads, after: 5), reads.story.body("read"))
        let lane = try #require(try reads.lane())
        #expect(lane.reads.reason == .settle)
        #expect(lane.reads.dueAt == reads.now.adding(milliseconds: 60_000))
        #expect(try freshness(reads) == .confirmed)
        try reads.end(try claim(reads, after: 60), reads.story.body("read"))
        #expect(try reads.lane()?.state.needsRead == false)
    }

    @Test func `without that it is read once`() throws {
        let reads = try born()
        try reads.tell(reads.story.hint())
        try reads.end(try claim(reads, after: 5), reads.story.body("read"))
        #expect(try reads.lane()?.state.needsRead == false)
    }

    private func claim(_ reads: ReadHarness, after seconds: Int64) throws -> ClaimedRead {
        reads.pipeline.clock.advance(seconds: seconds)
        let (connection, now) = (reads.connection, reads.now)
        let claimed = try reads.write { transaction throws(DatabaseError) in
            try LaneReadsTable.claim(
                on: connection,
                owner: LeaseOwner(drawn: 1),
                limit: 1,
                leaseMilliseconds: 60_000,
                now: now,
                in: transaction
            )
        }
        return try #require(claimed.first)
    }
}
