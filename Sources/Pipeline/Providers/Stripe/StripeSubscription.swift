import BillingModel
import JSON
import Timing

func subscription(_ reader: FieldReader) -> SubscriptionSnapshot? {
    guard let status = reader.word("status", subscriptionStatus) else { return nil }
    var subscription = SubscriptionSnapshot(status: status)
    subscription.created = reader.time("created")
    subscription.customer = reader.reference("customer", required: true)
    if subscription.customer == nil { return nil }
    subscription.startDate = reader.time("start_date") ?? reader.time("start")
    subscription.trialStart = reader.time("trial_start")
    subscription.trialEnd = reader.time("trial_end")
    subscription.cancelAt = reader.time("cancel_at")
    subscription.cancelsAtPeriodEnd = reader.boolean("cancel_at_period_end") ?? false
    subscription.canceledAt = reader.time("canceled_at")
    subscription.endedAt = reader.time("ended_at")
    subscription.collectionMethod = reader.text("collection_method")
    subscription.defaultPaymentMethod =
        reader.reference("default_payment_method") ?? reader.reference("default_source")
    subscription.latestInvoice = reader.reference("latest_invoice")
    subscription.metadata = reader.metadata()
    readItems(reader, into: &subscription)
    subscription.currency = reader.currency() ?? subscription.items.first?.currency
    return subscription
}

private func readItems(_ reader: FieldReader, into subscription: inout SubscriptionSnapshot) {
    // Until 2025-03-31.basil the period stands on the subscription, since then on each item.
    let start = reader.time("current_period_start")
    let end = reader.time("current_period_end")
    if let list = reader.list("items") {
        subscription.itemsAreComplete = list.isComplete
        for element in list.elements {
            guard let id = element.reference("id", required: true) else { continue }
            var item = SubscriptionItemSnapshot(id: id)
            readPrice(element, into: &item)
            item.quantity = element.integer("quantity")
            item.currentPeriodStart = element.time("current_period_start") ?? start
            item.currentPeriodEnd = element.time("current_period_end") ?? end
            subscription.items.append(item)
        }
    }
    subscription.currentPeriodStart = start ?? subscription.items.compactMap(\.currentPeriodStart).min()
    subscription.currentPeriodEnd = end ?? subscription.items.compactMap(\.currentPeriodEnd).max()
}

// A price since 2020, a plan before; both name the same thing by the same id.
private func readPrice(_ element: FieldReader, into item: inout SubscriptionItemSnapshot) {
    item.price = element.reference("price") ?? element.reference("plan")
    if let price = element.object("price") {
        item.product = price.reference("product")
        item.unitAmount = price.amount("unit_amount")
        item.currency = price.currency()
        if let recurring = price.object("recurring") {
            item.interval = recurring.text("interval")
            item.intervalCount = recurring.integer("interval_count")
            item.isMetered = recurring.text("usage_type") == "metered"
        }
    } else if let plan = element.object("plan") {
        item.product = plan.reference("product")
        item.unitAmount = plan.amount("amount")
        item.currency = plan.currency()
        item.interval = plan.text("interval")
        item.intervalCount = plan.integer("interval_count")
        item.isMetered = plan.text("usage_type") == "metered"
    }
}

// Catalogue 3.5, "Status map".
private func subscriptionStatus(_ word: String) -> SubscriptionStatus? {
    switch word {
    case "trialing": .inTrial
    case "active": .active
    case "incomplete": .paymentPending
    case "incomplete_expired": .expired
    case "past_due": .pastDue
    case "unpaid": .unpaid
    case "paused": .paused
    case "canceled": .canceled
    default: nil
    }
}
