import BillingModel
import Database
import DatabaseSQLite
import Lanes
import Outbox
import Providers
import Schema
import TestSupport
import Testing
import Timing

@Suite struct SendingTests {
    let outbox: OutboxHarness

    init() throws { outbox = try OutboxHarness() }

    private func later(_ seconds: Int64) -> Timestamp { outbox.now.adding(seconds: seconds) }

    @Test func `one object has one call in flight, others go on`() throws {
        for customer: Int64 in 1...3 { try outbox.update(outbox.known(customer), name: "a") }
        let first = try outbox.claim(limit: 2)
        #expect(first.count == 2)
        #expect(try outbox.claim().count == 1)
        #expect(try outbox.claim().isEmpty)
        _ = try outbox.send(first[0])
        try outbox.settle(first[0], .retry(at: later(60), AttemptTrouble("timeout")))
        try outbox.update(outbox.known(1), name: "b")
        #expect(try outbox.claim().isEmpty, "a later change of the object waits behind the one that failed")
        outbox.advance(seconds: 60)
        let again = try outbox.claim().filter { $0.id == first[0].id }
        #expect(again.count == 1)
    }

    @Test func `the bytes and the key are the same at every attempt`() throws {
        try outbox.update(outbox.known(1), name: "a")
        let first = try #require(try outbox.claim().first)
        let sent = try #require(try outbox.send(first))
        #expect(sent.key == "tg_77_\(first.id.rawValue)")
        #expect(sent.attemptsOfKey == 1)
        try outbox.settle(first, .retry(at: outbox.now, AttemptTrouble("timeout")))
        let second = try #require(try outbox.claim().first)
        let again = try #require(try outbox.send(second))
        #expect(again.request == sent.request)
        #expect(again.key == sent.key)
        #expect(again.attemptsOfKey == 2)
        #expect(OwnAnswer(attemptsOfKey: again.attemptsOfKey, isReplayed: false) == .isStale)
    }

    @Test func `a request that certainly was not executed thaws, and takes updates in again`() throws {
        try outbox.update(outbox.known(1), name: "a")
        let first = try #require(try outbox.claim().first)
        _ = try outbox.send(first)
        let refused = AttemptTrouble("connect", mayHaveBeenExecuted: false)
        try outbox.settle(first, .retry(at: outbox.now, refused))
        #expect(try outbox.update(outbox.known(1), name: "b") == .merged(into: first.id))
        let second = try #require(try outbox.claim().first)
        #expect(second.name == "b")
        #expect(try outbox.send(second)?.attemptsOfKey == 1)
        try outbox.settle(second, .retry(at: outbox.now, AttemptTrouble("timeout")))
        let third = try #require(try outbox.claim().first)
        _ = try outbox.send(third)
        try outbox.settle(third, .retry(at: outbox.now, refused))
        #expect(try outbox.operation(first.id)?.state == .sent, "an earlier attempt may have been executed")
    }

    @Test func `a new key is another one, and the old one is never used again`() throws {
        try outbox.update(outbox.known(1), name: "a")
        let first = try #require(try outbox.claim().first)
        let sent = try #require(try outbox.send(first))
        try outbox.settle(first, .lookUp(at: outbox.now, AttemptTrouble("stored_failure")))
        let lookup = try #require(try outbox.claim().first)
        #expect(lookup.wantsLookup)
        try outbox.settle(lookup, .renew(at: outbox.now, AttemptTrouble("no_effect")))
        let second = try #require(try outbox.claim().first)
        #expect(!second.wantsLookup)
        let again = try #require(try outbox.send(second))
        #expect(again.key == sent.key + "_2")
        #expect(again.attemptsOfKey == 1)
    }

    @Test func `a dead process holds nothing up, and its request goes out as it was`() throws {
        try outbox.update(outbox.known(1), name: "a")
        try outbox.update(outbox.known(2), name: "b")
        let held = try outbox.claim()
        let sent = try #require(try outbox.send(held[0]))
        #expect(try outbox.claim().isEmpty)
        outbox.owner = LeaseOwner(drawn: 2)
        #expect(try outbox.rescue() == 2)
        let claimed = try outbox.claim()
        #expect(claimed.map(\.id) == held.map(\.id))
        #expect(claimed[0].sent?.request == sent.request)
        #expect(claimed[0].sent?.key == sent.key)
        #expect(claimed[1].sent == nil)
        let isLate = try outbox.settle(held[0], .done(nil))
        #expect(!isLate, "the dead one's answer changes nothing")
        #expect(try outbox.operation(held[0].id)?.state == .sent)
        #expect(try outbox.send(held[1]) == nil, "nor may it send")
    }

    @Test func `a lease that ran out is taken over`() throws {
        try outbox.update(outbox.known(1), name: "a")
        let held = try #require(try outbox.claim().first)
        outbox.advance(seconds: 60)
        let claimed = try #require(try outbox.claim().first)
        #expect(claimed.flight != held.flight)
        #expect(try !outbox.settle(held, .done(nil)))
        #expect(try outbox.settle(claimed, .done(nil)))
    }

    @Test func `what another copy of the file sent is looked up before anything is sent`() throws {
        try outbox.update(outbox.known(1), name: "a")
        let held = try #require(try outbox.claim().first)
        _ = try outbox.send(held)
        outbox.owner = LeaseOwner(drawn: 2)
        outbox.keyEpoch = 78
        _ = try outbox.rescue()
        let claimed = try #require(try outbox.claim().first)
        #expect(claimed.wantsLookup)
        try outbox.settle(claimed, .renew(at: outbox.now, AttemptTrouble("no_effect")))
        let again = try #require(try outbox.claim().first)
        #expect(try outbox.send(again)?.key == "tg_78_\(held.id.rawValue)_2")
    }

    @Test func `a session waits until its customer has an id`() throws {
        try outbox.make(1, name: "a")
        try outbox.openSession(of: 1)
        let make = try #require(try outbox.claim().first)
        #expect(make.kind == .createCustomer)
        #expect(try outbox.claim().isEmpty)
        _ = try outbox.send(make)
        try outbox.settle(make, .acknowledged(ProviderID("cus_1")))
        let session = try #require(try outbox.claim().first)
        #expect(session.kind == .createCheckoutSession)
        #expect(session.customerID == ProviderID("cus_1"))
    }

    @Test func `an acknowledged patch ends with a read that began later, not with one that began before`()
        throws
    {
        try outbox.update(outbox.known(1), name: "a")
        let update = try #require(try outbox.claim().first)
        _ = try outbox.send(update)
        try outbox.settle(update, .acknowledged(nil))
        let lane = try #require(try outbox.lane(of: 1))
        #expect(lane.state.needsRead)
        let now = outbox.now
        let before = try outbox.write { transaction throws(DatabaseError) in
            try OutboxSettlingTable.finishAcknowledged(
                of: lane.id,
                before: update.flight.start,
                now: now,
                in: transaction
            )
        }
        #expect(before == 0)
        let after = try outbox.write { transaction throws(DatabaseError) in
            let start = try LogicalClockTable.next(in: transaction)
            return try OutboxSettlingTable.finishAcknowledged(
                of: lane.id,
                before: start,
                now: now,
                in: transaction
            )
        }
        #expect(after == 1)
        #expect(try outbox.operation(update.id)?.outcome == "confirmed")
    }

    @Test func `a write holds off a read of the same object, and a read a write`() throws {
        try outbox.update(outbox.known(1), name: "a")
        let update = try #require(try outbox.claim().first)
        let lane = update.flight.lane
        let (now, connection, owner) = (outbox.now, outbox.connection, outbox.owner)
        try outbox.write { transaction throws(DatabaseError) in
            try LaneReadsTable.markDirty(lane, for: .run, due: now, now: now, in: transaction)
        }
        func claimReads() throws -> [ClaimedRead] {
            try outbox.write { transaction throws(DatabaseError) in
                try LaneReadsTable.claim(
                    on: connection,
                    owner: owner,
                    limit: 10,
                    leaseMilliseconds: 60_000,
                    now: now,
                    in: transaction
                )
            }
        }
        #expect(try claimReads().isEmpty)
        try outbox.settle(update, .done(nil))
        #expect(try claimReads().count == 1)
        try outbox.update(outbox.known(1), name: "b")
        #expect(try outbox.claim().isEmpty)
    }

    @Test func `dead letters are listed, tried again and given up`() throws {
        try outbox.update(outbox.known(1), name: "a")
        let update = try #require(try outbox.claim().first)
        _ = try outbox.send(update)
        let message = String(repeating: "long\u{7}", count: 100)
        try outbox.settle(update, .dead(AttemptTrouble("http_402", message)))
        let now = outbox.now
        var filter = StoredOperationFilter()
        filter.state = .dead
        let wanted = filter
        let dead = try outbox.database.read { transaction throws(DatabaseError) in
            try OutboxAdministration.list(wanted, before: nil, limit: 10, in: transaction)
        }
        #expect(dead.map(\.outcome) == ["http_402"])
        let stored = try #require(dead.first?.message)
        #expect(stored.utf8.count <= AttemptTrouble.messageBytesMax && !stored.contains("\u{7}"))
        let depth = try outbox.database.read { transaction throws(DatabaseError) in
            try OutboxAdministration.depth(in: transaction)
        }
        #expect(depth.open == 0 && depth.dead == 1 && depth.oldest == nil)
        func act(
            _ act:
                @escaping @Sendable (OperationID, Timestamp, any WriteTransaction) throws(DatabaseError) ->
                OperationActOutcome
        ) throws -> OperationActOutcome {
            try outbox.write { transaction throws(DatabaseError) in try act(update.id, now, transaction) }
        }
        let retry = OutboxAdministration.retry(_:now:in:)
        let discard = OutboxAdministration.discard(_:now:in:)
        #expect(
            try act { id, now, transaction throws(DatabaseError) in try retry(id, now, transaction) } == .done
        )
        let again = try #require(try outbox.claim().first)
        #expect(again.wantsLookup)
        try outbox.settle(again, .dead(AttemptTrouble("http_402")))
        #expect(
            try act { id, now, transaction throws(DatabaseError) in try discard(id, now, transaction) }
                == .done
        )
        #expect(try outbox.operation(update.id)?.outcome == "discarded")
        #expect(
            try act { id, now, transaction throws(DatabaseError) in try retry(id, now, transaction) }
                == .refused(.done)
        )
    }

    private func retry(_ id: OperationID) throws -> OperationActOutcome {
        let now = outbox.now
        return try outbox.write { transaction throws(DatabaseError) in
            try OutboxAdministration.retry(id, now: now, in: transaction)
        }
    }

    private func discard(_ id: OperationID) throws -> OperationActOutcome {
        let now = outbox.now
        return try outbox.write { transaction throws(DatabaseError) in
            try OutboxAdministration.discard(id, now: now, in: transaction)
        }
    }

    @Test func `a dead update is not sent after a newer one`() throws {
        try outbox.update(outbox.known(1), name: "old")
        let old = try #require(try outbox.claim().first)
        _ = try outbox.send(old)
        try outbox.settle(old, .dead(AttemptTrouble("http_402")))
        try outbox.update(outbox.known(1), name: "new")
        // While the newer one waits, the old one may still go before it.
        #expect(try retry(old.id) == .done)
        let again = try #require(try outbox.claim().first)
        #expect(again.id == old.id)
        try outbox.settle(again, .dead(AttemptTrouble("http_402")))
        let new = try #require(try outbox.claim().first)
        #expect(new.name == "new")
        _ = try outbox.send(new)
        #expect(try retry(old.id) == .overtaken)
        try outbox.settle(new, .done(nil))
        #expect(try retry(old.id) == .overtaken)
        #expect(try outbox.operation(old.id)?.state == .dead)
    }

    @Test func `a dead letter that is tried again has its whole time once more`() throws {
        try outbox.update(outbox.known(1), name: "a")
        let first = try #require(try outbox.claim().first)
        _ = try outbox.send(first)
        try outbox.settle(first, .dead(AttemptTrouble("timeout")))
        outbox.advance(seconds: 4 * 86_400)
        #expect(try retry(first.id) == .done)
        #expect(try outbox.claim().first?.firstAttemptAt == outbox.now)
    }

    @Test func `a dead creation is not tried again beside a newer one`() throws {
        try outbox.make(1, name: "old")
        let old = try #require(try outbox.claim().first)
        _ = try outbox.send(old)
        try outbox.settle(old, .dead(AttemptTrouble("http_400", mayHaveBeenExecuted: false)))
        try outbox.make(1, name: "new")
        #expect(try retry(old.id) == .overtaken)
        let new = try #require(try outbox.claim().first)
        #expect(new.name == "new")
        try outbox.settle(new, .acknowledged(ProviderID("cus_1")))
        #expect(try retry(old.id) == .overtaken)
    }

    @Test func `what waits for a creation that was given up is given up to a person, not left waiting`()
        throws
    {
        try outbox.make(1, name: "a")
        let create = try #require(try outbox.claim().first)
        _ = try outbox.send(create)
        try outbox.update(outbox.unknown(1), name: "b")
        let update = try #require(try outbox.update(outbox.unknown(1), name: "c").id)
        let session = try #require(try outbox.openSession(of: 1).id)
        let other = try #require(try outbox.openSession(of: 2).id)
        try outbox.settle(create, .dead(AttemptTrouble("http_400", mayHaveBeenExecuted: false)))
        #expect(try discard(create.id) == .done)
        for id in [update, session] {
            #expect(try outbox.operation(id)?.state == .dead)
            #expect(try outbox.operation(id)?.outcome == "creation_discarded")
            #expect(try retry(id) == .unmade)
        }
        #expect(try outbox.operation(other)?.state == .queued)
        try outbox.make(1, name: "d")
        #expect(try retry(session) == .done)
        let made = try #require(try outbox.claim().first)
        _ = try outbox.send(made)
        try outbox.settle(made, .acknowledged(ProviderID("cus_1")))
        #expect(try outbox.claim().map(\.id) == [session])
    }

    @Test func `operation ids are never used again`() throws {
        let first = try #require(try outbox.update(outbox.known(1), name: "a").id)
        let remove = Statement("test.remove", "DELETE FROM outbox")
        _ = try outbox.write { transaction throws(DatabaseError) in try transaction.execute(remove, []) }
        let second = try #require(try outbox.update(outbox.known(1), name: "b").id)
        #expect(second > first)
    }

    @Test(arguments: ["tg_77_12", "tg_77_12_2", "tg_18446744073709551615_1"])
    func `a key is read back as it was written`(text: String) {
        #expect(IdempotencyKey(text)?.text == text)
    }

    @Test(arguments: ["", "tg_", "tg_7", "gw_7_1", "tg_7_0", "tg_+7_1", "tg_7_01", "tg_7_1_1", "tg_7_1_2_3"])
    func `a text that is no key of ours is none`(text: String) {
        #expect(IdempotencyKey(text) == nil)
    }

    @Test func `each pause has its own end`() throws {
        let (now, connection) = (outbox.now, outbox.connection)
        let standing = try outbox.write { transaction throws(DatabaseError) in
            _ = try ConnectionLanesTable.pause(
                connection,
                for: .credentials,
                message: "401",
                probeAt: now.adding(seconds: 60),
                now: now,
                in: transaction
            )
            let isNew = try ConnectionLanesTable.pause(
                connection,
                for: .operator,
                message: nil,
                now: now,
                in: transaction
            )
            precondition(isNew, "the operator had not paused it before")
            _ = try ConnectionLanesTable.resume(connection, from: [.credentials], in: transaction)
            return try ConnectionLanesTable.standing(of: connection, in: transaction)
        }
        #expect(standing.pauses.map(\.reason) == [.operator])
        #expect(standing.probeAt == nil)
        #expect(standing.isPausedByOperator)
    }
}
