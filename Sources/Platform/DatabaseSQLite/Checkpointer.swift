import Database
import Threading
import Timing

/// Copies committed pages from the WAL into the database file, little by little, on the writing thread.
///
/// The copying is all that the writer waits for. Bringing the copied pages to the disk is `FileSyncer`'s, which has
/// time for it until the WAL begins anew: only then would a page that the disk does not have be lost. So the WAL is
/// kept from beginning anew for a while, by a reader of our own that stands at its end (sqlite.org/wal.html 2.2).
final class Checkpointer {
    /// What checkpoints did since the start, for metrics.
    struct Report: Sendable {
        var checkpoints: UInt64 = 0
        var nanoseconds: UInt64 = 0
        var nanosecondsMax: UInt64 = 0
        var walFrames = 0
    }

    // Pages of 4 KB. A page that several commits changed is copied once, so a copy waits for more than one commit;
    // but the next commit waits for the copy, so that grows only with what commits take anyway.
    private static let copyAfterFramesMin = 256
    private static let copyAfterFramesMax = 4_096
    private static let copyAfterCommits = 3
    // 32 MB. From here on the WAL may begin anew.
    private static let restartAfterFrames = 8_192
    // 64 MB. Readers that always overlap keep the WAL from starting anew: from here on the writer waits for them.
    private static let restartForcedAfterFrames = 16_384
    private static let restartPatienceMilliseconds: Int32 = 50

    private let report: Lock<Report>
    private let connection: SQLiteConnection
    /// Stands at the end of the WAL while it shall not begin anew.
    private let pin: SQLiteConnection
    private let wal: CoalescingFile
    private let flusher: WALFlusher
    private let clock: MonotonicClock
    private let walLength = UnsafeMutablePointer<Int>.allocate(capacity: 1)
    private var framesCopied = 0
    /// In the WAL after the commit before the last.
    private var framesBefore = 0
    private var isPinned = false
    private let onDeviceFailure: (DatabaseError) -> Void

    init(
        _ connection: SQLiteConnection,
        pin: SQLiteConnection,
        wal: CoalescingFile,
        flusher: WALFlusher,
        clock: MonotonicClock,
        report: Lock<Report>,
        onDeviceFailure: @escaping (DatabaseError) -> Void
    ) {
        self.connection = connection
        self.pin = pin
        self.wal = wal
        self.flusher = flusher
        self.clock = clock
        self.report = report
        self.onDeviceFailure = onDeviceFailure
        walLength.initialize(to: 0)
        connection.observeWALLength(into: walLength)
    }

    deinit {
        walLength.deallocate()
    }

    /// Some committed pages are in the WAL alone.
    var isBehind: Bool { walLength.pointee != framesCopied }

    /// After a commit: copies when enough has come together.
    func copyIfWorthwhile() {
        let frames = walLength.pointee
        if frames < framesCopied { framesCopied = 0 }
        // The WAL began anew: all of it is the last commit's.
        let framesOfCommit = frames < framesBefore ? frames : frames - framesBefore
        framesBefore = frames
        let worthwhile = min(
            max(Self.copyAfterCommits * framesOfCommit, Self.copyAfterFramesMin),
            Self.copyAfterFramesMax
        )
        guard frames - framesCopied >= worthwhile else { return }
        copy(mayRestart: walLength.pointee >= Self.restartAfterFrames)
    }

    /// When nothing is to do: copies all, and lets the next commit begin the WAL anew.
    func copyAll() {
        copy(mayRestart: true)
    }

    /// The last one: waits for readers, flushes everything, and leaves an empty WAL.
    func finish() {
        setPin(false)
        wal.laterSync = nil
        // The WAL holds everything already; a failed last checkpoint only makes the next start longer.
        _ = try? connection.checkpoint(.truncate)
        pin.close()
    }

    private func copy(mayRestart: Bool) {
        let started = clock.nanoseconds()
        // What it copies into the file must be in the WAL on the disk.
        let laterSync = wal.laterSync
        if !flusher.isIdle { wal.laterSync = nil }
        defer { wal.laterSync = laterSync }
        setPin(!mayRestart)
        do {
            var (frames, copied) = try connection.checkpoint(.passive)
            if frames >= Self.restartForcedAfterFrames {
                let patience = Self.restartPatienceMilliseconds
                (frames, copied) = try connection.checkpoint(.restart(patienceMilliseconds: patience))
            }
            framesCopied = copied
            let nanoseconds = clock.nanoseconds() &- started
            report.withLock { report in
                report.checkpoints += 1
                report.nanoseconds &+= nanoseconds
                report.nanosecondsMax = max(report.nanosecondsMax, nanoseconds)
                report.walFrames = frames
            }
        } catch {
            framesCopied = 0
            // A full disk is no failure: the WAL keeps everything, the next checkpoint tries again.
            if error.kind == .inputOutput { onDeviceFailure(error) }
        }
    }

    /// Puts the pin to the present end of the WAL, or takes it away.
    private func setPin(_ isWanted: Bool) {
        // A pin that fails costs time, not safety: the WAL then begins anew sooner, and waits for the disk.
        if isPinned { try? pin.run("COMMIT") }
        isPinned = false
        guard isWanted else { return }
        do {
            try pin.run("BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1", named: "pin")
            isPinned = true
        } catch {
            // Of a transaction that did not begin, or one with nothing to lose.
            try? pin.run("ROLLBACK")
        }
    }
}
