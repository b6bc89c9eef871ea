import Glibc

/// SIGTERM and SIGINT as something that one thread waits for.
///
/// Make it before any other thread is started: threads inherit the mask, and a signal that one of them does not
/// block would end the process.
package struct StopSignals: Sendable {
    private let set: sigset_t

    package init() {
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGTERM)
        sigaddset(&set, SIGINT)
        pthread_sigmask(SIG_BLOCK, &set, nil)
        // A peer that goes away is told by write(2), not by a signal.
        signal(SIGPIPE, SIG_IGN)
        self.set = set
    }

    /// Blocks the calling thread until one arrives, and returns its number.
    package func wait() -> Int32 {
        var set = set
        var number: Int32 = 0
        sigwait(&set, &number)
        return number
    }

    /// From here on a second signal ends the process at once: the person did not want to wait.
    package func release() {
        var set = set
        signal(SIGTERM, SIG_DFL)
        signal(SIGINT, SIG_DFL)
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }
}
