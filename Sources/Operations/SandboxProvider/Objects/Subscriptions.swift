/// `/v1/subscriptions`
extension SandboxState {
    mutating func cancel(_ subscription: WireObject, reason: String, _ context: CallContext) {
    }

    mutating func cancelAll(of customer: String, _ context: CallContext) {
        for rank in self[.subscription].ranks(indexed: customer) {
            guard let subscription = self[.subscription].object(atRank: rank),
                subscription.text("customer") == customer, subscription.text("status") != "canceled"
            else { continue }
            cancel(subscription, reason: "cancellation_requested", context)
        }
    }
}
