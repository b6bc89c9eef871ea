import Timing

/// What happens when something is bought: methods, subscriptions, invoices and their payments.
extension SandboxState {
    /// Starts one with its first invoice, which is paid, or of nothing during a trial.
    @discardableResult
    mutating func startSubscription(
        customer: String,
        _ plan: SessionPlan,
        method: String?,
        _ context: CallContext
    ) -> WireObject {
        let now = context.now.seconds
        let id = identifiers.id(.subscription, now: context.now)
        let prices = plan.lines.compactMap { line in self[.price].live(line.price).map { ($0, line.quantity) }
        }
        var subscription = SubscriptionShape.fresh(
            id: id,
            customer: customer,
            created: now,
            currency: prices.first?.0.text("currency") ?? "usd"
        )
        let trialEnd = plan.trialEnd ?? plan.trialDays.map { now + $0 * 86_400 }
        if let trialEnd {
            subscription["status"] = "trialing"
            subscription["trial_start"] = .integer(now)
            subscription["trial_end"] = .integer(trialEnd)
            subscription["billing_cycle_anchor"] = .integer(trialEnd)
        }
        subscription["default_payment_method"] = WireValue(method)
        subscription["description"] = WireValue(plan.subscriptionDescription)
        subscription["metadata"] = .object(plan.subscriptionMetadata)
        subscription["test_clock"] = self[.customer].live(customer)?["test_clock"] ?? .null
        var items: [WireObject] = []
        for (price, quantity) in prices where price.text("type") == "recurring" {
            items.append(
                SubscriptionShape.item(
                    id: identifiers.subscriptionItem(),
                    subscription: id,
                    price: price,
                    quantity: quantity,
                    created: now,
                    period: now..<(trialEnd ?? Period.end(of: price, from: now))
                )
            )
        }
        subscription.setItems(items)
        let invoiceID = identifiers.id(.invoice, now: context.now)
        subscription["latest_invoice"] = .text(invoiceID)
        create(.subscription, subscription, context)
        let lines = prices.map { price, quantity in
            InvoiceLine(price: price, quantity: quantity, item: items.first { $0["price"] == .object(price) })
        }
        bill(
            Bill(
                id: invoiceID,
                customer: customer,
                subscription: subscription,
                lines: lines,
                reason: "subscription_create",
                isFree: trialEnd != nil,
                method: method
            ),
            context
        )
        deadlines.set(id, dueTime(of: subscription))
        return subscription
    }

    /// When time next changes something about it by itself: its end, or its next period.
    func dueTime(of subscription: WireObject) -> Int64? {
        guard !subscription.hasEnded else { return nil }
        return min(subscription.integer("cancel_at") ?? .max, subscription.periodEnd)
    }

    /// The period is over: the next one begins, and is paid.
    mutating func renew(_ subscription: WireObject, _ context: CallContext) {
        var renewed = subscription
        let id = subscription.text("id") ?? ""
        var items: [WireObject] = []
        for var item in subscription.items {
            let start = item.integer("current_period_end") ?? context.now.seconds
            item["current_period_start"] = .integer(start)
            item["current_period_end"] = .integer(Period.end(of: item["price"]?.object ?? [:], from: start))
            items.append(item)
        }
        renewed.setItems(items)
        renewed["status"] = "active"
        let invoiceID = identifiers.id(.invoice, now: context.now)
        renewed["latest_invoice"] = .text(invoiceID)
        update(.subscription, renewed, context)
        let lines = items.map { item in
            InvoiceLine(
                price: item["price"]?.object ?? [:],
                quantity: item.integer("quantity") ?? 1,
                item: item
            )
        }
        bill(
            Bill(
                id: invoiceID,
                customer: renewed.text("customer") ?? "",
                subscription: renewed,
                lines: lines,
                reason: "subscription_cycle",
                isFree: false,
                method: renewed.text("default_payment_method")
            ),
            context
        )
        deadlines.set(id, dueTime(of: renewed))
    }

    /// A card that the buyer is said to have typed in.
    mutating func attachCard(to customer: String, email: String?, name: String?, _ context: CallContext)
        -> String
    {
        let id = identifiers.id(.paymentMethod, now: context.now)
        let method = PaymentShape.card(
            id: id,
            customer: customer,
            email: email,
            name: name,
            created: context.now.seconds,
            fingerprint: identifiers.characters(16)
        )
        create(.paymentMethod, method, context, event: "payment_method.attached")
        return id
    }

    /// A payment that succeeded: its intent and its charge.
    mutating func pay(
        amount: Int64,
        currency: String,
        customer: String?,
        method: String?,
        metadata: WireObject = [:],
        _ context: CallContext
    ) -> (intent: String, charge: String) {
        let intentID = identifiers.id(.paymentIntent, now: context.now)
        let chargeID = identifiers.id(.charge, now: context.now)
        let money = PaymentShape.Money(amount: amount, currency: currency)
        let card = method.flatMap { self[.paymentMethod].live($0) }
        let charge = PaymentShape.charge(
            id: chargeID,
            money,
            customer: customer,
            intent: intentID,
            card: card,
            created: context.now.seconds,
            metadata: metadata
        )
        let intent = PaymentShape.intent(
            id: intentID,
            money,
            customer: customer,
            charge: chargeID,
            method: method,
            created: context.now.seconds,
            metadata: metadata
        )
        self[.paymentIntent].insert(intent)
        create(.charge, charge, context, event: "charge.succeeded")
        emit("payment_intent.succeeded", intent, context)
        return (intentID, chargeID)
    }
}

/// Calendar periods as Stripe counts them: a month later is the same day, or the month's last.
enum Period {
    static func end(of price: WireObject, from start: Int64) -> Int64 {
        let recurring = price["recurring"]?.object ?? [:]
        let count = recurring.integer("interval_count") ?? 1
        switch recurring.text("interval") {
        case "day": return start + count * 86_400
        case "week": return start + count * 7 * 86_400
        case "year": return months(12 * count, after: start)
        case _: return months(count, after: start)
        }
    }

    private static func months(_ count: Int64, after second: Int64) -> Int64 {
        guard let start = Timestamp(seconds: second) else { return second }
        let text = start.rfc3339
        let parts = text.split(whereSeparator: { "-T:Z".contains($0) }).compactMap { Int64($0) }
        guard parts.count == 6 else { return second }
        let month = parts[1] - 1 + count
        let (year, place) = (parts[0] + month / 12, month % 12 + 1)
        let time = text.dropFirst(10)
        for day in stride(from: parts[2], through: parts[2] - 3, by: -1) {
            if let end = Timestamp(rfc3339: "\(year)-\(padded(place))-\(padded(day))\(time)") {
                return end.seconds
            }
        }
        return second
    }

    private static func padded(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
