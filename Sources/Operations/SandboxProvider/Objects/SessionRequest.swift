import Timing

/// What a session's buyer agrees to; asked for when the session is made, done when it is paid.
struct SessionPlan: Sendable {
    struct Line: Sendable {
        let price: String
        let quantity: Int64
    }

    var lines: [Line] = []
    var subscriptionMetadata: WireObject = [:]
    var subscriptionDescription: String?
    /// Seconds.
    var trialEnd: Int64?
    var trialDays: Int64?
    var paymentMetadata: WireObject = [:]
}

/// The parameters of `POST /v1/checkout/sessions`, each read once.
struct SessionRequest {
    enum LinePrice {
        case known(String)
        case made(PriceTerms, product: String?, name: String?)
    }

    struct Line {
        let price: LinePrice
        let quantity: Int64
        let parameter: String
    }

    static let modes = ["payment", "setup", "subscription"]
    static let linesMax = 100

    let mode: String
    let customer: String?
    let email: String?
    let lines: [Line]
    let expires: Int64?
    var plan = SessionPlan()
    /// Members that are told as they were asked for.
    var members: WireObject = [:]

    init(_ parameters: Parameters, now: Timestamp) throws(ProviderError) {
        guard let mode = try parameters.word("mode", among: Self.modes) else { throw .missing("mode") }
        self.mode = mode
        customer = try parameters.text("customer")
        email = try parameters.text("customer_email", max: 800)
        expires = try parameters.integer("expires_at")
        lines = try Self.lines(parameters)
        try readMembers(parameters)
        try readSubscription(parameters, now: now)
        try readPayment(parameters)
        try check(now)
    }

    private static func lines(_ parameters: Parameters) throws(ProviderError) -> [Line] {
        var lines: [Line] = []
        for reader in try parameters.objects("line_items") ?? [] {
            let quantity = try reader.integer("quantity", in: 1...999_999)
            let price = try reader.text("price")
            let data = try reader.object("price_data")
            switch (price, data) {
            case (let price?, nil):
                lines.append(
                    Line(price: .known(price), quantity: quantity ?? 1, parameter: reader.name("price"))
                )
            case (nil, let data?):
                let terms = try PriceTerms(reading: data)
                let product = try data.text("product")
                var name: String?
                if let made = try data.object("product_data") {
                    name = try made.required("name")
                    _ = try made.clearable("description")
                    _ = try made.metadata()
                }
                guard (product == nil) != (name == nil) else { throw .missing(data.name("product")) }
                lines.append(
                    Line(
                        price: .made(terms, product: product, name: name),
                        quantity: quantity ?? 1,
                        parameter: data.name("product")
                    )
                )
            case (nil, nil): throw .missing(reader.name("price"))
            case (_?, _?):
                throw .invalid(reader.name("price_data"), "Only one of price and price_data may be given.")
            }
        }
        guard lines.count <= linesMax else { throw .invalid("line_items", "At most \(linesMax) lines.") }
        return lines
    }

    private mutating func readMembers(_ parameters: Parameters) throws(ProviderError) {
        for name in ["success_url", "cancel_url", "client_reference_id", "locale"] {
            if let text = try parameters.text(name, max: name == "client_reference_id" ? 200 : 5000) {
                members[name] = .text(text)
            }
        }
        try word("billing_address_collection", ["auto", "required"], parameters)
        try word("customer_creation", ["always", "if_required"], parameters)
        try word("payment_method_collection", ["always", "if_required"], parameters)
        try word("submit_type", ["auto", "book", "donate", "pay", "subscribe"], parameters)
        if let allows = try parameters.boolean("allow_promotion_codes") {
            members["allow_promotion_codes"] = .boolean(allows)
        }
        if let phone = try parameters.object("phone_number_collection") {
            guard let isEnabled = try phone.boolean("enabled") else { throw .missing(phone.name("enabled")) }
            members["phone_number_collection"] = ["enabled": .boolean(isEnabled)]
        }
        if let tax = try parameters.object("automatic_tax") {
            guard let isEnabled = try tax.boolean("enabled") else { throw .missing(tax.name("enabled")) }
            members["automatic_tax"] = [
                "enabled": .boolean(isEnabled), "liability": nil, "provider": nil, "status": nil,
            ]
        }
        if let types = try parameters.texts("payment_method_types").value {
            members["payment_method_types"] = .list(types.map { .text($0) })
        }
        try Members.metadata(parameters, &members)
    }

    private mutating func word(
        _ name: String,
        _ words: [String],
        _ parameters: Parameters
    ) throws(ProviderError) {
        if let word = try parameters.word(name, among: words) { members[name] = .text(word) }
    }

    private mutating func readSubscription(_ parameters: Parameters, now: Timestamp) throws(ProviderError) {
        guard let reader = try parameters.object("subscription_data") else { return }
        guard mode == "subscription" else {
            throw .invalid("subscription_data", "You can not pass subscription_data in \(mode) mode.")
        }
        var holder: WireObject = [:]
        try Members.metadata(reader, &holder)
        plan.subscriptionMetadata = holder["metadata"]?.object ?? [:]
        plan.subscriptionDescription = try reader.text("description", max: 500)
        plan.trialEnd = try reader.integer("trial_end")
        plan.trialDays = try reader.integer("trial_period_days", in: 1...730)
        if let trialEnd = plan.trialEnd, trialEnd < now.seconds + 48 * 3600 {
            throw .invalid(reader.name("trial_end"), "The trial has to end at least 48 hours from now.")
        }
        if plan.trialEnd != nil, plan.trialDays != nil {
            throw .invalid(
                reader.name("trial_end"),
                "Only one of trial_end and trial_period_days may be given."
            )
        }
    }

    private mutating func readPayment(_ parameters: Parameters) throws(ProviderError) {
        guard let reader = try parameters.object("payment_intent_data") else { return }
        guard mode == "payment" else {
            throw .invalid("payment_intent_data", "You can not pass payment_intent_data in \(mode) mode.")
        }
        var holder: WireObject = [:]
        try Members.metadata(reader, &holder)
        plan.paymentMetadata = holder["metadata"]?.object ?? [:]
    }

    private func check(_ now: Timestamp) throws(ProviderError) {
        guard members["success_url"] != nil else { throw .missing("success_url") }
        if customer != nil, email != nil {
            throw .invalid("customer_email", "Only one of customer and customer_email may be given.")
        }
        if mode != "setup", lines.isEmpty { throw .missing("line_items") }
        if mode == "setup", !lines.isEmpty {
            throw .invalid("line_items", "You can not pass line_items in setup mode.")
        }
        if let email, !Members.isAddress(email) {
            throw .invalid("customer_email", "Invalid email address: \(email)", code: "email_invalid")
        }
        if let expires {
            let allowed = now.seconds + 30 * 60...now.seconds + 24 * 3600
            guard allowed.contains(expires) else {
                throw .invalid(
                    "expires_at",
                    "A session expires from 30 minutes to 24 hours after it is made."
                )
            }
        }
    }
}
