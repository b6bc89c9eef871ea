import CLinux
import Glibc

/// A named thread that runs one closure to its end.
package final class WorkerThread: @unchecked Sendable {
    // Sendable because `handle` is written once, before `start` returns.
    private var handle = pthread_t()

    private final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void
        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// `name` is shown by `top -H` and `perf`; the kernel keeps 15 bytes of it.
    ///
    /// Nonisolated on purpose: a closure literal that is given to `pthread_create` inside main-actor code
    /// inherits that isolation and dies at run time (swift_patterns 5).
    package static func start(
        name: String,
        _ body: @escaping @Sendable () -> Void
    ) -> WorkerThread {
        let thread = WorkerThread()
        let start = Unmanaged.passRetained(Start(name: String(name.prefix(15)), body: body))
        let failure = pthread_create(
            &thread.handle,
            nil,
            { argument in
                guard let argument else { return nil }
                let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                pthread_setname_np(pthread_self(), start.name)
                start.body()
                return nil
            },
            start.toOpaque()
        )
        precondition(failure == 0, "a thread can be started while the process limit is not reached")
        return thread
    }

    /// Waits until the thread's closure has returned. Call once.
    package func join() {
        pthread_join(handle, nil)
    }
}
