import Timing

/// `/v1/subscriptions`
extension SandboxState {
    func subscription(_ id: String, _ context: CallContext) throws(ProviderError) -> SandboxAnswer {
        let subscription = try named(.subscription, id)
        let expand = try context.parameters.expansions()
        try context.parameters.finish()
        return .json(try expanded(subscription, expand))
    }

    private static let listed = [
        "active", "all", "canceled", "ended", "incomplete", "incomplete_expired", "past_due", "paused",
        "trialing",
        "unpaid",
    ]

    /// Without `status`, canceled ones are left out.
    func listSubscriptions(_ context: CallContext) throws(ProviderError) -> SandboxAnswer {
        let parameters = context.parameters
        let page = try ListPage(parameters)
        let customer = try parameters.text("customer")
        let price = try parameters.text("price")
        let status = try parameters.word("status", among: Self.listed)
        let clock = try parameters.text("test_clock")
        let expand = try parameters.expansions()
        try parameters.finish()
        let rows = try self.page(
            .subscription,
            page,
            indexed: customer,
            isListed: { subscription in
                // Those of a test clock only with it or with their customer (provider_api 1.8).
                guard subscription.text("test_clock") == clock || (clock == nil && customer != nil) else {
                    return false
                }
                switch status {
                case nil: return subscription.text("status") != "canceled"
                case "all": return true
                case "ended": return subscription.hasEnded
                case let status?: return subscription.text("status") == status
                }
            },
            matches: { subscription in
                (customer == nil || subscription.text("customer") == customer)
                    && (price == nil
                        || subscription.items.contains { $0["price"]?.object?.text("id") == price })
            }
        )
        return try list(rows, url: "/v1/subscriptions", expand: expand)
    }

    mutating func createSubscription(_ context: CallContext) throws(ProviderError) -> SandboxAnswer {
        let parameters = context.parameters
        let expand = try parameters.expansions()
        let customer = try parameters.required("customer")
        var plan = SessionPlan()
        for reader in try parameters.objects("items") ?? [] {
            let price = try reader.required("price")
            let quantity = try reader.integer("quantity", in: 1...999_999) ?? 1
            guard self[.price].live(price)?.text("type") == "recurring" else {
                throw .noSuch("price", price, parameter: reader.name("price"))
            }
            plan.lines.append(.init(price: price, quantity: quantity))
        }
        plan.trialDays = try parameters.integer("trial_period_days", in: 1...730)
        plan.trialEnd = try parameters.integer("trial_end")
        var holder: WireObject = [:]
        try Members.metadata(parameters, &holder)
        plan.subscriptionMetadata = holder["metadata"]?.object ?? [:]
        plan.subscriptionDescription = try parameters.text("description", max: 500)
        let method = try parameters.text("default_payment_method")
        try parameters.finish()
        guard let buyer = self[.customer].live(customer) else {
            throw .noSuch("customer", customer, parameter: "customer")
        }
        guard !plan.lines.isEmpty else { throw .missing("items") }
        if let method, self[.paymentMethod].live(method) == nil {
            throw .noSuch("PaymentMethod", method, parameter: "default_payment_method")
        }
        let means = method ?? buyer["invoice_settings"]?.object?.text("default_payment_method")
        guard means != nil || plan.trialDays != nil || plan.trialEnd != nil else {
            throw ProviderError(
                code: "resource_missing",
                "This customer has no attached payment source or default payment method."
            )
        }
        let subscription = startSubscription(customer: customer, plan, method: means, context)
        return .json(try expanded(subscription, expand))
    }

    mutating func updateSubscription(_ id: String, _ context: CallContext) throws(ProviderError)
        -> SandboxAnswer
    {
        var subscription = try named(.subscription, id)
        let parameters = context.parameters
        let expand = try parameters.expansions()
        let atPeriodEnd = try parameters.boolean("cancel_at_period_end")
        let at = try parameters.clearable("cancel_at")
        try Members.metadata(parameters, &subscription)
        try Members.text("description", max: 500, parameters, &subscription)
        if case .set(let method) = try parameters.clearable("default_payment_method") {
            guard self[.paymentMethod].live(method) != nil else {
                throw .noSuch("PaymentMethod", method, parameter: "default_payment_method")
            }
            subscription["default_payment_method"] = .text(method)
        }
        try readDetails(parameters, &subscription)
        try parameters.finish()
        guard !subscription.hasEnded else {
            throw .invalid(
                "id",
                "A canceled subscription can only update its cancellation_details and metadata."
            )
        }
        try planEnd(&subscription, atPeriodEnd: atPeriodEnd, at: at, context)
        update(.subscription, subscription, context)
        deadlines.set(id, dueTime(of: subscription))
        return .json(try expanded(subscription, expand))
    }

    private func planEnd(
        _ subscription: inout WireObject,
        atPeriodEnd: Bool?,
        at: Change<String>,
        _ context: CallContext
    ) throws(ProviderError) {
        var ends: Int64?
        switch (atPeriodEnd, at) {
        case (nil, .absent): return
        case (true?, .absent): ends = subscription.periodEnd
        case (false?, .absent), (nil, .cleared), (false?, .cleared): ends = nil
        case (nil, .set(let text)), (false?, .set(let text)):
            guard let second = Int64(text), second > context.now.seconds else {
                throw .invalid("cancel_at", "Invalid timestamp: must be in the future")
            }
            ends = second
        case (true?, .cleared), (true?, .set):
            throw .invalid("cancel_at", "Only one of cancel_at and cancel_at_period_end may be given.")
        }
        var details = subscription["cancellation_details"]?.object ?? [:]
        details["reason"] = ends == nil ? .null : "cancellation_requested"
        subscription["cancel_at_period_end"] = .boolean(atPeriodEnd == true)
        subscription["cancel_at"] = WireValue(ends)
        subscription["canceled_at"] = ends == nil ? .null : .integer(context.now.seconds)
        subscription["cancellation_details"] = .object(details)
    }

    private func readDetails(_ parameters: Parameters, _ subscription: inout WireObject) throws(ProviderError)
    {
        guard let reader = try parameters.object("cancellation_details") else { return }
        var details = subscription["cancellation_details"]?.object ?? [:]
        try Members.text("comment", reader, &details)
        try Members.text("feedback", reader, &details)
        subscription["cancellation_details"] = .object(details)
    }

    mutating func cancelSubscription(_ id: String, _ context: CallContext) throws(ProviderError)
        -> SandboxAnswer
    {
        var subscription = try named(.subscription, id)
        let expand = try context.parameters.expansions()
        _ = try context.parameters.boolean("invoice_now")
        _ = try context.parameters.boolean("prorate")
        try readDetails(context.parameters, &subscription)
        try context.parameters.finish()
        guard !subscription.hasEnded else { throw .notFound("subscription", id) }
        return .json(try expanded(cancel(subscription, context), expand))
    }

    /// Ends it now. It stays readable.
    @discardableResult
    mutating func cancel(_ subscription: WireObject, _ context: CallContext) -> WireObject {
        var subscription = subscription
        var details = subscription["cancellation_details"]?.object ?? [:]
        details["reason"] = "cancellation_requested"
        subscription["cancellation_details"] = .object(details)
        subscription["status"] = "canceled"
        if subscription["canceled_at"]?.isNull != false {
            subscription["canceled_at"] = .integer(context.now.seconds)
        }
        subscription["ended_at"] = .integer(context.now.seconds)
        replaceSilently(.subscription, subscription)
        deadlines.set(subscription.text("id") ?? "", nil)
        emit("customer.subscription.deleted", subscription, context)
        return subscription
    }

    mutating func cancelAll(of customer: String, _ context: CallContext) {
        for rank in self[.subscription].ranks(indexed: customer) {
            guard let subscription = self[.subscription].object(atRank: rank),
                subscription.text("customer") == customer, !subscription.hasEnded
            else { continue }
            cancel(subscription, context)
        }
    }
}
