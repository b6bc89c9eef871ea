import CSQLite
import Database
import Threading
import Timing

/// Brings commits to the disk on a thread of its own, while the writing thread prepares the next one.
///
/// A commit ends with its frames in the WAL file, unflushed, as with `synchronous=NORMAL`; nobody outside hears of
/// it before the flush here, so that what is promised is that of `FULL`. One flush serves all commits before it.
/// After power loss SQLite keeps the longest whole prefix of the WAL (sqlite.org/fileformat2 4.1): every commit
/// that was told, and perhaps some that were not.
final class WALFlusher: Sendable {
    private struct State: Sendable {
        var committed: UInt64 = 0
        /// Up to here a flush has begun, and up to here it has ended.
        var begun: UInt64 = 0
        var flushed: UInt64 = 0
        var flushes: UInt64 = 0
        var nanoseconds: UInt64 = 0
        var failure: DatabaseError?
        var isStopping = false
        var isWriterWaiting = false
    }

    private let state = Lock(State())
    /// Wakes the flushing thread.
    private let signal = EventSignal()
    /// Wakes the writing thread when a flush has begun.
    private let begun = EventSignal()
    private let participants: [any CommitParticipant]
    private let clock: MonotonicClock
    /// Called once when the device failed.
    private let onDeviceFailure: @Sendable (DatabaseError) -> Void

    init(
        participants: [any CommitParticipant],
        clock: MonotonicClock,
        onDeviceFailure: @escaping @Sendable (DatabaseError) -> Void
    ) {
        self.participants = participants
        self.clock = clock
        self.onDeviceFailure = onDeviceFailure
    }

    /// Every commit is on the disk.
    var isIdle: Bool { state.withLock { $0.flushed == $0.committed } }

    /// The number that the next commit has.
    var nextCommit: UInt64 { state.withLock { $0.committed + 1 } }

    /// The device failed: no commit can be promised any more.
    var failure: DatabaseError? { state.withLock { $0.failure } }

    /// Flushes and their time since the start.
    var report: (flushes: UInt64, nanoseconds: UInt64) { state.withLock { ($0.flushes, $0.nanoseconds) } }

    /// The writing thread has committed one more.
    func flushNext() {
        state.withLock { $0.committed += 1 }
        signal.raise()
    }

    /// Sleeps while a commit waits for the flush before it to end: a third one would only be smaller. Called by
    /// the writing thread.
    func waitForTurn() {
        while true {
            let mustWait = state.withLock { state in
                state.isWriterWaiting = state.begun < state.committed && state.failure == nil
                return state.isWriterWaiting
            }
            guard mustWait else { return }
            begun.wait(milliseconds: -1)
        }
    }

    /// Lets the thread end once everything is flushed.
    func stop() {
        state.withLock { $0.isStopping = true }
        signal.raise()
    }

    /// The thread's life. `sync` brings the WAL to the disk and returns SQLite's code.
    func run(sync: () -> Int32) {
        while true {
            let (target, isStopping, wakesWriter) = state.withLock { state in
                let wakesWriter = state.isWriterWaiting
                state.begun = state.committed
                state.isWriterWaiting = false
                return (state.committed, state.isStopping, wakesWriter)
            }
            if wakesWriter { begun.raise() }
            guard target > state.withLock({ $0.flushed }) else {
                if isStopping { return }
                signal.wait(milliseconds: -1)
                continue
            }
            flush(upTo: target, sync)
        }
    }

    private func flush(upTo target: UInt64, _ sync: () -> Int32) {
        let started = clock.nanoseconds()
        let code = sync()
        let nanoseconds = clock.nanoseconds() &- started
        let failure = code == SQLITE_OK ? nil : Self.failure(code)
        let isFirstFailure = state.withLock { state in
            state.flushed = target
            state.flushes += 1
            state.nanoseconds &+= nanoseconds
            let isFirst = failure != nil && state.failure == nil
            // Once failed, always failed: the kernel forgets the pages that it could not write.
            if isFirst { state.failure = failure }
            return isFirst
        }
        let known = state.withLock { $0.failure }
        for participant in participants { participant.conclude(upTo: target, known) }
        if isFirstFailure, let failure { onDeviceFailure(failure) }
    }

    private static func failure(_ code: Int32) -> DatabaseError {
        DatabaseError(
            kind: .inputOutput,
            statement: "flush",
            code: code,
            message: "the WAL could not be flushed"
        )
    }
}
