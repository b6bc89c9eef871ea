import BillingModel
import JSON
import Timing

// The stored form of a checkout session that is to be created; what is absent is not set.

extension CheckoutSessionDraft {
    static let keys: Set<String> = [
        "local_id", "mode", "line_items", "customer", "customer_email", "client_reference_id", "success_url",
        "cancel_url", "currency", "allow_promotion_codes", "billing_address_collection",
        "phone_number_collection", "payment_method_collection", "trial_days", "trial_end_ms", "locale",
        "expires_at_ms", "metadata", "subscription_metadata",
    ]

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("local_id", localID)
        writer.field("mode", mode.rawValue)
        if !lineItems.isEmpty {
            writer.key("line_items")
            writer.beginArray()
            for item in lineItems { item.write(to: &writer) }
            writer.endArray()
        }
        if let customer { writer.reference("customer", customer) }
        writer.present("customer_email", customerEmail)
        writer.present("client_reference_id", clientReference)
        writer.present("success_url", successURL)
        writer.present("cancel_url", cancelURL)
        writer.present("currency", currency)
        if let allowsPromotionCodes { writer.field("allow_promotion_codes", allowsPromotionCodes) }
        writer.present("billing_address_collection", billingAddress?.rawValue)
        if let collectsPhoneNumber { writer.field("phone_number_collection", collectsPhoneNumber) }
        writer.present("payment_method_collection", paymentMethodCollection?.rawValue)
        switch trial {
        case nil: break
        case .days(let days): writer.field("trial_days", days)
        case .until(let end): writer.field("trial_end_ms", end.milliseconds)
        }
        writer.present("locale", locale)
        if let expiresAt { writer.field("expires_at_ms", expiresAt.milliseconds) }
        writer.metadata("metadata", metadata)
        writer.metadata("subscription_metadata", subscriptionMetadata)
        writer.endObject()
    }

    init(_ reader: OperationReader) throws(OperationFormatError) {
        self.init(localID: try reader.text("local_id"), mode: try reader.word("mode"))
        lineItems = try reader.elements("line_items") { (element) throws(OperationFormatError) in
            try LineItem(
                try OperationReader(element, path: reader.path + ".line_items", knows: LineItem.keys)
            )
        }
        customer = try reader.reference("customer")
        customerEmail = try reader.optionalText("customer_email")
        clientReference = try reader.optionalText("client_reference_id")
        successURL = try reader.optionalText("success_url")
        cancelURL = try reader.optionalText("cancel_url")
        currency = try reader.optionalText("currency")
        allowsPromotionCodes = try reader.optionalBoolean("allow_promotion_codes")
        billingAddress = try reader.optionalWord("billing_address_collection")
        collectsPhoneNumber = try reader.optionalBoolean("phone_number_collection")
        paymentMethodCollection = try reader.optionalWord("payment_method_collection")
        if let days = try reader.optionalInteger("trial_days") { trial = .days(days) }
        if let end = try reader.optionalInteger("trial_end_ms") {
            guard trial == nil else { throw reader.wrong("trial_end_ms") }
            trial = .until(Timestamp(milliseconds: end))
        }
        locale = try reader.optionalText("locale")
        expiresAt = try reader.optionalInteger("expires_at_ms").map { Timestamp(milliseconds: $0) }
        metadata = try reader.metadata("metadata")
        subscriptionMetadata = try reader.metadata("subscription_metadata")
    }
}

extension CheckoutSessionDraft.LineItem {
    static let keys: Set<String> = [
        "price", "unit_amount", "currency", "product", "product_name", "interval", "interval_count",
        "quantity",
    ]

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        switch price {
        case .existing(let id): writer.field("price", id.rawValue)
        case .inline(let price):
            writer.field("unit_amount", price.unit.amount)
            writer.field("currency", price.unit.currency)
            switch price.product {
            case .existing(let id): writer.field("product", id.rawValue)
            case .named(let name): writer.field("product_name", name)
            }
            if let recurrence = price.recurrence {
                writer.field("interval", recurrence.interval)
                writer.field("interval_count", recurrence.count)
            }
        }
        if let quantity { writer.field("quantity", quantity) }
        writer.endObject()
    }

    init(_ reader: OperationReader) throws(OperationFormatError) {
        let quantity = try reader.optionalInteger("quantity")
        if let id = try reader.optionalText("price") {
            self.init(price: .existing(ProviderID(id)), quantity: quantity)
            return
        }
        guard let amount = try reader.optionalInteger("unit_amount") else {
            throw reader.wrong("unit_amount")
        }
        let product: CheckoutSessionDraft.InlinePrice.Product
        if let id = try reader.optionalText("product") {
            product = .existing(ProviderID(id))
        } else {
            product = .named(try reader.text("product_name"))
        }
        let unit = Money(amount: amount, currency: try reader.text("currency"))
        var price = CheckoutSessionDraft.InlinePrice(unit: unit, product: product)
        if let interval = try reader.optionalText("interval") {
            let count = try reader.optionalInteger("interval_count") ?? 1
            price.recurrence = CheckoutSessionDraft.InlinePrice.Recurrence(interval: interval, count: count)
        }
        self.init(price: .inline(price), quantity: quantity)
    }
}

extension JSONWriter {
    fileprivate mutating func metadata(_ key: String, _ metadata: Metadata) {
        guard !metadata.isEmpty else { return }
        nested(key) { writer in
            for entry in metadata.entries { writer.field(entry.key, entry.value) }
        }
    }
}
