import Timing

/// What a price costs, before it has a product.
struct PriceTerms {
    struct Recurrence {
        let interval: String
        let count: Int64
        let usage: String
    }

    static let intervals = ["day", "week", "month", "year"]

    let currency: String
    let unitAmount: Int64
    let recurrence: Recurrence?
    let taxBehavior: String

    init(reading parameters: Parameters) throws(ProviderError) {
        currency = try Self.currency(parameters)
        guard let amount = try parameters.integer("unit_amount", in: 0...99_999_999) else {
            throw .missing(parameters.name("unit_amount"))
        }
        unitAmount = amount
        taxBehavior =
            try parameters.word("tax_behavior", among: ["exclusive", "inclusive", "unspecified"])
            ?? "unspecified"
        if let reader = try parameters.object("recurring") {
            guard let interval = try reader.word("interval", among: Self.intervals) else {
                throw .missing(reader.name("interval"))
            }
            recurrence = Recurrence(
                interval: interval,
                count: try reader.integer("interval_count", in: 1...36) ?? 1,
                usage: try reader.word("usage_type", among: ["licensed", "metered"]) ?? "licensed"
            )
        } else {
            recurrence = nil
        }
    }

    /// Three letters, told in lower case.
    private static func currency(_ parameters: Parameters) throws(ProviderError) -> String {
        let currency = try parameters.required("currency").lowercased()
        guard currency.utf8.count == 3,
            currency.utf8.allSatisfy({ UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 })
        else {
            throw .invalid(parameters.name("currency"), "Invalid currency: \(currency)")
        }
        return currency
    }
}

/// `/v1/prices`
extension SandboxState {
    mutating func createPrice(_ context: CallContext) throws(ProviderError) -> SandboxAnswer {
        let parameters = context.parameters
        let terms = try PriceTerms(reading: parameters)
        let product = try parameters.text("product")
        let newName = try parameters.object("product_data").map { reader throws(ProviderError) in
            try reader.required("name")
        }
        var details: WireObject = ["active": true, "lookup_key": nil, "metadata": [:], "nickname": nil]
        try apply(parameters, toPrice: &details)
        let expand = try parameters.expansions()
        try parameters.finish()
        let id: String
        switch (product, newName) {
        case (let product?, nil):
            guard self[.product].live(product) != nil else {
                throw .noSuch("product", product, parameter: "product")
            }
            id = product
        case (nil, let name?): id = createProduct(named: name, context)
        case (nil, nil): throw .missing("product")
        case (_?, _?):
            throw .invalid("product_data", "Only one of product and product_data may be given.")
        }
        return .json(try expanded(createPrice(terms, product: id, details: details, context), expand))
    }

    mutating func createProduct(named name: String, _ context: CallContext) -> String {
        let id = identifiers.id(.product, now: context.now)
        create(.product, ProductShape.fresh(id: id, name: name, created: context.now.seconds), context)
        return id
    }

    @discardableResult
    mutating func createPrice(
        _ terms: PriceTerms,
        product: String,
        details: WireObject = [:],
        _ context: CallContext
    ) -> WireObject {
        var price = PriceShape.fresh(
            id: identifiers.id(.price, now: context.now),
            terms,
            product: product,
            created: context.now.seconds
        )
        price.merge(details)
        create(.price, price, context)
        return price
    }

    mutating func updatePrice(_ id: String, _ context: CallContext) throws(ProviderError) -> SandboxAnswer {
        var price = try named(.price, id)
        let expand = try context.parameters.expansions()
        try apply(context.parameters, toPrice: &price)
        try context.parameters.finish()
        update(.price, price, context)
        return .json(try expanded(price, expand))
    }

    func listPrices(_ context: CallContext) throws(ProviderError) -> SandboxAnswer {
        let parameters = context.parameters
        let page = try ListPage(parameters)
        let isActive = try parameters.boolean("active")
        let product = try parameters.text("product")
        let currency = try parameters.text("currency")
        let type = try parameters.word("type", among: ["one_time", "recurring"])
        let keys = try parameters.texts("lookup_keys").value
        let expand = try parameters.expansions()
        try parameters.finish()
        let rows = try self.page(
            .price,
            page,
            indexed: product,
            matches: { price in
                (isActive == nil || price["active"]?.boolean == isActive)
                    && (product == nil || price.text("product") == product)
                    && (currency == nil || price.text("currency") == currency)
                    && (type == nil || price.text("type") == type)
                    && (keys == nil || keys?.contains(price.text("lookup_key") ?? "") == true)
            }
        )
        return try list(rows, url: "/v1/prices", expand: expand)
    }

    private func apply(_ parameters: Parameters, toPrice price: inout WireObject) throws(ProviderError) {
        if let isActive = try parameters.boolean("active") { price["active"] = .boolean(isActive) }
        try Members.text("nickname", parameters, &price)
        try Members.text("lookup_key", max: 200, parameters, &price)
        try Members.metadata(parameters, &price)
    }
}

enum PriceShape {
    static func fresh(id: String, _ terms: PriceTerms, product: String, created: Int64) -> WireObject {
        var recurring = WireValue.null
        if let recurrence = terms.recurrence {
            recurring = [
                "interval": .text(recurrence.interval),
                "interval_count": .integer(recurrence.count),
                "meter": nil,
                "trial_period_days": nil,
                "usage_type": .text(recurrence.usage),
            ]
        }
        return [
            "id": .text(id),
            "object": "price",
            "active": true,
            "billing_scheme": "per_unit",
            "created": .integer(created),
            "currency": .text(terms.currency),
            "custom_unit_amount": nil,
            "livemode": false,
            "lookup_key": nil,
            "metadata": [:],
            "nickname": nil,
            "product": .text(product),
            "recurring": recurring,
            "tax_behavior": .text(terms.taxBehavior),
            "tiers_mode": nil,
            "transform_quantity": nil,
            "type": terms.recurrence == nil ? "one_time" : "recurring",
            "unit_amount": .integer(terms.unitAmount),
            "unit_amount_decimal": .text("\(terms.unitAmount)"),
        ]
    }

    /// The older view of a recurring price, which items of subscriptions still carry.
    static func plan(of price: WireObject) -> WireObject {
        let recurring = price["recurring"]?.object ?? [:]
        return [
            "id": price["id"] ?? .null,
            "object": "plan",
            "active": price["active"] ?? .null,
            "amount": price["unit_amount"] ?? .null,
            "amount_decimal": price["unit_amount_decimal"] ?? .null,
            "billing_scheme": "per_unit",
            "created": price["created"] ?? .null,
            "currency": price["currency"] ?? .null,
            "interval": recurring["interval"] ?? .null,
            "interval_count": recurring["interval_count"] ?? .null,
            "livemode": false,
            "metadata": price["metadata"] ?? .null,
            "meter": nil,
            "nickname": price["nickname"] ?? .null,
            "product": price["product"] ?? .null,
            "tiers_mode": nil,
            "transform_usage": nil,
            "trial_period_days": nil,
            "usage_type": recurring["usage_type"] ?? .null,
        ]
    }
}
