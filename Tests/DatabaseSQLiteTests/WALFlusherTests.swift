import CSQLite
import Database
import Testing
import Threading
import Timing

@testable import DatabaseSQLite

/// What is told of commits, and when.
@Suite struct WALFlusherTests {
    /// Takes note of what it is told.
    private final class Listener: CommitParticipant {
        let told = Lock<[String]>([])
        let signal = EventSignal()

        func contribute(_ transaction: any WriteTransaction) throws(DatabaseError) -> Int { 0 }
        func settle(_ outcome: CommitOutcome) {}
        func conclude(upTo commit: UInt64, _ failure: DatabaseError?) {
            told.withLock { $0.append("\(commit) \(failure == nil ? "flushed" : "lost")") }
            signal.raise()
        }
    }

    /// A disk whose flushes end when told to.
    private final class SlowDisk: Sendable {
        let mayEnd = EventSignal()
        let hasBegun = EventSignal()
        let code = Lock(SQLITE_OK)

        func sync() -> Int32 {
            hasBegun.raise()
            mayEnd.wait(milliseconds: 20_000)
            return code.withLock { $0 }
        }
    }

    private let listener = Listener()
    private let disk = SlowDisk()
    private let failures = Lock(0)

    private func start() -> (WALFlusher, WorkerThread) {
        let failures = Failures(count: failures)
        let flusher = WALFlusher(participants: [listener], clock: .system) { _ in failures.add() }
        let thread = WorkerThread.start(name: "flusher") { [disk] in flusher.run { disk.sync() } }
        return (flusher, thread)
    }

    private struct Failures: Sendable {
        let count: Lock<Int>
        func add() { count.withLock { $0 += 1 } }
    }

    @Test func `a commit is told after its flush has ended, and those that came meanwhile with the next`() {
        let (flusher, thread) = start()
        flusher.flushNext()
        disk.hasBegun.wait(milliseconds: 20_000)
        #expect(listener.told.withLock { $0 } == [])
        flusher.flushNext()
        flusher.flushNext()
        #expect(!flusher.isIdle)
        disk.mayEnd.raise()
        disk.hasBegun.wait(milliseconds: 20_000)
        #expect(listener.told.withLock { $0 } == ["1 flushed"])
        disk.mayEnd.raise()
        flusher.stop()
        thread.join()
        #expect(listener.told.withLock { $0 } == ["1 flushed", "3 flushed"])
        #expect(flusher.isIdle)
    }

    @Test func `the writer waits for its turn until the flush of the commit before has begun`() {
        let (flusher, thread) = start()
        // Nothing is committed: nobody waits.
        flusher.waitForTurn()
        flusher.flushNext()
        disk.hasBegun.wait(milliseconds: 20_000)
        // The one commit is being flushed: the next may be written beside it.
        flusher.waitForTurn()
        flusher.flushNext()
        let hasTurn = EventSignal()
        let writer = WorkerThread.start(name: "writer") {
            flusher.waitForTurn()
            hasTurn.raise()
        }
        #expect(listener.told.withLock { $0 } == [])
        disk.mayEnd.raise()
        writer.join()
        #expect(listener.told.withLock { $0 } == ["1 flushed"])
        disk.mayEnd.raise()
        flusher.stop()
        thread.join()
        #expect(listener.told.withLock { $0 } == ["1 flushed", "2 flushed"])
    }

    @Test func `a flush that fails promises nothing, then or ever`() {
        let (flusher, thread) = start()
        disk.code.withLock { $0 = SQLITE_IOERR }
        flusher.flushNext()
        disk.mayEnd.raise()
        listener.signal.wait(milliseconds: 20_000)
        #expect(flusher.failure?.kind == .inputOutput)
        // The disk says that it is well again, and what it forgot stays forgotten.
        disk.code.withLock { $0 = SQLITE_OK }
        disk.mayEnd.raise()
        flusher.flushNext()
        flusher.waitForTurn()
        flusher.stop()
        thread.join()
        #expect(listener.told.withLock { $0 } == ["1 lost", "2 lost"])
        #expect(failures.withLock { $0 } == 1)
        #expect(flusher.failure != nil)
    }

    @Test func `the database file is waited for, and a failure of it stays`() throws {
        let syncer = FileSyncer()
        let thread = WorkerThread.start(name: "syncer") { [disk] in syncer.run { disk.sync() } }
        // Nothing was copied.
        try syncer.wait()
        syncer.ask()
        disk.mayEnd.raise()
        try syncer.wait()
        disk.code.withLock { $0 = SQLITE_IOERR }
        syncer.ask()
        disk.mayEnd.raise()
        #expect(throws: DatabaseError.self) { try syncer.wait() }
        disk.code.withLock { $0 = SQLITE_OK }
        #expect(throws: DatabaseError.self) { try syncer.wait() }
        syncer.stop()
        thread.join()
    }
}
