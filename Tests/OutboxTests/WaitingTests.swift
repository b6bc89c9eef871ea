import BillingModel
import Database
import DatabaseSQLite
import Lanes
import Outbox
import Providers
import TestSupport
import Testing
import Timing

/// What cannot go out yet is neither looked at nor waited for by the clock, and is there the moment that it can.
@Suite struct WaitingTests {
    let outbox: OutboxHarness

    init() throws { outbox = try OutboxHarness() }

    private func nextDue() throws -> Timestamp? {
        try outbox.database.read { [connection = outbox.connection] transaction throws(DatabaseError) in
            try OutboxClaimsTable.nextDue(on: connection, in: transaction)
        }
    }

    private func takeOne() throws -> ClaimedOperation {
        let claimed = try outbox.claim()
        #expect(claimed.count == 1)
        let operation = try #require(claimed.first)
        _ = try outbox.send(operation)
        return operation
    }

    private func later(_ seconds: Int64) -> Timestamp { outbox.now.adding(seconds: seconds) }

    @Test func `a change behind one that is tried again later is not due before that one ended`() throws {
        try outbox.update(outbox.known(1), name: "a")
        let first = try takeOne()
        let second = try #require(try outbox.update(outbox.known(1), name: "b").id)
        try outbox.settle(first, .retry(at: later(60), AttemptTrouble("timeout")))
        #expect(try nextDue() == later(60))
        outbox.advance(seconds: 60)
        let again = try takeOne()
        #expect(again.id == first.id)
        try outbox.settle(again, .dead(AttemptTrouble("refused")))
        #expect(try nextDue().map { $0 <= outbox.now } == true)
        #expect(try takeOne().id == second)
    }

    @Test func `a session is due when its customer is made, and not before`() throws {
        try outbox.make(1, name: "a")
        let session = try #require(try outbox.openSession(of: 1).id)
        let creation = try takeOne()
        #expect(try outbox.operation(session)?.waitsFor == creation.id)
        #expect(try nextDue() == later(60), "the lease of the creation")
        try outbox.settle(creation, .acknowledged(ProviderID("cus_1")))
        #expect(try nextDue().map { $0 <= outbox.now } == true)
        #expect(try takeOne().id == session)
    }

    @Test func `a session whose customer could not be made waits until that is tried again`() throws {
        try outbox.make(1, name: "a")
        let session = try #require(try outbox.openSession(of: 1).id)
        let creation = try takeOne()
        try outbox.settle(creation, .dead(AttemptTrouble("refused")))
        #expect(try nextDue() == nil)
        let (id, now) = (creation.id, outbox.now)
        let retried = try outbox.write { transaction throws(DatabaseError) in
            try OutboxAdministration.retry(id, now: now, in: transaction)
        }
        #expect(retried == .done)
        try outbox.settle(try takeOne(), .acknowledged(ProviderID("cus_1")))
        #expect(try takeOne().id == session)
    }

    @Test func `a session goes out when its customer, whose creation died, is found at the provider`() throws
    {
        try outbox.make(1, name: "a")
        let session = try #require(try outbox.openSession(of: 1).id)
        try outbox.settle(try takeOne(), .dead(AttemptTrouble("refused")))
        #expect(try outbox.claim().isEmpty)
        let update = try #require(try outbox.update(outbox.known(1), name: "b").id)
        #expect(Set(try outbox.claim().map(\.id)) == [session, update])
    }

    @Test func `an end that takes back what was not sent waits for what was`() throws {
        try outbox.update(outbox.known(1), name: "a")
        let first = try takeOne()
        try outbox.update(outbox.known(1), name: "b")
        let end = try #require(try outbox.delete(outbox.known(1)).id)
        #expect(try outbox.claim().isEmpty)
        try outbox.settle(first, .done(nil))
        #expect(try takeOne().id == end)
    }

    @Test func `a start sets free what waits for something that is no longer there`() throws {
        try outbox.update(outbox.known(1), name: "a")
        let first = try takeOne()
        let second = try #require(try outbox.update(outbox.known(1), name: "b").id)
        let forget = Statement("test.forget", "UPDATE outbox SET waits_for = $2 WHERE id = $1")
        _ = try outbox.write { transaction throws(DatabaseError) in
            try transaction.execute(forget, [.integer(second.rawValue), .integer(999_999)])
        }
        try outbox.settle(first, .done(nil))
        #expect(try outbox.claim().isEmpty)
        _ = try outbox.rescue()
        #expect(try takeOne().id == second)
    }
}
