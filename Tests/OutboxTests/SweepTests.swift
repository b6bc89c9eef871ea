import Database
import Lanes
import Outbox
import Testing
import Timing

/// Operations are kept as long as somebody may ask for them.
@Suite struct SweepTests {
    let outbox: OutboxHarness

    init() throws { outbox = try OutboxHarness() }

    private func sweep(limit: Int = 100) throws -> Int {
        let time = outbox.now.adding(seconds: -86_400)
        return try outbox.write { transaction throws(DatabaseError) in
            try OutboxAdministration.sweepDone(before: time, limit: limit, in: transaction)
        }
    }

    /// An operation of a customer of its own.
    private func operation(_ customer: Int64, _ outcome: AttemptOutcome?) throws -> OperationID {
        let id = try #require(try outbox.update(outbox.known(customer), name: "a").id)
        guard let outcome else { return id }
        let claimed = try #require(try outbox.claim().first { $0.id == id })
        _ = try outbox.send(claimed)
        try outbox.settle(claimed, outcome)
        return id
    }

    @Test func `what was done long ago goes, the longest done first, and everything else stays`() throws {
        var old: [OperationID] = []
        for customer: Int64 in 1...5 {
            outbox.advance(seconds: 1)
            old.append(try operation(customer, .done(nil)))
        }
        let trouble = AttemptTrouble("refused")
        let kept = [
            try operation(11, .dead(trouble)), try operation(12, .acknowledged(nil)),
            try operation(13, .retry(at: outbox.now.adding(seconds: 900_000), trouble)),
            try operation(14, nil),
        ]
        #expect(try sweep() == 0)
        outbox.advance(seconds: 86_400)
        let young = try operation(15, .done(nil))
        outbox.advance(seconds: 1)
        #expect(try sweep(limit: 2) == 2)
        #expect(try old.map { try outbox.operation($0) != nil } == [false, false, true, true, true])
        #expect(try sweep() == 3)
        #expect(try sweep() == 0)
        #expect(try (kept + [young]).allSatisfy { try outbox.operation($0) != nil })
    }

    @Test func `the object and its later operations do not miss what was swept`() throws {
        _ = try operation(1, .done(nil))
        outbox.advance(seconds: 86_401)
        #expect(try sweep() == 1)
        let next = try #require(try outbox.update(outbox.known(1), name: "b").id)
        #expect(try outbox.claim().map(\.id) == [next])
    }
}
