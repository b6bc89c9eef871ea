import Timing

/// Which event is sent when; made before the first one goes out, so that a seed replays it.
struct DeliveryPlan: Sendable {
    struct Delivery: Sendable, Hashable {
        /// Position of the event in the list.
        let event: Int
        /// Counts the repetitions from zero. A delivery that stands twice in the plan is a duplicate.
        let pass: Int
    }

    let deliveries: [Delivery]

    /// All events `repetitions` times; each delivery is followed by a second one in `duplicatePercent` of 100
    /// cases. With `shuffles` everything is then put in an order drawn from `random`.
    init(eventCount: Int, repetitions: Int, duplicatePercent: Int, shuffles: Bool, random: RandomSource) {
        var deliveries: [Delivery] = []
        deliveries.reserveCapacity(eventCount * repetitions)
        for pass in 0..<repetitions {
            for event in 0..<eventCount {
                deliveries.append(Delivery(event: event, pass: pass))
                if random.below(100) < UInt64(duplicatePercent) {
                    deliveries.append(Delivery(event: event, pass: pass))
                }
            }
        }
        if shuffles, deliveries.count > 1 {
            // Fisher and Yates, from the end.
            for last in stride(from: deliveries.count - 1, to: 0, by: -1) {
                deliveries.swapAt(last, Int(random.below(UInt64(last + 1))))
            }
        }
        self.deliveries = deliveries
    }
}
