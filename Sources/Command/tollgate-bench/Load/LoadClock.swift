import CLinux
import Glibc
import Timing

/// Wakes the generator when the next scheduled event is due: a timer that epoll can watch.
final class LoadClock {
    let descriptor: Int32
    private let monotonic: MonotonicClock
    private let wall: WallClock
    private var armedFor: UInt64 = 0

    init(monotonic: MonotonicClock = .system, wall: WallClock = .system) {
        self.monotonic = monotonic
        self.wall = wall
        descriptor = timerfd_create(Int32(CLOCK_MONOTONIC), Int32(TFD_NONBLOCK) | Int32(TFD_CLOEXEC))
        precondition(descriptor >= 0, "a timer can be made while descriptors are left")
    }

    deinit {
        close(descriptor)
    }

    func nanoseconds() -> UInt64 { monotonic.nanoseconds() }
    func second() -> Int64 { wall.now().seconds }

    func wake(at nanoseconds: UInt64) {
        guard nanoseconds != armedFor else { return }
        armedFor = nanoseconds
        var setting = itimerspec()
        setting.it_value.tv_sec = Int(nanoseconds / 1_000_000_000)
        setting.it_value.tv_nsec = Int(nanoseconds % 1_000_000_000)
        timerfd_settime(descriptor, Int32(TFD_TIMER_ABSTIME), &setting, nil)
    }

    func clear() {
        var expirations: UInt64 = 0
        // EAGAIN means that it did not fire, which is fine.
        _ = read(descriptor, &expirations, 8)
        armedFor = 0
    }
}
