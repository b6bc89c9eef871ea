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

    @Test func `a participant's failed part is undone, told, and does not stop the others`() async throws {
        let database = try file.open()
        let participant = FailingOnce()
        database.join(participant)
        try database.start()
        database.wakeWriter()
        try await database.write { transaction throws(DatabaseError) in
            _ = try transaction.execute(Notes.insert, [.integer(7), .null, .null])
        }
        participant.told.wait(milliseconds: 5_000)
        let kept = try database.read { transaction throws(DatabaseError) in
            try transaction.rows(Notes.all) { $0.integer(0) }
        }
        #expect(kept == [7])
        #expect(participant.outcomes.withLock { $0 } == ["test: on purpose (other, code 0)"])
        database.stop()
    }
}

private final class FailingOnce: CommitParticipant {
    let outcomes = Lock<[String]>([])
    let told = EventSignal()
    private let hasFailed = Lock(false)

    func contribute(_ transaction: any WriteTransaction) throws(DatabaseError) -> Int {
        let isFirst = hasFailed.withLock { hasFailed in
            defer { hasFailed = true }
            return !hasFailed
        }
        guard isFirst else { return 0 }
        try transaction.execute(Notes.insert, [.integer(99), .null, .null])
        throw DatabaseError(kind: .other, statement: "test", code: 0, message: "on purpose")
    }

    func settle(_ outcome: CommitOutcome) {
        let text =
            switch outcome {
            case .committed: "committed"
            case .failed(let error): error.description
            }
        outcomes.withLock { $0.append(text) }
        told.raise()
    }
}
