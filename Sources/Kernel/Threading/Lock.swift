import CLinux
import Glibc

/// A value that one thread at a time may touch.
///
/// Built on `pthread_mutex` instead of `Synchronization.Mutex`, because the thread sanitizer does not see
/// the latter and reports false races. Uncontended cost is about 16 ns. Never hold it across a system call
/// that can block, and never call out to foreign code inside it.
package final class Lock<Value>: @unchecked Sendable {
    // Sendable because `value` is only touched between lock and unlock of `mutex`, which lives as long as self.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private var value: Value

    package init(_ value: sending Value) {
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        let failure = pthread_mutex_init(mutex, nil)
        precondition(failure == 0, "a mutex can always be initialised")
        self.value = value
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    package func withLock<Result, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value)
    }
}
