import Timing

extension SandboxState {
    /// The events that were made since the last call, in the order and number in which they are to be sent.
    mutating func takeDeliveries(now: Timestamp) -> [DueDelivery] {
        guard !undispatched.isEmpty else { return [] }
        var due: [DueDelivery] = []
        for event in undispatched {
            var delivery = DueDelivery(event: event)
            var copies = 1
            for action in faults.forWebhook(type: event.type, now: now) {
                switch action {
                case .dropWebhook: copies = 0
                case .duplicateWebhook: copies += copies > 0 ? 1 : 0
                case .swapWebhook: delivery.isSwapped = true
                case .delayWebhook(let milliseconds): delivery.delayMilliseconds += milliseconds
                default: break
                }
            }
            due += [DueDelivery](repeating: delivery, count: copies)
        }
        undispatched = []
        return due
    }
}
