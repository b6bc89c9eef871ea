import JSON

/// What the demo shows: the customers as the API tells them, beside how their stories end.
struct DemoReport {
    private let customers: [JSONValue]
    /// By the provider's id.
    private var expected: [String: JSONValue] = [:]

    init(customers: [JSONValue], stories: [FixtureStories.Story]) {
        self.customers = customers
        for story in stories {
            for customer in story.ending["customers"].map({ Array($0.elements) }) ?? [] {
                if let id = customer["provider_id"]?.string { expected[id] = customer }
            }
        }
    }

    /// Customers whose end is not that of their story, or who are missing, with what differs.
    var differences: [String] {
        var seen: Set<String> = []
        var lines: [String] = []
        for customer in customers {
            guard let id = customer["stripe_customer_id"]?.string, let ending = expected[id] else { continue }
            seen.insert(id)
            lines += differences(of: customer, from: ending).map { "\(id): \($0)" }
        }
        lines += expected.keys.filter { !seen.contains($0) }.sorted().map { "\($0): missing" }
        return lines
    }

    var expectedCount: Int { expected.count }

    private func differences(of customer: JSONValue, from ending: JSONValue) -> [String] {
        var lines: [String] = []
        for name in ["email", "status", "renewal_number", "is_trial"] {
            let (shown, wanted) = (text(customer.member(name)), text(ending.member(name)))
            if shown != wanted { lines.append("\(name) is \(shown), the story ends with \(wanted)") }
        }
        let revenue = Self.money(customer["lifetime_revenue_by_currency"])
        let wantedRevenue = Self.money(ending["lifetime_revenue"])
        if revenue != wantedRevenue {
            lines.append("revenue is \(revenue), the story ends with \(wantedRevenue)")
        }
        let states = Self.states(customer["subscriptions"])
        let wantedStates = Self.states(ending["subscriptions"])
        if states != wantedStates {
            lines.append("subscriptions are \(states), the story ends with \(wantedStates)")
        }
        return lines
    }

    var customerTable: TextTable {
        var table = TextTable([
            ("CUSTOMER", .left), ("STATUS", .left), ("TRIAL", .left), ("RENEWALS", .right),
            ("REVENUE", .right),
            ("FRESHNESS", .left),
        ])
        for customer in sorted {
            table.add([
                text(customer["email"]), text(customer["status"]), text(customer["is_trial"]),
                text(customer["renewal_number"]), Self.money(customer["lifetime_revenue_by_currency"]),
                text(customer["sync"]?["freshness"]),
            ])
        }
        return table
    }

    var subscriptionTable: TextTable {
        var table = TextTable([
            ("SUBSCRIPTION", .left), ("CUSTOMER", .left), ("STATUS", .left), ("PRICE", .left),
            ("SEATS", .right),
            ("PERIOD ENDS", .left), ("LEAVING", .left),
        ])
        for customer in sorted {
            for subscription in customer["subscriptions"].map({ Array($0.elements) }) ?? [] {
                let item = subscription["items"].flatMap { items in items.elements.first { _ in true } }
                table.add([
                    text(subscription["billing_id"]), text(customer["email"]), text(subscription["status"]),
                    Self.price(item), text(item?["quantity"]), text(subscription["current_period_end"]),
                    text(subscription["cancel_at_period_end"]),
                ])
            }
        }
        return table
    }

    private var sorted: [JSONValue] {
        customers.sorted { text($0["email"]).utf8.lexicographicallyPrecedes(text($1["email"]).utf8) }
    }

    private static func price(_ item: JSONValue?) -> String {
        guard let item, let amount = item["unit_amount"]?.integer else { return "-" }
        return "\(amount) \(text(item["currency"]))/\(text(item["interval"]))"
    }

    /// Minor units, as `1700 usd`; currencies without an amount are left out.
    private static func money(_ amounts: JSONValue?) -> String {
        let shown = amounts.map { amounts in
            amounts.members.filter { $0.value.integer != 0 }.map { "\(text($0.value)) \($0.key)" }.sorted()
        }
        return shown.flatMap { $0.isEmpty ? nil : $0.joined(separator: ", ") } ?? "0"
    }

    private static func states(_ subscriptions: JSONValue?) -> [String] {
        (subscriptions.map { Array($0.elements) } ?? []).map { subscription in
            let id = subscription["billing_id"] ?? subscription["provider_id"]
            return "\(text(id)) \(text(subscription["status"]))"
        }.sorted()
    }
}
