package import BillingModel
package import Timing

/// A checkout session to be created: what the provider's payment page shall sell, and to whom.
package struct CheckoutSessionDraft: Sendable, Hashable {
    package enum Mode: String, Sendable, Hashable, CaseIterable {
        case payment
        case subscription
        /// Stores a payment method and sells nothing.
        case setup
    }

    package struct LineItem: Sendable, Hashable {
        package var price: LinePrice
        /// Nil where the price is metered.
        package var quantity: Int64?

        package init(price: LinePrice, quantity: Int64? = 1) {
            self.price = price
            self.quantity = quantity
        }
    }

    package enum LinePrice: Sendable, Hashable {
        case existing(ProviderID)
        case inline(InlinePrice)
    }

    /// A price made for this session only.
    package struct InlinePrice: Sendable, Hashable {
        package enum Product: Sendable, Hashable {
            case existing(ProviderID)
            case named(String)
        }

        package struct Recurrence: Sendable, Hashable {
            /// `"day"`, `"week"`, `"month"` or `"year"`.
            package let interval: String
            package let count: Int64

            package init(interval: String, count: Int64 = 1) {
                self.interval = interval
                self.count = count
            }
        }

        package var unit: Money
        package var product: Product
        /// Nil for a single payment.
        package var recurrence: Recurrence?

        package init(unit: Money, product: Product, recurrence: Recurrence? = nil) {
            self.unit = unit
            self.product = product
            self.recurrence = recurrence
        }
    }

    package enum Trial: Sendable, Hashable {
        case days(Int64)
        /// Unix seconds count; milliseconds are cut off.
        case until(Timestamp)
    }

    package enum AddressCollection: String, Sendable, Hashable, CaseIterable {
        case auto
        case required
    }

    package enum PaymentMethodCollection: String, Sendable, Hashable, CaseIterable {
        case always
        case ifRequired = "if_required"
    }

    /// Our public id, sent as metadata `ProviderMark.session`.
    package let localID: String
    package var mode: Mode
    package var lineItems: [LineItem] = []
    package var customer: ObjectReference?
    /// Prefills the page; only without `customer`.
    package var customerEmail: String?
    package var clientReference: String?
    package var successURL: String?
    package var cancelURL: String?
    /// ISO 4217, lower case; providers want it in setup mode only, elsewhere the prices say it.
    package var currency: String?
    package var allowsPromotionCodes: Bool?
    package var billingAddress: AddressCollection?
    package var collectsPhoneNumber: Bool?
    package var paymentMethodCollection: PaymentMethodCollection?
    /// Only in mode subscription.
    package var trial: Trial?
    /// `"auto"` or an IETF language tag.
    package var locale: String?
    package var expiresAt: Timestamp?
    package var metadata = Metadata()
    /// Set on the subscription that comes of the session; only in mode subscription.
    package var subscriptionMetadata = Metadata()

    package init(localID: String, mode: Mode) {
        self.localID = localID
        self.mode = mode
    }
}
