import Timing

extension SandboxState {
    /// The events that were made since the last call, in the order and number in which they are to be sent.
    mutating func takeDeliveries(now: Timestamp) -> [DueDelivery] {
        guard !undispatched.isEmpty else { return [] }
        var due: [DueDelivery] = []
        for event in undispatched {
            var delivery = DueDelivery(event: event)
            var copies = 1
            var isSwapped = false
            for action in faults.forWebhook(type: event.type, now: now) {
                switch action {
                case .dropWebhook: copies = 0
                case .duplicateWebhook: copies += copies > 0 ? 1 : 0
                case .swapWebhook: isSwapped = true
                case .delayWebhook(let milliseconds): delivery.delayMilliseconds += milliseconds
                default: break
                }
            }
            if isSwapped, copies > 0, held == nil {
                held = delivery
                continue
            }
            due += [DueDelivery](repeating: delivery, count: copies)
            if copies > 0, let waiting = held {
                due.append(waiting)
                held = nil
            }
        }
        undispatched = []
        return due
    }
}
