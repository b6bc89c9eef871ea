import Database
import DatabaseSQLite
import TestSupport
import Testing
import Threading
import Timing

@Suite struct SQLiteDatabaseTests {
    let file: TemporaryDatabase

    init() throws {
        file = try TemporaryDatabase()
    }

    @Test func `what was written is there after the file is opened again`() async throws {
        let database = try file.open()
        try database.start()
        try await database.write { transaction throws(DatabaseError) in
            _ = try transaction.execute(
                Notes.insert,
                [.integer(1), .text("naïve \u{0}end"), .bytes([0, 255])]
            )
            _ = try transaction.execute(Notes.insert, [.integer(2), .text(""), .bytes([])])
            _ = try transaction.execute(Notes.insert, [.integer(3), .null, .null])
        }
        database.stop()

        let again = try file.open()
        let rows = try again.read { transaction throws(DatabaseError) in
            try transaction.rows(Notes.all) { row in
                "\(row.integer(0)) \(row.optionalText(1) ?? "nil") \(row.optionalBytes(2)?.description ?? "nil")"
            }
        }
        #expect(rows == ["1 naïve \u{0}end [0, 255]", "2  []", "3 nil nil"])
        again.stop()
    }

    @Test func `parameters are bound by number, not by first appearance`() throws {
        let database = try file.open()
        let row = try database.read { transaction throws(DatabaseError) in
            try transaction.first(Notes.swapped, [.integer(1), .integer(2)]) { row in
                [row.integer(0), row.integer(1), row.integer(2)]
            }
        }
        #expect(row == [2, 1, 2])
        database.stop()
    }

    @Test func `a write that throws leaves nothing and hurts no neighbour of its commit`() async throws {
        let database = try file.open()
        try database.start()
        await withTaskGroup(of: Void.self) { group in
            for number in 1...40 {
                group.addTask {
                    do {
                        try await database.write { transaction throws(DatabaseError) in
                            try transaction.execute(Notes.insert, [.integer(Int64(number)), .null, .null])
                            guard number % 2 == 0 else {
                                throw DatabaseError(
                                    kind: .other,
                                    statement: "test",
                                    code: 0,
                                    message: "on purpose"
                                )
                            }
                        }
                        #expect(number % 2 == 0)
                    } catch {
                        #expect(number % 2 == 1)
                    }
                }
            }
        }
        let kept = try database.read { transaction throws(DatabaseError) in
            try transaction.rows(Notes.all) { $0.integer(0) }
        }
        #expect(kept == (1...20).map { Int64($0 * 2) })
        database.stop()
    }

    @Test func `a second process is refused while the first one has the file`() throws {
        let database = try file.open()
        let error = #expect(throws: DatabaseError.self) { try file.open() }
        #expect(error?.kind == .busy)
        database.stop()
        try file.open().stop()
    }

    @Test func `a file of a newer tollgate is refused instead of harmed`() throws {
        let newer = Notes.migrations + [Migration(number: 2, name: "later", statements: [])]
        try file.open(migrations: newer).stop()
        let error = #expect(throws: DatabaseError.self) { try file.open() }
        #expect(error?.message.contains("newer") == true)
    }

    @Test func `commits that come one at a time are copied into the file on the way`() async throws {
        let database = try file.open()
        try database.start()
        // Ten pages each, 1,000 in all: a copy is worthwhile after 128.
        let body = SQLValue.bytes([UInt8](repeating: 7, count: 40_000))
        for number: Int64 in 1...100 {
            try await database.write { transaction throws(DatabaseError) in
                _ = try transaction.execute(Notes.insert, [.integer(number), .null, body])
            }
        }
        #expect(database.statistics.checkpoints >= 4)
        database.stop()
    }

    private struct OnPurpose: Error {}

    private func insert(_ number: Int64, in transaction: any WriteTransaction) throws(DatabaseError) {
        _ = try transaction.execute(Notes.insert, [.integer(number), .null, .null])
    }

    /// Writes `numbers` one after the other, each in a savepoint of its own, and breaks those in `broken`.
    private func write(
        _ numbers: [Int64],
        broken: Set<Int64>,
        thenFail: Bool = false,
        to database: SQLiteDatabase
    ) async throws {
        try await database.write { transaction throws(DatabaseError) in
            for number in numbers {
                do {
                    try transaction.savepoint {
                        try insert(number, in: transaction)
                        try insert(number + 1_000, in: transaction)
                        if broken.contains(number) { throw OnPurpose() }
                    }
                } catch {
                    guard error is OnPurpose else {
                        throw DatabaseError(kind: .other, statement: "test", code: 0, message: "\(error)")
                    }
                }
            }
            if thenFail {
                throw DatabaseError(kind: .other, statement: "test", code: 0, message: "on purpose")
            }
        }
    }

    @Test(arguments: [[1], [2], [3], [1, 2], [1, 3], [1, 2, 3]] as [Set<Int64>])
    func `a part that fails is undone alone, be it the first, the last or all`(
        broken: Set<Int64>
    ) async throws {
        let database = try file.open()
        try database.start()
        try await write([1, 2, 3], broken: broken, to: database)
        // It throws by design; what it left is compared below.
        try? await write([11, 12], broken: broken.count == 1 ? [11] : [], thenFail: true, to: database)
        try await write([21], broken: [], to: database)
        let kept = try database.read { transaction throws(DatabaseError) in
            try transaction.rows(Notes.all) { $0.integer(0) }
        }
        let whole = [1, 2, 3, 21].filter { !broken.contains($0) }
        #expect(Set(kept) == Set(whole + whole.map { $0 + 1_000 }))
        database.stop()
    }

    @Test func `a reader cannot write`() throws {
        let database = try file.open()
        let error = #expect(throws: DatabaseError.self) {
            try database.read { transaction throws(DatabaseError) in
                try transaction.forEachRow(Notes.insert, [.integer(1), .null, .null]) {
                    _ throws(DatabaseError) in
                }
            }
        }
        #expect(error?.message.contains("readonly") == true)
        database.stop()
    }

    @Test(arguments: [NotingOnce.Place.first, .middle, .last])
    func `a participant's failed part is undone, told, and does not stop the others`(
        place: NotingOnce.Place
    ) throws {
        let database = try file.open()
        let failing = NotingOnce(number: 99, fails: true)
        let others = [NotingOnce(number: 1, fails: false), NotingOnce(number: 2, fails: false)]
        var all = others
        all.insert(failing, at: place.rawValue)
        for participant in all { database.join(participant) }
        try database.start()
        try database.writeAndWait { transaction throws(DatabaseError) in
            _ = try transaction.execute(Notes.insert, [.integer(7), .null, .null])
        }
        for participant in all where participant.outcomes.withLock({ $0.isEmpty }) {
            participant.told.wait(milliseconds: 5_000)
        }
        let kept = try database.read { transaction throws(DatabaseError) in
            try transaction.rows(Notes.all) { $0.integer(0) }
        }
        #expect(kept == [1, 2, 7])
        #expect(failing.outcomes.withLock { $0 } == ["test: on purpose (other, code 0)"])
        // All of one transaction, and of the same: a part that failed costs the others neither.
        for other in others { #expect(other.outcomes.withLock { $0 } == ["committed 1"]) }
        database.stop()
    }

    @Test func `when every part fails nothing is kept, and the next transaction is whole`() throws {
        let database = try file.open()
        let participants = [NotingOnce(number: 98, fails: true), NotingOnce(number: 99, fails: true)]
        for participant in participants { database.join(participant) }
        try database.start()
        database.wakeWriter()
        for participant in participants where participant.outcomes.withLock({ $0.isEmpty }) {
            participant.told.wait(milliseconds: 5_000)
        }
        try database.writeAndWait { transaction throws(DatabaseError) in
            _ = try transaction.execute(Notes.insert, [.integer(7), .null, .null])
        }
        let kept = try database.read { transaction throws(DatabaseError) in
            try transaction.rows(Notes.all) { $0.integer(0) }
        }
        #expect(kept == [7])
        for participant in participants {
            #expect(participant.outcomes.withLock { $0 } == ["test: on purpose (other, code 0)"])
        }
        database.stop()
    }
}

/// Writes one note in the first transaction, and then fails or not.
final class NotingOnce: CommitParticipant {
    /// Where it joins, beside two that do not fail.
    enum Place: Int, CustomTestStringConvertible {
        case first, middle, last

        var testDescription: String { "\(self)" }
    }

    let outcomes = Lock<[String]>([])
    let told = EventSignal()
    private let number: Int64
    private let fails: Bool
    private let hasWritten = Lock(false)

    init(number: Int64, fails: Bool) {
        self.number = number
        self.fails = fails
    }

    func contribute(_ transaction: any WriteTransaction) throws(DatabaseError) -> Int {
        let isFirst = hasWritten.withLock { hasWritten in
            defer { hasWritten = true }
            return !hasWritten
        }
        guard isFirst else { return 0 }
        try transaction.execute(Notes.insert, [.integer(number), .null, .null])
        guard fails else { return 1 }
        throw DatabaseError(kind: .other, statement: "test", code: 0, message: "on purpose")
    }

    func settle(_ outcome: CommitOutcome) {
        let text =
            switch outcome {
            case .committed(let commit): "committed \(commit)"
            case .failed(let error): error.description
            }
        outcomes.withLock { $0.append(text) }
        told.raise()
    }
}
