import CLinux
import Glibc
import Threading

/// Knows which children run and which folders are temporary, so that Ctrl-C leaves neither behind.
final class ChildKeeper: Sendable {
    private struct Kept: Sendable {
        var children: Set<pid_t> = []
        var directories: Set<String> = []
    }

    private let kept = Lock(Kept())

    func add(_ child: pid_t) {
        kept.withLock { kept in _ = kept.children.insert(child) }
    }

    func remove(_ child: pid_t) {
        kept.withLock { kept in _ = kept.children.remove(child) }
    }

    func add(directory: String) {
        kept.withLock { kept in _ = kept.directories.insert(directory) }
    }

    /// Starts to wait for Ctrl-C, a closed terminal and `kill`. Call before any other thread is started, because
    /// threads inherit what is blocked.
    func guardSignals() {
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, signal) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        // A generator or server that died shows in the answer, not by ending us.
        signal(SIGPIPE, SIG_IGN)
        let descriptor = signalfd(-1, &signals, Int32(SFD_CLOEXEC))
        _ = WorkerThread.start(name: "signals") { [self] in
            var information = signalfd_siginfo()
            let count = read(descriptor, &information, MemoryLayout<signalfd_siginfo>.size)
            guard count > 0 else { return }
            _ = Descriptor.writeAll("\ntollgate-bench: stopped; ending the children\n", to: 2)
            cleanUp()
            _exit(128 + Int32(information.ssi_signo))
        }
    }

    /// Ends every child and removes the temporary folders.
    func cleanUp() {
        let (children, directories) = kept.withLock { kept in
            let all = (kept.children, kept.directories)
            kept = Kept()
            return all
        }
        for child in children {
            kill(child, SIGKILL)
            var status: Int32 = 0
            waitpid(child, &status, 0)
        }
        for directory in directories { TemporaryDirectory.remove(directory) }
    }
}
