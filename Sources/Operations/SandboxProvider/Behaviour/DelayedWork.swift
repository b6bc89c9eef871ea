import Threading
import Timing

/// Runs closures at their time on one thread: late answers, drips, retries. Nobody blocks a thread of his own.
final class DelayedWork: Sendable {
    private struct Item {
        let due: UInt64
        /// Keeps those of one moment in order.
        let number: UInt64
        let body: @Sendable () -> Void
    }

    private struct Queue {
        /// A binary heap, the earliest first.
        var heap: [Item] = []
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
        queue.withLock { $0.isStopped = true }
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
            queue.count += 1
            queue.heap.append(Item(due: due, number: queue.count, body: body))
            Self.rise(&queue.heap)
            return queue.heap[0].number == queue.count
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
                    Self.removeFirst(&queue.heap)
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

    // MARK: The heap

    private static func isBefore(_ left: Item, _ right: Item) -> Bool {
        left.due != right.due ? left.due < right.due : left.number < right.number
    }

    private static func rise(_ heap: inout [Item]) {
        var place = heap.count - 1
        while place > 0, isBefore(heap[place], heap[(place - 1) / 2]) {
            heap.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    private static func removeFirst(_ heap: inout [Item]) {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var place = 0
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2]
            where child < heap.count && isBefore(heap[child], heap[least]) {
                least = child
            }
            if least == place { return }
            heap.swapAt(place, least)
            place = least
        }
    }
}
