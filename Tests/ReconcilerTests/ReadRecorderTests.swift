import BillingModel
import CustomerStore
import Database
import Lanes
import Outbox
import Testing
import Timing

@testable import Reconciler

/// Reads and answers of our own writes beside events: what is shown, how sure that is, and which read is owed.
@Suite struct ReadRecorderTests {
    let reads: ReadHarness

    init() throws {
        reads = try ReadHarness()
        try reads.tell(reads.story.birth("born", at: reads.second - 1_000))
    }

    private func expectShown(
        _ name: String,
        _ freshness: Freshness,
        _ state: SyncRecord.State = .synced,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let shown = try reads.shown()
        #expect(shown?.name == name, sourceLocation: sourceLocation)
        #expect(shown?.sync.freshness == freshness, sourceLocation: sourceLocation)
        #expect(shown?.sync.state == state, sourceLocation: sourceLocation)
    }

    @Test func `what a read shows is shown as confirmed, with its own JSON`() throws {
        try expectShown("born", .chained)
        try reads.read("read")
        try expectShown("read", .confirmed)
        #expect(try reads.pipeline.visible("customer", "cus_1", of: 0)?.state == reads.story.body("read"))
        #expect(try reads.lane()?.state.needsRead == false)
    }

    @Test func `a read that agrees with the events confirms them`() throws {
        let version = try reads.pipeline.object("cus_1")?.version
        try reads.read("born")
        try expectShown("born", .confirmed)
        #expect(try reads.pipeline.object("cus_1")?.version == version)
    }

    @Test func `an event that the read contains changes nothing`() throws {
        let early = reads.story.change(to: "early", at: reads.second - 100)
        try reads.read("read")
        try reads.tell(early)
        try expectShown("read", .confirmed)
        #expect(try reads.lane()?.state.needsRead == false)
    }

    @Test func `an event close to the read changes nothing, and is read when it differs`() throws {
        try reads.read("read")
        try reads.tell(reads.story.snapshot("read", at: reads.second + 5))
        #expect(try reads.lane()?.state.needsRead == false)
        try expectShown("read", .confirmed)
        try reads.tell(reads.story.snapshot("other", at: reads.second - 5))
        // Nobody can be sure of it any more.
        try expectShown("read", .provisional)
        #expect(try reads.lane()?.state.needsRead == true)
        let due = try #require(try reads.lane()?.reads.dueAt)
        #expect(due.milliseconds(since: reads.now) == ReadSchedule.standard.graceMilliseconds)
    }

    @Test func `a later event is folded onto what was read, and one of a gap asks for a read`() throws {
        _ = reads.story.snapshot("read", at: 0)
        try reads.read("read")
        try reads.tell(reads.story.change(to: "later", at: reads.second + 60))
        try expectShown("later", .chained)
        #expect(try reads.lane()?.state.needsRead == false)
        _ = reads.story.change(to: "lost", at: reads.second + 70)
        try reads.tell(reads.story.change(to: "after a gap", at: reads.second + 80))
        try expectShown("after a gap", .provisional)
        #expect(try reads.lane()?.state.needsRead == true)
    }

    @Test func `late events between a read and a newer one are put in their place`() throws {
        _ = reads.story.snapshot("read", at: 0)
        try reads.read("read")
        let first = reads.story.change(to: "one", at: reads.second + 60)
        let second = reads.story.change(to: "two", at: reads.second + 70)
        try reads.tell(second)
        try expectShown("two", .provisional)
        try reads.tell(first)
        try expectShown("two", .chained)
    }

    @Test func `a read does not replace what an event told after it began`() throws {
        let read = try reads.beginRead()
        try reads.tell(reads.story.change(to: "newer", at: reads.second + 60))
        try reads.end(read, reads.story.body("born"))
        try expectShown("newer", .provisional)
        #expect(try reads.lane()?.state.needsRead == true)
        reads.second += 100
        try reads.read("newer")
        try expectShown("newer", .confirmed)
    }

    @Test func `a deletion that a read shows is final, and takes back what was not sent`() throws {
        try reads.read("read")
        try reads.edit("edited")
        let deleted = Array(#"{"id":"cus_1","object":"customer","deleted":true}"#.utf8)
        try reads.end(try reads.beginRead(), deleted)
        #expect(try reads.shown()?.sync.state == .missing)
        try reads.tell(reads.story.change(to: "ghost", at: reads.second + 60))
        #expect(try reads.shown()?.sync.state == .missing)
        #expect(try reads.lane()?.state.needsRead == false)
    }

    @Test func `an edit is shown at once, and nothing that comes in erases it`() throws {
        try reads.edit("edited")
        try expectShown("edited", .chained, .pending)
        try reads.tell(reads.story.change(to: "theirs", at: reads.second + 60))
        try expectShown("edited", .chained, .pending)
        reads.second += 200
        let call = try reads.send()
        try expectShown("edited", .chained, .pending)
        try reads.answer(call, "edited")
        try expectShown("edited", .confirmed, .synced)
        #expect(try reads.operation(call.0.id)?.state == .done)
        #expect(try reads.lane()?.state.needsRead == false)
    }

    @Test func `one edit is one call also when its event overtakes the answer`() throws {
        try reads.edit("edited")
        let call = try reads.send()
        reads.story.idempotencyKey = call.1.key
        try reads.tell(reads.story.change(to: "edited", at: reads.second))
        #expect(try reads.operation(call.0.id)?.state == .acknowledged)
        try expectShown("edited", .chained, .pending)
        try reads.answer(call, "edited")
        try expectShown("edited", .confirmed, .synced)
        #expect(try reads.operation(call.0.id)?.state == .done)
        #expect(try reads.lane()?.state.needsRead == false)
    }

    @Test func `edits in quick succession are no more calls than edits`() throws {
        for number in 1...3 {
            try reads.edit("edit \(number)")
            let call = try reads.send()
            reads.story.idempotencyKey = call.1.key
            try reads.tell(reads.story.change(to: "edit \(number)", at: reads.second))
            try reads.answer(call, "edit \(number)")
            reads.second += 1
            try expectShown("edit \(number)", .confirmed, .synced)
            #expect(try reads.lane()?.state.needsRead == false)
        }
    }

    @Test func `a lost answer is made good by the event, and its patch ends with a read`() throws {
        try reads.edit("edited")
        let call = try reads.send()
        try reads.lose(call)
        try expectShown("edited", .chained, .pending)
        #expect(try reads.shown()?.sync.lastError == "timeout")
        reads.story.idempotencyKey = call.1.key
        try reads.tell(reads.story.change(to: "edited", at: reads.second))
        #expect(try reads.operation(call.0.id)?.state == .acknowledged)
        #expect(try reads.lane()?.state.needsRead == true)
        try reads.read("edited")
        try expectShown("edited", .confirmed, .synced)
        #expect(try reads.operation(call.0.id)?.state == .done)
    }

    @Test func `the answer of a repeated attempt acknowledges, and is never shown`() throws {
        try reads.edit("edited")
        try reads.lose(try reads.send())
        let call = try reads.send()
        #expect(try reads.answer(call, "stale", isReplayed: true) == .acknowledged)
        try expectShown("edited", .chained, .pending)
        #expect(try reads.operation(call.0.id)?.state == .acknowledged)
        try reads.read("theirs since")
        try expectShown("theirs since", .confirmed, .synced)
    }

    @Test func `a refused edit is no longer shown, and is told`() throws {
        try reads.edit("edited")
        let call = try reads.send()
        let now = reads.now
        _ = try reads.write { transaction throws(DatabaseError) in
            try OutboxSettlingTable.settle(
                call.0,
                as: .dead(AttemptTrouble("email_invalid")),
                now: now,
                in: transaction
            )
        }
        try expectShown("born", .chained, .failed)
        #expect(try reads.shown()?.sync.lastError == "email_invalid")
        #expect(try reads.lane()?.state.needsRead == true)
    }

    @Test func `a thin event asks for a read of an object that was read before`() throws {
        try reads.read("read")
        try reads.tell(reads.story.hint())
        #expect(try reads.lane()?.state.needsRead == true)
    }

    @Test func `objects whose events link have no lane`() throws {
        try reads.tell(reads.story.change(to: "linked", at: reads.second - 900))
        try expectShown("linked", .chained)
        #expect(try reads.lane() == nil)
    }
}
