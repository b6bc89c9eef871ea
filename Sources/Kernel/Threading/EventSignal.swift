import CLinux
import Glibc

/// Wakes one sleeping thread; an `eventfd` that epoll or `wait` can watch.
///
/// Any thread may call `raise`. Raising twice before the sleeper looks wakes it once.
package final class EventSignal: Sendable {
    /// For `epoll_ctl`; owned by this object.
    package let descriptor: Int32

    package init() {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        precondition(descriptor >= 0, "an eventfd can be made while descriptors are left")
    }

    deinit {
        close(descriptor)
    }

    package func raise() {
        var one: UInt64 = 1
        // A full counter already wakes the sleeper, so the result adds nothing.
        _ = write(descriptor, &one, 8)
    }

    /// Takes the signal back; call before looking at what it announced.
    package func clear() {
        var count: UInt64 = 0
        // EAGAIN means that nobody raised it, which is fine.
        _ = read(descriptor, &count, 8)
    }

    /// Sleeps until raised or until `milliseconds` have passed (negative: without limit), then clears. False when the
    /// time passed.
    @discardableResult
    package func wait(milliseconds: Int32) -> Bool {
        var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        // EINTR counts as a wake-up: every caller looks again.
        let count = poll(&watched, 1, milliseconds)
        clear()
        return count != 0
    }
}
