/// A thread that repeats something until it is told to stop; waiting on its signal, it is woken for that.
package final class LoopThread: Sendable {
    private let signal: EventSignal
    private let state = Lock((isStopping: false, thread: WorkerThread?.none))

    /// - Parameter signal: on which the loop waits between two turns.
    package init(wokenBy signal: EventSignal) {
        self.signal = signal
    }

    /// To be asked by the loop before each turn.
    package var isStopping: Bool { state.withLock { $0.isStopping } }

    /// Call once. `body` returns soon after `isStopping`.
    package func start(name: String, _ body: @escaping @Sendable () -> Void) {
        let thread = WorkerThread.start(name: name, body)
        state.withLock { $0.thread = thread }
    }

    /// Returns when the loop has ended; at once when it was not started, or was stopped before.
    package func stop() {
        let thread = state.withLock { state in
            state.isStopping = true
            let thread = state.thread
            state.thread = nil
            return thread
        }
        signal.raise()
        thread?.join()
    }
}
