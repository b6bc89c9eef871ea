package import BillingModel
package import JSON
import Timing

/// Stripe's objects in our words, whatever the API version between 2018 and 2026-06-24.dahlia.
///
/// Facts: `reference/provider_api.md` section 2; `reference/catalogue.md` 3.5 for what moved between versions.
package enum StripeDecoder {
    /// The name of the provider in the configuration and in table `connections`.
    package static let provider = "stripe"

    /// Decodes the object of a snapshot event or of a read. Never fails for odd data: what is odd is in
    /// `problems`, and `unusable` names a required field that cannot be used.
    package static func decode(type objectType: String, _ object: JSONValue) -> DecodedObject {
        // What is left in answers to reads and deletions of a deleted object: `{id, object, deleted}`.
        if object["deleted"]?.boolean == true { return DecodedObject(content: .unmodelled) }
        let problems = ProblemList()
        let reader = FieldReader(object, problems: problems)
        let content: DecodedObject.Content? =
            switch objectType {
            case "customer": .customer(customer(reader))
            case "payment_method": .paymentMethod(paymentMethod(reader))
            case "subscription": subscription(reader).map { .subscription($0) }
            case "product": .product(product(reader))
            case "price": .price(price(reader))
            case "coupon": .coupon(coupon(reader))
            case "discount": .discount(discount(reader))
            case "invoice": invoice(reader).map { .invoice($0) }
            case "invoice_payment": invoicePayment(reader).map { .invoicePayment($0) }
            case "credit_note": .creditNote(creditNote(reader))
            case "checkout.session": checkoutSession(reader).map { .checkoutSession($0) }
            case "charge": charge(reader).map { .charge($0) }
            case "refund": refund(reader).map { .refund($0) }
            case "dispute": dispute(reader).map { .dispute($0) }
            default: .unmodelled
            }
        let found = problems.problems
        guard let content, !found.contains(where: \.isRequired) else {
            return DecodedObject(content: .unusable, problems: found)
        }
        return DecodedObject(content: content, problems: found)
    }
}

// MARK: Customers

private func customer(_ reader: FieldReader) -> CustomerSnapshot {
    var customer = CustomerSnapshot()
    customer.created = reader.time("created")
    customer.email = reader.text("email")
    customer.name = reader.text("name")
    customer.phone = reader.text("phone")
    customer.details = reader.text("description")
    customer.currency = reader.currency()
    // Called account_balance before 2019-10-17.
    customer.balance = reader.amount("balance") ?? reader.amount("account_balance") ?? 0
    customer.isDelinquent = reader.boolean("delinquent") ?? false
    customer.defaultPaymentMethod =
        reader.object("invoice_settings")?.reference("default_payment_method")
        ?? reader.reference("default_source")
    if let locales = reader.value["preferred_locales"], locales.kind == .array {
        customer.language = locales.elements.lazy.compactMap(\.string).first
    }
    customer.metadata = reader.metadata()
    return customer
}

private func paymentMethod(_ reader: FieldReader) -> PaymentMethodSnapshot {
    var method = PaymentMethodSnapshot()
    method.created = reader.time("created")
    method.customer = reader.reference("customer")
    method.type = reader.text("type") ?? ""
    // What is known of the means stands under the name of its type.
    if let member = reader.value.member(method.type), member.kind == .object {
        let means = FieldReader(member, path: method.type, problems: reader.problems)
        method.brand = means.text("brand") ?? means.text("bank_name") ?? means.text("bank")
        method.last4 = means.text("last4")
        method.expiryMonth = means.integer("exp_month")
        method.expiryYear = means.integer("exp_year")
    }
    return method
}

// MARK: Catalogue

private func product(_ reader: FieldReader) -> ProductSnapshot {
    var product = ProductSnapshot()
    product.created = reader.time("created")
    product.name = reader.text("name") ?? ""
    product.details = reader.text("description")
    product.isActive = reader.boolean("active") ?? true
    product.defaultPrice = reader.reference("default_price")
    product.unitLabel = reader.text("unit_label")
    product.metadata = reader.metadata()
    return product
}

private func price(_ reader: FieldReader) -> PriceSnapshot {
    var price = PriceSnapshot()
    price.created = reader.time("created")
    price.product = reader.reference("product")
    price.currency = reader.currency() ?? ""
    price.unitAmount = reader.amount("unit_amount")
    if price.unitAmount == nil { price.unitAmountDecimal = reader.text("unit_amount_decimal") }
    price.isTiered = reader.text("billing_scheme") == "tiered"
    price.nickname = reader.text("nickname")
    price.lookupKey = reader.text("lookup_key")
    price.isActive = reader.boolean("active") ?? true
    price.metadata = reader.metadata()
    if let recurring = reader.object("recurring") {
        price.isRecurring = true
        price.interval = recurring.text("interval")
        price.intervalCount = recurring.integer("interval_count")
        price.isMetered = recurring.text("usage_type") == "metered"
    }
    return price
}

private func coupon(_ reader: FieldReader) -> CouponSnapshot {
    var coupon = CouponSnapshot()
    coupon.created = reader.time("created")
    coupon.name = reader.text("name")
    coupon.percentOff = reader.value["percent_off"]?.numberText.map(withoutTrailingZeros)
    coupon.amountOff = reader.amount("amount_off")
    coupon.currency = reader.currency()
    coupon.duration = reader.text("duration") ?? ""
    coupon.durationMonths = reader.integer("duration_in_months")
    coupon.isValid = reader.boolean("valid") ?? true
    coupon.metadata = reader.metadata()
    return coupon
}

private func discount(_ reader: FieldReader) -> DiscountSnapshot {
    var discount = DiscountSnapshot()
    discount.customer = reader.reference("customer")
    discount.subscription = reader.reference("subscription")
    // Since 2025-09-30.clover the coupon stands under `source`.
    discount.coupon = reader.object("source")?.reference("coupon") ?? reader.reference("coupon")
    discount.promotionCode = reader.reference("promotion_code")
    discount.start = reader.time("start")
    discount.end = reader.time("end")
    return discount
}

// 25.0 and 25 are one percentage; a number in scientific form stays as it is.
private func withoutTrailingZeros(_ number: String) -> String {
    guard number.utf8.contains(UInt8(ascii: ".")), !number.contains(where: { $0 == "e" || $0 == "E" }) else {
        return number
    }
    var text = Substring(number)
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return String(text)
}
