import Database
import DatabaseSQLite
import Foundation
import TestSupport
import Testing
import Threading

/// Readers that never leave, work that comes too late, transactions that end by themselves.
@Suite struct SQLiteEndingTests {
    private static let slow = Statement(
        "notes.slow",
        """
        WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < $1)
        SELECT (SELECT COUNT(*) FROM notes), COUNT(*) FROM numbers
        """
    )

    @Test func `readers that always overlap do not let the WAL grow without end`() throws {
        let file = try TemporaryDatabase()
        let database = try file.open()
        try database.start()
        let isDone = Lock(false)
        let readers = (0..<3).map { number in
            WorkerThread.start(name: "reader-\(number)") {
                while !isDone.withLock({ $0 }) {
                    // The outcome is not the matter: only that it ends while the database stops.
                    _ = try? database.read { transaction throws(DatabaseError) in
                        try transaction.rows(Self.slow, [.integer(20_000)]) { $0.integer(0) }
                    }
                }
            }
        }
        // 240 MB of pages in all.
        let text = String(repeating: "x", count: 400_000)
        var largest: UInt64 = 0
        for number in 0..<Int64(600) {
            try database.writeAndWait { transaction throws(DatabaseError) in
                _ = try transaction.execute(Notes.insert, [.integer(number), .text(text), .null])
            }
            let attributes = try FileManager.default.attributesOfItem(atPath: file.path + "-wal")
            largest = max(largest, attributes[.size] as? UInt64 ?? 0)
        }
        isDone.withLock { $0 = true }
        for reader in readers { reader.join() }
        database.stop()
        print("WAL with overlapping readers: \(largest >> 20) MB at most, of 240 MB written")
        // Without it nearly all that is written stays there.
        #expect(largest < 180 << 20)
    }

    @Test func `what a checkpoint copied while a reader was in its way is seen by the next reader`() throws {
        let file = try TemporaryDatabase()
        let other = Migration(
            number: 2,
            name: "other",
            statements: ["CREATE TABLE other (id INTEGER PRIMARY KEY)"]
        )
        let database = try file.open(migrations: Notes.migrations + [other])
        try database.start()
        let text = String(repeating: "x", count: 10_000)
        try database.writeAndWait { transaction throws(DatabaseError) in
            for number in 0..<Int64(50) {
                _ = try transaction.execute(Notes.insert, [.integer(number), .text(text), .null])
            }
        }
        // Its snapshot ends between the two writes, so a checkpoint can copy the first only.
        let (isReading, mayEnd) = (EventSignal(), EventSignal())
        let failure = Lock<DatabaseError?>(nil)
        let reader = WorkerThread.start(name: "reader") {
            do throws(DatabaseError) {
                try database.read { transaction throws(DatabaseError) in
                    _ = try transaction.rows(Notes.all) { $0.integer(0) }
                    isReading.raise()
                    mayEnd.wait(milliseconds: 20_000)
                }
            } catch {
                failure.withLock { $0 = error }
                isReading.raise()
            }
        }
        isReading.wait(milliseconds: 20_000)
        #expect(failure.withLock { $0?.description } == nil)
        let before = database.statistics.checkpoints
        try database.writeAndWait { transaction throws(DatabaseError) in
            _ = try transaction.execute(Self.insertOther, [])
        }
        while database.statistics.checkpoints == before { usleep(1_000) }
        let seen = try database.read { transaction throws(DatabaseError) in
            try transaction.rows(Notes.all) { $0.text(1).utf8.count }
        }
        #expect(seen == Array(repeating: 10_000, count: 50))
        mayEnd.raise()
        reader.join()
        database.stop()
    }

    private static let insertOther = Statement("other.insert", "INSERT INTO other (id) VALUES (1)")

    @Test func `after the end reads and writes fail, and none is left without an answer`() throws {
        let file = try TemporaryDatabase()
        let database = try file.open()
        try database.start()
        let answered = Lock(0)
        for number in 0..<Int64(200) {
            database.submitWrite { transaction throws(DatabaseError) in
                try transaction.execute(Notes.insert, [.integer(number), .null, .null])
            } completion: { _ in
                answered.withLock { $0 += 1 }
            }
        }
        database.stop()
        database.stop()
        #expect(answered.withLock { $0 } == 200)
        #expect(throws: DatabaseError.self) {
            try database.writeAndWait { transaction throws(DatabaseError) in
                try transaction.execute(Notes.insert, [.integer(1_000), .null, .null])
            }
        }
        #expect(throws: DatabaseError.self) {
            try database.read { transaction throws(DatabaseError) in
                try transaction.rows(Notes.all) { $0.integer(0) }
            }
        }
        // The lock is free, and the file whole.
        let again = try file.open()
        let count = try again.read { transaction throws(DatabaseError) in
            try transaction.rows(Notes.all) { $0.integer(0) }.count
        }
        #expect(count == 200)
        again.stop()
    }

    /// Stops the database while the writer is between looking whether it shall end and its next sleep.
    private final class Stopper: CommitParticipant {
        private struct State: Sendable {
            var database: SQLiteDatabase?
            var hasAsked = false
        }

        private let state = Lock(State())
        let isStopped = EventSignal()

        func use(_ database: SQLiteDatabase) { state.withLock { $0.database = database } }

        var hasAsked: Bool { state.withLock { $0.hasAsked } }

        /// The writer has looked whether it shall end, finds no work, and is about to sleep.
        func contribute(_ transaction: any WriteTransaction) throws(DatabaseError) -> Int {
            let database = state.withLock { state in
                defer { state.database = nil }
                return state.database
            }
            guard let database else { return 0 }
            _ = WorkerThread.start(name: "stopper") { [isStopped] in
                database.stop()
                isStopped.raise()
            }
            // Long enough for the other thread to say it.
            usleep(100_000)
            state.withLock { $0.hasAsked = true }
            return 0
        }

        func settle(_ outcome: CommitOutcome) {}
    }

    @Test func `a writer that is about to sleep hears that it shall end`() throws {
        let file = try TemporaryDatabase()
        let database = try file.open()
        let stopper = Stopper()
        stopper.use(database)
        database.join(stopper)
        try database.start()
        let began = Date()
        var stopped = pollfd(fd: stopper.isStopped.descriptor, events: Int16(POLLIN), revents: 0)
        // No time that the test is held to: only so that a hang is a failure.
        let isStopped = poll(&stopped, 1, 30_000) == 1
        #expect(isStopped, "after \(Date().timeIntervalSince(began)) s")
        #expect(stopper.hasAsked)
    }

    @Test func `a stopped store is free although a forked process still holds its descriptors`() throws {
        let file = try TemporaryDatabase()
        let database = try file.open()
        let links = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
        let held = try #require(
            links.first { link in
                // A descriptor that was closed meanwhile names nothing.
                let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(link)")
                return path == file.path + ".lock"
            }
        )
        // As fork does it; exec, which would close it, is still to come.
        let inherited = dup(try #require(Int32(held)))
        defer { close(inherited) }
        database.stop()
        try file.open().stop()
    }

    @Test func `a file that cannot be migrated gives its lock back`() throws {
        let file = try TemporaryDatabase()
        #expect(throws: DatabaseError.self) {
            try file.open(migrations: [Migration(number: 1, name: "broken", statements: ["CREATE NONSENSE"])])
        }
        try file.open().stop()
    }

    @Test func `a write whose transaction SQLite ended takes no neighbour into a commit of its own`() throws {
        let file = try TemporaryDatabase()
        let database = try file.open(
            migrations: Notes.migrations + [
                Migration(
                    number: 2,
                    name: "end",
                    statements: [
                        """
                        CREATE TRIGGER ending BEFORE INSERT ON notes WHEN NEW.id = 13
                        BEGIN SELECT RAISE(ROLLBACK, 'all of it'); END
                        """
                    ]
                )
            ]
        )
        let outcomes = Lock<[Int64: Bool]>([:])
        try database.start()
        // One job holds the writing thread until all others wait: they share the next transaction.
        let gate = EventSignal()
        database.submitWrite(
            { _ throws(DatabaseError) in gate.wait(milliseconds: 5_000) },
            completion: { _ in }
        )
        for number in [Int64(12), 13, 14] {
            database.submitWrite { transaction throws(DatabaseError) in
                try transaction.execute(Notes.insert, [.integer(number), .null, .null])
            } completion: { result in
                let isStored = if case .success = result { true } else { false }
                outcomes.withLock { $0[number] = isStored }
            }
        }
        gate.raise()
        while outcomes.withLock({ $0.count }) < 3 {}
        let stored = try database.read { transaction throws(DatabaseError) in
            try transaction.rows(Notes.all) { $0.integer(0) }
        }
        // Whoever was told that it is stored is stored, and nobody else.
        #expect(stored == outcomes.withLock { $0.filter(\.value).keys.sorted() })
        #expect(!stored.contains(13))
        database.stop()
    }
}
