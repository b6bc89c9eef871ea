import BillingModel
import CustomerStore
import Database
import JSON
import Providers
import Timing

/// What a body says about a checkout session to be created, with every field checked (catalogue 3.6).
struct CheckoutInput: Sendable {
    static let urlLengthMax = 5000
    static let quantityMax: Int64 = 999_999
    static let amountMax: Int64 = 99_999_999
    /// Half an hour to a day from now, as providers want it.
    static let expirySeconds: ClosedRange<Int64> = 1_800...86_400
    /// Providers want a trial's end at least 48 hours away.
    static let trialEndSeconds: Int64 = 172_800

    /// Without the customer, which the writer binds.
    var draft: CheckoutSessionDraft
    var customer: String?
    var connection: String?

    private enum Interval: String, CaseIterable {
        case day, week, month, year
    }

    /// - Parameter price: the provider's id of a price of ours; nil when there is none in this scope.
    init(_ body: BodyReader, now: Timestamp, price: (String) throws -> PriceRecord?) throws {
        var body = body
        let mode = body.word("mode", CheckoutSessionDraft.Mode.self, required: true)
        draft = CheckoutSessionDraft(localID: "", mode: mode ?? .payment)
        connection = body.text("connection", max: 64)
        customer = body.text("customer_id", max: 255)
        draft.customerEmail = body.email("customer_email").foldedText(over: nil)
        if customer != nil, draft.customerEmail != nil {
            body.wrong("customer_email", "conflicting", "Only without customer_id.")
        }
        draft.clientReference = body.text("client_reference_id", max: CallLimits.clientReferenceLengthMax)
        draft.successURL = Self.url("success_url", required: true, &body)
        draft.cancelURL = Self.url("cancel_url", required: false, &body)
        draft.allowsPromotionCodes = body.boolean("allow_promotion_codes")
        draft.billingAddress = body.word(
            "billing_address_collection",
            CheckoutSessionDraft.AddressCollection.self
        )
        draft.collectsPhoneNumber = body.boolean("phone_number_collection")
        draft.locale = body.text("locale", max: 35)
        draft.expiresAt = Self.expiry(&body, now: now)
        draft.metadata = body.metadata().folded(over: Metadata())
        if !draft.metadata.fits(marks: [ProviderMark.session, ProviderMark.operation]) {
            body.wrong("metadata", "too_many_keys", "At most \(CallLimits.metadataKeysMax - 2).")
        }
        readSubscription(&body, mode, now: now)
        draft.currency = Self.currency(&body)
        let hasCurrency = body.present("currency") != nil
        if let mode, (mode == .setup) != hasCurrency {
            body.wrong(
                "currency",
                hasCurrency ? "conflicting" : "required",
                "In mode setup and in no other: elsewhere the prices say it."
            )
        }
        draft.lineItems = try Self.items(&body, mode, price)
        body.refuseOthers()
    }

    private mutating func readSubscription(
        _ body: inout BodyReader,
        _ mode: CheckoutSessionDraft.Mode?,
        now: Timestamp
    ) {
        draft.paymentMethodCollection = body.word(
            "payment_method_collection",
            CheckoutSessionDraft.PaymentMethodCollection.self
        )
        if let days = body.integer("trial_days", in: 1...CallLimits.trialDaysMax) {
            draft.trial = .days(days)
        }
        if let end = body.time("trial_end") {
            if draft.trial != nil { body.wrong("trial_end", "conflicting", "Only without trial_days.") }
            if end < now.adding(seconds: Self.trialEndSeconds) {
                body.wrong("trial_end", "out_of_range", "At least 48 hours from now.")
            }
            draft.trial = .until(end)
        }
        draft.subscriptionMetadata = body.metadata("subscription_metadata").folded(over: Metadata())
        if !draft.subscriptionMetadata.fits(marks: []) {
            body.wrong("subscription_metadata", "too_many_keys", "At most \(CallLimits.metadataKeysMax).")
        }
        guard let mode, mode != .subscription else { return }
        for name in ["payment_method_collection", "trial_days", "trial_end", "subscription_metadata"] {
            guard let value = body.value.member(name), !value.isNull else { continue }
            body.wrong(name, "conflicting", "Only in mode subscription.")
        }
    }

    private static func url(_ name: String, required: Bool, _ body: inout BodyReader) -> String? {
        guard let text = body.text(name, max: urlLengthMax, required: required) else { return nil }
        let lower = text.lowercased()
        let isURL = ["https://", "http://"].contains {
            lower.hasPrefix($0) && lower.utf8.count > $0.utf8.count
        }
        guard isURL, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            body.wrong(name, "invalid_url", "An absolute http or https URL.")
            return nil
        }
        return text
    }

    private static func expiry(_ body: inout BodyReader, now: Timestamp) -> Timestamp? {
        guard let time = body.time("expires_at") else { return nil }
        guard expirySeconds.contains(time.milliseconds(since: now) / 1_000) else {
            body.wrong("expires_at", "out_of_range", "30 minutes to 24 hours from now.")
            return nil
        }
        return time
    }

    private static func currency(_ body: inout BodyReader) -> String? {
        guard let text = body.text("currency", max: 3) else { return nil }
        guard text.utf8.count == 3, text.utf8.allSatisfy({ isAlphanumeric($0) && $0 > UInt8(ascii: "9") })
        else {
            body.wrong("currency", "invalid_currency", "Three letters, as eur (ISO 4217).")
            return nil
        }
        return text.lowercased()
    }

    // MARK: Line items

    private static func items(
        _ body: inout BodyReader,
        _ mode: CheckoutSessionDraft.Mode?,
        _ price: (String) throws -> PriceRecord?
    ) throws -> [CheckoutSessionDraft.LineItem] {
        let isGiven = body.present("line_items") != nil
        if mode == .setup {
            if isGiven { body.wrong("line_items", "conflicting", "A setup sells nothing.") }
            return []
        }
        guard isGiven else {
            body.wrong("line_items", "required")
            return []
        }
        var items: [CheckoutSessionDraft.LineItem] = []
        var hasRecurring = false
        for reader in body.objects("line_items", count: 1...CallLimits.lineItemsMax) {
            guard let (item, isRecurring) = try item(reader, mode, price) else { continue }
            items.append(item)
            // Of a price that is not known here the provider must judge.
            hasRecurring = hasRecurring || isRecurring ?? true
        }
        if mode == .subscription, !items.isEmpty, !hasRecurring, body.errors.list.isEmpty {
            body.wrong("line_items", "recurring_required", "A subscription needs a recurring price.")
        }
        return items
    }

    private static func item(
        _ reader: BodyReader,
        _ mode: CheckoutSessionDraft.Mode?,
        _ price: (String) throws -> PriceRecord?
    ) throws -> (CheckoutSessionDraft.LineItem, isRecurring: Bool?)? {
        var reader = reader
        let named = reader.text("price", max: 255)
        let data = reader.object("price_data")
        var quantity = reader.integer("quantity", in: 1...quantityMax)
        let hasQuantity = reader.present("quantity") != nil
        reader.refuseOthers()
        guard (named == nil) != (data == nil) else {
            if reader.present("price") == nil || data != nil {
                reader.wrong(
                    "price",
                    named == nil ? "required" : "conflicting",
                    "Either price or price_data."
                )
            }
            return nil
        }
        if let data {
            guard let inline = inlinePrice(data, mode) else { return nil }
            let item = CheckoutSessionDraft.LineItem(price: .inline(inline), quantity: quantity ?? 1)
            return (item, inline.recurrence != nil)
        }
        guard let named else { return nil }
        let known = try price(named)
        if known == nil, named.hasPrefix("prc_") {
            reader.wrong("price", "unknown_price")
            return nil
        }
        if let known {
            if mode == .payment, known.isRecurring {
                reader.wrong("price", "recurring_price", "In mode payment prices are paid once.")
            }
            if !known.isActive { reader.wrong("price", "inactive_price") }
            if known.isMetered, hasQuantity {
                reader.wrong("quantity", "conflicting", "A metered price takes no quantity.")
            }
        }
        if quantity == nil, known?.isMetered != true { quantity = 1 }
        let id = known?.sync.providerID ?? ProviderID(named)
        return (CheckoutSessionDraft.LineItem(price: .existing(id), quantity: quantity), known?.isRecurring)
    }

    private static func inlinePrice(
        _ reader: BodyReader,
        _ mode: CheckoutSessionDraft.Mode?
    ) -> CheckoutSessionDraft.InlinePrice? {
        var reader = reader
        let amount = reader.integer("unit_amount", in: 0...amountMax, required: true)
        let isCurrencyGiven = reader.present("currency") != nil
        let currency = currency(&reader)
        if !isCurrencyGiven { reader.wrong("currency", "required") }
        let product = reader.text("product", max: 255)
        let name = reader.text("product_name", max: 250)
        if (product == nil) == (name == nil) {
            reader.wrong(
                "product",
                product == nil ? "required" : "conflicting",
                "Either product or product_name."
            )
        }
        let interval = reader.word("interval", Interval.self)
        let count = reader.integer("interval_count", in: 1...1_095)
        if count != nil, interval == nil {
            reader.wrong("interval_count", "conflicting", "Only with interval.")
        }
        if mode == .payment, interval != nil {
            reader.wrong("interval", "recurring_price", "In mode payment prices are paid once.")
        }
        reader.refuseOthers()
        guard let amount, let currency, (product == nil) != (name == nil) else { return nil }
        var price = CheckoutSessionDraft.InlinePrice(
            unit: Money(amount: amount, currency: currency),
            product: product.map { .existing(ProviderID($0)) } ?? .named(name ?? "")
        )
        if let interval {
            price.recurrence = CheckoutSessionDraft.InlinePrice.Recurrence(
                interval: interval.rawValue,
                count: count ?? 1
            )
        }
        return price
    }
}
