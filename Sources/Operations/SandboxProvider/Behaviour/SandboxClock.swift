import Threading
import Timing

/// The sandbox's time of day: the machine's, moved forward or stopped on order.
final class SandboxClock: Sendable {
    private struct Setting {
        var offsetMilliseconds: Int64 = 0
        /// Where it stands still; nil while it runs.
        var stopped: Timestamp?
    }

    private let base: WallClock
    private let setting = Lock(Setting())

    init(base: WallClock) {
        self.base = base
    }

    func now() -> Timestamp {
        let (offset, stopped) = setting.withLock { ($0.offsetMilliseconds, $0.stopped) }
        return stopped ?? base.now().adding(milliseconds: offset)
    }

    /// Never backwards: lists are ordered by time.
    func advance(milliseconds: Int64) {
        precondition(milliseconds >= 0, "time goes forward")
        setting.withLock { setting in
            setting.offsetMilliseconds += milliseconds
            setting.stopped = setting.stopped?.adding(milliseconds: milliseconds)
        }
    }

    func stop() {
        let now = now()
        setting.withLock { $0.stopped = $0.stopped ?? now }
    }

    /// Runs on from where it stood.
    func run() {
        let machine = base.now()
        setting.withLock { setting in
            guard let stopped = setting.stopped else { return }
            setting.offsetMilliseconds = stopped.milliseconds(since: machine)
            setting.stopped = nil
        }
    }

    var asWallClock: WallClock { WallClock { self.now() } }
}
