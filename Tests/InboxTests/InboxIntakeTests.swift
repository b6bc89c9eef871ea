import Database
import DatabaseSQLite
import Inbox
import TestSupport
import Testing
import Threading
import Timing

@Suite struct InboxIntakeTests {
    @Test func `an event is answered after its commit and never before`() throws {
        // Seen inside the transaction and from another connection at the moment of the answer.
        let seen = Lock(
            (open: 0, answeredWhileOpen: false, visibleAtAnswer: -1, harness: IntakeHarness?.none)
        )
        let harness = try IntakeHarness(
            starts: false,
            onAnswers: { database, _ in
                // A failed read counts nothing, and the expectation fails.
                let count = try? database.read { transaction throws(DatabaseError) in
                    try transaction.rows(IntakeHarness.all) { $0.integer(0) }.count
                }
                seen.withLock { $0.visibleAtAnswer = count ?? -2 }
            },
            whileOpen: { transaction in
                // A failed read counts nothing, and the expectation fails.
                let rows = (try? transaction.rows(IntakeHarness.all) { $0.integer(0) }.count) ?? 0
                seen.withLock { seen in
                    seen.open = max(seen.open, rows)
                    if seen.visibleAtAnswer < 0, let harness = seen.harness, harness.answerCount > 0 {
                        seen.answeredWhileOpen = true
                    }
                }
            }
        )
        seen.withLock { $0.harness = harness }
        let events = (0..<20).map { harness.event("evt_\($0)") }
        for event in events { #expect(harness.intake.offer(event)) }
        try harness.database.start()
        #expect(harness.wait(for: events) == Array(repeating: "stored", count: 20))
        let result = seen.withLock { seen in
            seen.harness = nil
            return (seen.open, seen.answeredWhileOpen, seen.visibleAtAnswer)
        }
        #expect(result == (20, false, 20))
        #expect(harness.intake.statistics.batchLargest == 20)
        harness.database.stop()
    }

    @Test func `a known id is a duplicate within one batch, across batches, and after a restart`() throws {
        let file = try TemporaryDatabase()
        var harness = try IntakeHarness(file: file, starts: false)
        let events = ["evt_1", "evt_2", "evt_1", "evt_1"].map { harness.event($0) }
        for event in events { #expect(harness.intake.offer(event)) }
        try harness.database.start()
        #expect(harness.wait(for: events) == ["stored", "stored", "duplicate", "duplicate"])
        #expect(harness.offer([harness.event("evt_2")]) == ["duplicate"])
        harness.database.stop()
        harness = try IntakeHarness(file: file)
        #expect(harness.offer([harness.event("evt_1"), harness.event("evt_3")]) == ["duplicate", "stored"])
        #expect(try harness.stored().map(\.eventID) == ["evt_1", "evt_2", "evt_3"])
        // Another connection's event of the same id is another event.
        #expect(harness.offer([harness.event("evt_1", connection: 2)]) == ["stored"])
        harness.database.stop()
    }

    @Test func `ids that only look alike are two events`() throws {
        let harness = try IntakeHarness()
        let answers = harness.offer([harness.event("evt_e\u{301}"), harness.event("evt_\u{E9}")])
        #expect(answers == ["stored", "stored"])
        harness.database.stop()
    }

    @Test func `other data under a known id and API version is an anomaly, and the first stays`() throws {
        let harness = try IntakeHarness()
        _ = harness.offer([harness.event("evt_1", body: "first")])
        _ = harness.offer([harness.event("evt_1", body: "first")])
        #expect(harness.intake.statistics.anomalies == 0)
        _ = harness.offer([harness.event("evt_1", body: "other", apiVersion: "v2")])
        #expect(harness.intake.statistics.anomalies == 0)
        #expect(harness.offer([harness.event("evt_1", body: "other")]) == ["duplicate"])
        #expect(harness.intake.statistics.anomalies == 1)
        let body = try harness.database.read { transaction throws(DatabaseError) in
            try InboxAdministration.body(of: 1, in: transaction)
        }
        #expect(body == Array("first".utf8))
        harness.database.stop()
    }

    @Test func `a thin event whose snapshot event is known counts as its duplicate`() throws {
        let harness = try IntakeHarness()
        #expect(harness.offer([harness.event("evt_thin_0", twin: "evt_1")]) == ["stored"])
        #expect(harness.offer([harness.event("evt_1")]) == ["stored"])
        #expect(harness.offer([harness.event("evt_thin", twin: "evt_1")]) == ["duplicate"])
        // In one batch as well, and only within its connection.
        #expect(
            harness.offer([harness.event("evt_2"), harness.event("evt_t", twin: "evt_2")]) == [
                "stored", "duplicate",
            ]
        )
        #expect(harness.offer([harness.event("evt_u", connection: 2, twin: "evt_2")]) == ["stored"])
        #expect(harness.intake.statistics.anomalies == 0)
        harness.database.stop()
    }

    /// Random text, which takes as much room packed.
    private static func unpackable(_ count: Int) -> String {
        let random = RandomSource(seed: 1)
        return String((0..<count).map { _ in Character(UnicodeScalar(UInt8(33 + random.below(94)))) })
    }

    @Test func `a full queue sheds by count and by bytes, and takes again once it was emptied`() throws {
        var limits = InboxIntake.Limits()
        limits.waitingMax = 3
        limits.waitingBytesMax = 100
        let harness = try IntakeHarness(limits: limits, starts: false)
        let events = (0..<4).map { harness.event("evt_\($0)", body: "x") }
        #expect(events.map { harness.intake.offer($0) } == [true, true, true, false])
        #expect(harness.intake.isFull)
        try harness.database.start()
        #expect(harness.wait(for: Array(events.prefix(3))) == ["stored", "stored", "stored"])
        #expect(!harness.intake.isFull)
        #expect(harness.answerCount == 3)
        #expect(
            harness.offer([harness.event("evt_large", body: Self.unpackable(101))]) == ["shed"]
        )
        #expect(
            harness.offer([harness.event("evt_fits", body: Self.unpackable(100))]) == ["stored"]
        )
        #expect(harness.offer([harness.event("evt_3")]) == ["stored"])
        #expect(harness.intake.statistics.shed == 2)
        harness.database.stop()
    }

    @Test func `more than one batch of waiting events is all committed and its bytes given back`() throws {
        var limits = InboxIntake.Limits()
        limits.batchMax = 7
        limits.waitingBytesMax = 1_000
        let harness = try IntakeHarness(limits: limits, starts: false)
        let events = (0..<100).map { harness.event("evt_\($0)", body: "0123456789") }
        #expect(events.allSatisfy { harness.intake.offer($0) })
        #expect(!harness.intake.offer(harness.event("evt_over")))
        try harness.database.start()
        #expect(Set(harness.wait(for: events)) == ["stored"])
        #expect(harness.intake.statistics.batchLargest == 7)
        #expect(try harness.stored().map(\.id) == Array(1...100))
        let more = (0..<100).map { harness.event("evt_more_\($0)", body: "0123456789") }
        #expect(more.allSatisfy { harness.intake.offer($0) })
        _ = harness.wait(for: more)
        harness.database.stop()
    }

    @Test(arguments: [DatabaseError.Kind.full, .other, .busy])
    func `a commit that fails answers failed to all, and a later try stores them once`(
        _ kind: DatabaseError.Kind
    ) throws {
        let harness = try IntakeHarness(starts: false)
        harness.faults.failNext([.beforeCommit(kind)])
        let first = ["evt_1", "evt_2", "evt_1"].map { harness.event($0) }
        for event in first { #expect(harness.intake.offer(event)) }
        try harness.database.start()
        #expect(harness.wait(for: first) == ["failed", "failed", "failed"])
        #expect(try harness.stored().isEmpty)
        #expect(harness.intake.statistics.failed == 3)
        #expect(harness.offer(["evt_2", "evt_1"].map { harness.event($0) }) == ["stored", "stored"])
        #expect(try harness.stored().map(\.id) == [1, 2])
        harness.database.stop()
    }

    @Test func `a commit that fails after storing answers failed, and the next delivery is a duplicate`()
        throws
    {
        let harness = try IntakeHarness(starts: false)
        harness.faults.failNext([.afterCommit])
        let first = ["evt_1", "evt_2"].map { harness.event($0) }
        for event in first { #expect(harness.intake.offer(event)) }
        try harness.database.start()
        #expect(harness.wait(for: first) == ["failed", "failed"])
        // Numbers that were given and did stay are not given again.
        #expect(
            harness.offer(["evt_1", "evt_3", "evt_2"].map { harness.event($0) }) == [
                "duplicate", "stored", "duplicate",
            ]
        )
        #expect(try harness.stored().map(\.eventID) == ["evt_1", "evt_2", "evt_3"])
        #expect(try harness.stored().map(\.id) == [1, 2, 3])
        let bodies = try harness.database.read { transaction throws(DatabaseError) in
            try transaction.first(IntakeHarness.bodies) { $0.integer(0) }
        }
        #expect(bodies == 3)
        harness.database.stop()
    }

    @Test func `events whose batch fails at its very first statement are answered too`() throws {
        let harness = try IntakeHarness(starts: false)
        let events = (0..<3).map { harness.event("evt_\($0)") }
        for event in events { #expect(harness.intake.offer(event)) }
        #expect(throws: DatabaseError.self) { try harness.intake.contribute(BrokenTransaction()) }
        harness.intake.settle(.failed(BrokenTransaction.failure))
        #expect(harness.answerCount == 3)
        #expect(harness.wait(for: events) == ["failed", "failed", "failed"])
        harness.database.stop()
    }

    @Test func `what is stored says what becomes of it`() throws {
        let harness = try IntakeHarness()
        _ = harness.offer([
            harness.event("evt_1"), harness.event("evt_2", disposition: .ignore(reason: "because")),
            harness.event("evt_3", disposition: .deadLetter(reason: "broken")),
        ])
        #expect(try harness.stored().map(\.state) == ["received", "ignored", "dead"])
        harness.database.stop()
    }
}

/// Fails whatever it is asked.
private final class BrokenTransaction: WriteTransaction {
    static let failure = DatabaseError(kind: .inputOutput, statement: "test", code: 10, message: "broken")

    func forEachRow(
        _ statement: Statement,
        _ values: [SQLValue],
        _ body: (any Row) throws(DatabaseError) -> Void
    ) throws(DatabaseError) {
        throw Self.failure
    }

    func execute(_ statement: Statement, _ values: [SQLValue]) throws(DatabaseError) -> Int {
        throw Self.failure
    }

    func insert(_ statement: Statement, _ values: [SQLValue]) throws(DatabaseError) -> Int64 {
        throw Self.failure
    }

    func savepoint<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        try body()
    }
}
