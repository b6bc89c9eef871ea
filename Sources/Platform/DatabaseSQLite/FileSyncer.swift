import CSQLite
import Database
import Threading

/// Brings the pages that checkpoints copied into the database file to the disk, while the writing thread goes on.
///
/// Until the WAL begins anew every one of these pages is in it too, so nobody need wait for them before that.
final class FileSyncer: Sendable {
    private struct State: Sendable {
        var asked: UInt64 = 0
        var done: UInt64 = 0
        var failure: DatabaseError?
        var isStopping = false
    }

    private let state = Lock(State())
    /// Wakes the syncing thread.
    private let signal = EventSignal()
    /// Wakes who waits for it.
    private let progress = EventSignal()

    /// Pages were copied.
    func ask() {
        state.withLock { $0.asked += 1 }
        signal.raise()
    }

    /// Sleeps until everything that was asked for is on the disk. For the writing thread, before the WAL may begin
    /// anew. Throws when the device failed: now or ever.
    func wait() throws(DatabaseError) {
        let target = state.withLock { $0.asked }
        while true {
            let (done, failure) = state.withLock { ($0.done, $0.failure) }
            if let failure { throw failure }
            if done >= target { return }
            progress.wait(milliseconds: -1)
        }
    }

    func stop() {
        state.withLock { $0.isStopping = true }
        signal.raise()
    }

    /// The thread's life. `sync` brings the database file to the disk and returns SQLite's code.
    func run(sync: () -> Int32) {
        while true {
            let (asked, done, isStopping) = state.withLock { ($0.asked, $0.done, $0.isStopping) }
            guard asked > done else {
                if isStopping { return }
                signal.wait(milliseconds: -1)
                continue
            }
            let code = sync()
            state.withLock { state in
                state.done = asked
                guard code != SQLITE_OK else { return }
                // Once failed, always failed: the kernel forgets the pages that it could not write.
                state.failure = DatabaseError(
                    kind: .inputOutput,
                    statement: "checkpoint",
                    code: code,
                    message: "the database file could not be flushed"
                )
            }
            progress.raise()
        }
    }
}
