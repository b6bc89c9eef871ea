import Glibc

/// Sleeping that Ctrl-C ends: for a command that watches something that goes on without it.
///
/// Make it while the process has one thread. From then on a signal is noticed by `sleep` only.
struct InterruptWait {
    private let set: sigset_t

    init() {
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGINT)
        sigaddset(&set, SIGTERM)
        pthread_sigmask(SIG_BLOCK, &set, nil)
        self.set = set
    }

    /// True when somebody wanted to stop, before the time was over or earlier.
    func sleep(milliseconds: Int) -> Bool {
        var set = set
        var time = timespec(tv_sec: milliseconds / 1_000, tv_nsec: milliseconds % 1_000 * 1_000_000)
        return sigtimedwait(&set, nil, &time) > 0
    }
}
