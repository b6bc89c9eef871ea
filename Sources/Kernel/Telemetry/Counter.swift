import Synchronization

/// Counts up from any thread.
package final class Counter: Sendable {
    private let count = Atomic<UInt64>(0)

    package init() {}

    package func add(_ amount: UInt64 = 1) {
        count.wrappingAdd(amount, ordering: .relaxed)
    }

    package var value: UInt64 {
        count.load(ordering: .relaxed)
    }
}

/// A number that goes up and down, set or moved from any thread.
package final class Gauge: Sendable {
    private let number = Atomic<Int64>(0)

    package init() {}

    package func set(_ value: Int64) {
        number.store(value, ordering: .relaxed)
    }

    package func move(by amount: Int64) {
        number.wrappingAdd(amount, ordering: .relaxed)
    }

    package var value: Int64 {
        number.load(ordering: .relaxed)
    }
}
