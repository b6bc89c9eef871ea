import Database
import Outbox
import Testing
import Timing

@Suite struct PutBackTests {
    let outbox: OutboxHarness

    init() throws { outbox = try OutboxHarness() }

    private func later(_ seconds: Int64) -> Timestamp { outbox.now.adding(seconds: seconds) }

    @Test func `what was begun and not sent is queued as it was, and takes updates in again`() throws {
        try outbox.update(outbox.known(1), name: "a")
        let first = try #require(try outbox.claim().first)
        let key = try outbox.send(first)?.key
        try outbox.settle(first, .putBack(at: outbox.now, .begun))
        let waiting = try #require(try outbox.operation(first.id))
        #expect(waiting.state == .queued && waiting.attempts == 0)
        #expect(waiting.outcome == nil && waiting.firstSentAt == nil)
        #expect(try outbox.update(outbox.known(1), name: "b") == .merged(into: first.id))
        outbox.advance(seconds: 60)
        let second = try #require(try outbox.claim().first)
        #expect(second.name == "b")
        #expect(second.firstAttemptAt == nil)
        let sent = try #require(try outbox.send(second))
        #expect(sent.key == key)
        #expect(sent.attemptsOfKey == 1)
        #expect(sent.firstSentAt == outbox.now)
    }

    @Test(arguments: [UnsentStep.taken, .begun, .looking])
    func `what was taken and not sent keeps its attempts and its last trouble`(_ step: UnsentStep) throws {
        try outbox.update(outbox.known(1), name: "a")
        let first = try #require(try outbox.claim().first)
        _ = try outbox.send(first)
        try outbox.settle(first, .retry(at: outbox.now, AttemptTrouble("timeout", "thirty seconds")))
        let second = try #require(try outbox.claim().first)
        if step == .begun { _ = try outbox.send(second) }
        try outbox.settle(second, .putBack(at: later(5), step))
        let waiting = try #require(try outbox.operation(first.id))
        #expect(waiting.state == .sent && waiting.attempts == 1)
        #expect(waiting.outcome == "timeout" && waiting.message == "thirty seconds")
        #expect(waiting.dueAt == later(5))
        #expect(waiting.wantsLookup == (step == .looking))
        outbox.advance(seconds: 5)
        let third = try #require(try outbox.claim().first)
        #expect(third.sent?.attemptsOfKey == 1)
    }

    @Test func `a dead letter is not overtaken by what was not sent`() throws {
        try outbox.update(outbox.known(1), name: "a")
        let first = try #require(try outbox.claim().first)
        _ = try outbox.send(first)
        try outbox.settle(first, .dead(AttemptTrouble("refused")))
        try outbox.update(outbox.known(1), name: "b")
        let second = try #require(try outbox.claim().first)
        _ = try outbox.send(second)
        try outbox.settle(second, .putBack(at: later(60), .begun))
        let (id, now) = (first.id, outbox.now)
        let outcome = try outbox.write { transaction throws(DatabaseError) in
            try OutboxAdministration.retry(id, now: now, in: transaction)
        }
        #expect(outcome == .done)
    }
}
