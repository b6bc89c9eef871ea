package import Timing

/// Something that is sold.
package struct ProductSnapshot: Sendable, Hashable {
    package var created: Timestamp?
    package var name = ""
    package var details: String?
    package var isActive = true
    package var defaultPrice: ProviderID?
    package var unitLabel: String?
    package var metadata = Metadata()

    package init() {}
}

/// What a product costs, how often.
package struct PriceSnapshot: Sendable, Hashable {
    package var created: Timestamp?
    package var product: ProviderID?
    package var currency = ""
    /// Minor units; nil when tiered or finer than a minor unit.
    package var unitAmount: Int64?
    /// The exact amount in minor units as decimal text, when `unitAmount` cannot hold it.
    package var unitAmountDecimal: String?
    package var isRecurring = false
    package var interval: String?
    package var intervalCount: Int64?
    package var isMetered = false
    package var isTiered = false
    package var nickname: String?
    package var lookupKey: String?
    package var isActive = true
    package var metadata = Metadata()

    package init() {}
}

/// A rule for a reduction. The merchant may choose its id, and use it again after a deletion.
package struct CouponSnapshot: Sendable, Hashable {
    package var created: Timestamp?
    package var name: String?
    /// Decimal text, such as `"25.5"`; nil when an amount is taken off.
    package var percentOff: String?
    package var amountOff: Int64?
    package var currency: String?
    /// `"once"`, `"repeating"` or `"forever"`.
    package var duration = ""
    package var durationMonths: Int64?
    package var isValid = true
    package var metadata = Metadata()

    package init() {}
}

/// A coupon as applied to a customer or a subscription.
package struct DiscountSnapshot: Sendable, Hashable {
    package var customer: ProviderID?
    package var subscription: ProviderID?
    package var coupon: ProviderID?
    package var promotionCode: ProviderID?
    package var start: Timestamp?
    package var end: Timestamp?

    package init() {}
}
