import Timing

extension SandboxState {
    /// Changes of one visit at most: a clock that was moved by years does not stop the sandbox.
    private static let changesMax = 10_000

    /// Does what came due by `now`, in its order, each at its own time.
    mutating func passTime(now: Timestamp, baseURL: String) {
        for _ in 0..<Self.changesMax {
            guard let due = deadlines.takeDue(now.seconds), let time = Timestamp(seconds: due.time) else {
                return
            }
            let context = CallContext.automatic(now: time, baseURL: baseURL)
            if let session = self[.checkoutSession].live(due.id), session.text("status") == "open" {
                expire(session, context)
            } else if let subscription = self[.subscription].live(due.id), !subscription.hasEnded {
                if let end = subscription.integer("cancel_at"), end <= due.time {
                    cancel(subscription, context)
                } else {
                    renew(subscription, context)
                }
            }
        }
    }
}
