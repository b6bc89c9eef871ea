/// The form of a subscription in the current API: periods stand on the items.
enum SubscriptionShape {
    static func fresh(id: String, customer: String, created: Int64, currency: String) -> WireObject {
        [
            "id": .text(id),
            "object": "subscription",
            "application": nil,
            "application_fee_percent": nil,
            "automatic_tax": ["disabled_reason": nil, "enabled": false, "liability": nil],
            "billing_cycle_anchor": .integer(created),
            "billing_cycle_anchor_config": nil,
            "billing_mode": ["flexible": nil, "type": "classic"],
            "billing_thresholds": nil,
            "cancel_at": nil,
            "cancel_at_period_end": false,
            "canceled_at": nil,
            "cancellation_details": ["comment": nil, "feedback": nil, "reason": nil],
            "collection_method": "charge_automatically",
            "created": .integer(created),
            "currency": .text(currency),
            "customer": .text(customer),
            "customer_account": nil,
            "days_until_due": nil,
            "default_payment_method": nil,
            "default_source": nil,
            "default_tax_rates": [],
            "description": nil,
            "discounts": [],
            "ended_at": nil,
            "invoice_settings": ["account_tax_ids": nil, "issuer": ["type": "self"]],
            "items": [:],
            "latest_invoice": nil,
            "livemode": false,
            "metadata": [:],
            "next_pending_invoice_item_invoice": nil,
            "on_behalf_of": nil,
            "pause_collection": nil,
            "payment_settings": [
                "payment_method_options": nil, "payment_method_types": nil,
                "save_default_payment_method": "off",
            ],
            "pending_invoice_item_interval": nil,
            "pending_setup_intent": nil,
            "pending_update": nil,
            "schedule": nil,
            "start_date": .integer(created),
            "status": "active",
            "test_clock": nil,
            "transfer_data": nil,
            "trial_end": nil,
            "trial_settings": ["end_behavior": ["missing_payment_method": "create_invoice"]],
            "trial_start": nil,
        ]
    }

    static func item(
        id: String,
        subscription: String,
        price: WireObject,
        quantity: Int64,
        created: Int64,
        period: Range<Int64>
    ) -> WireObject {
        [
            "id": .text(id),
            "object": "subscription_item",
            "billing_thresholds": nil,
            "created": .integer(created),
            "current_period_end": .integer(period.upperBound),
            "current_period_start": .integer(period.lowerBound),
            "discounts": [],
            "metadata": [:],
            "plan": .object(PriceShape.plan(of: price)),
            "price": .object(price),
            "quantity": .integer(quantity),
            "subscription": .text(subscription),
            "tax_rates": [],
        ]
    }
}

/// What is asked of a subscription again and again.
extension WireObject {
    var items: [WireObject] { (self["items"]?.object?["data"]?.list ?? []).compactMap(\.object) }

    /// The latest end of an item's period, in seconds.
    var periodEnd: Int64 { items.compactMap { $0.integer("current_period_end") }.max() ?? 0 }

    mutating func setItems(_ items: [WireObject]) {
        let id = text("id") ?? ""
        self["items"] = .object(ListShape.list(items, url: "/v1/subscription_items?subscription=\(id)"))
    }

    var hasEnded: Bool { text("status") == "canceled" || text("status") == "incomplete_expired" }
}
