import Threading
import Timing

/// Runs closures at their time on one thread: late answers, drips, retries. Nobody blocks a thread of his own.
final class DelayedWork: Sendable {
    private struct Item: Comparable, Sendable {
        let due: UInt64
        /// Keeps those of one moment in order.
        let number: UInt64
        let body: @Sendable () -> Void

        static func < (left: Item, right: Item) -> Bool {
            (left.due, left.number) < (right.due, right.number)
        }
        static func == (left: Item, right: Item) -> Bool { left.number == right.number }
    }

    private struct Queue {
        var heap = MinHeap<Item>()
        var count: UInt64 = 0
        var isStopped = false
    }

    private let clock: MonotonicClock
    private let signal = EventSignal()
    private let queue = Lock(Queue())
    private let thread = Lock<WorkerThread?>(nil)

    init(clock: MonotonicClock) {
        self.clock = clock
    }

    func start() {
        let worker = WorkerThread.start(name: "sandbox-timer") { self.run() }
        thread.withLock { $0 = worker }
    }

    /// What is not due yet is dropped. Not to be called from a closure of its own.
    func stop() {
        let dropped = queue.withLock { queue in
            queue.isStopped = true
            // What they hold goes with them, outside the lock.
            let dropped = queue.heap
            queue.heap = MinHeap()
            return dropped
        }
        withExtendedLifetime(dropped) {}
        signal.raise()
        let worker = thread.withLock { thread in
            let worker = thread
            thread = nil
            return worker
        }
        worker?.join()
    }

    func after(milliseconds: Int64, _ body: @escaping @Sendable () -> Void) {
        let due = clock.nanoseconds() &+ UInt64(max(milliseconds, 0)) &* 1_000_000
        let isEarliest = queue.withLock { queue in
            guard !queue.isStopped else { return false }
            queue.count += 1
            queue.heap.insert(Item(due: due, number: queue.count, body: body))
            return queue.heap.first?.number == queue.count
        }
        // The sleeper wakes in time for anything that is not the earliest.
        if isEarliest { signal.raise() }
    }

    private func run() {
        while true {
            let now = clock.nanoseconds()
            var due: [Item] = []
            let (isStopped, next) = queue.withLock { queue in
                while let first = queue.heap.first, first.due <= now, !queue.isStopped {
                    due.append(first)
                    _ = queue.heap.removeFirst()
                }
                return (queue.isStopped, queue.heap.first?.due)
            }
            if isStopped { return }
            for item in due { item.body() }
            if !due.isEmpty { continue }
            // Rounded up: at the end of the sleep the first is due.
            let sleep = next.map { Int32(clamping: ($0 &- now &+ 999_999) / 1_000_000) } ?? -1
            signal.wait(milliseconds: sleep)
        }
    }
}
