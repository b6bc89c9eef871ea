/// The types of object that the sandbox keeps.
package enum ObjectKind: Int, Sendable, CaseIterable {
    case customer
    case product
    case price
    case checkoutSession
    case subscription
    case invoice
    case invoicePayment
    case paymentMethod
    case paymentIntent
    case charge

    /// The `object` member.
    var objectName: String {
        switch self {
        case .customer: "customer"
        case .product: "product"
        case .price: "price"
        case .checkoutSession: "checkout.session"
        case .subscription: "subscription"
        case .invoice: "invoice"
        case .invoicePayment: "invoice_payment"
        case .paymentMethod: "payment_method"
        case .paymentIntent: "payment_intent"
        case .charge: "charge"
        }
    }

    /// As an error names it.
    var noun: String {
        switch self {
        case .checkoutSession: "checkout.session"
        case .paymentMethod: "PaymentMethod"
        default: objectName
        }
    }

    var idPrefix: String {
        switch self {
        case .customer: "cus_"
        case .product: "prod_"
        case .price: "price_"
        case .checkoutSession: "cs_test_"
        case .subscription: "sub_"
        case .invoice: "in_"
        case .invoicePayment: "inpay_"
        case .paymentMethod: "pm_"
        case .paymentIntent: "pi_"
        case .charge: "ch_"
        }
    }

    /// The event types are `customer.subscription.updated` and so on.
    var eventPrefix: String {
        switch self {
        case .subscription: "customer.subscription"
        default: objectName
        }
    }

    /// The member that lists are mostly filtered by; looked up instead of searched.
    var indexedMember: String? {
        switch self {
        case .customer: "email"
        case .checkoutSession, .subscription, .invoice, .paymentMethod, .paymentIntent, .charge: "customer"
        case .invoicePayment: "invoice"
        case .price: "product"
        case .product: nil
        }
    }

    static func of(id: String) -> ObjectKind? {
        allCases.first { id.hasPrefix($0.idPrefix) }
    }
}
