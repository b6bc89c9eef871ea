/// What a provider's object says, in our words; made by the provider's decoder, which never throws.
package struct DecodedObject: Sendable, Hashable {
    /// A known field with an unusable value.
    package struct Problem: Sendable, Hashable, CustomStringConvertible {
        /// Where, such as `"items.data.price"`.
        package let path: String
        /// What would have been right, such as `"an integer"`. Never the value that was found.
        package let wanted: String
        /// Without the field the object means nothing; other fields count as absent.
        package let isRequired: Bool

        package init(path: String, wanted: String, isRequired: Bool) {
            self.path = path
            self.wanted = wanted
            self.isRequired = isRequired
        }

        package var description: String { "\(path) should be \(wanted)" }
    }

    package enum Content: Sendable, Hashable {
        case customer(CustomerSnapshot)
        case subscription(SubscriptionSnapshot)
        case product(ProductSnapshot)
        case price(PriceSnapshot)
        case invoice(InvoiceSnapshot)
        case checkoutSession(CheckoutSessionSnapshot)
        case paymentMethod(PaymentMethodSnapshot)
        case coupon(CouponSnapshot)
        case discount(DiscountSnapshot)
        case charge(ChargeSnapshot)
        case refund(RefundSnapshot)
        case dispute(DisputeSnapshot)
        case invoicePayment(InvoicePaymentSnapshot)
        case creditNote(CreditNoteSnapshot)
        /// A kind without a projection: mirrored whole.
        case unmodelled
        /// A required field is unusable; `unusable` says which.
        case unusable
    }

    package let content: Content
    package let problems: [Problem]

    package init(content: Content, problems: [Problem] = []) {
        self.content = content
        self.problems = problems
    }

    /// The first unusable required field; an event that brings such an object is a dead letter.
    package var unusable: Problem? {
        problems.first { $0.isRequired }
    }

    /// The object can change no more, or only in ways that end it once more (a fact for the fold's guesses).
    package var isTerminal: Bool {
        switch content {
        case .subscription(let subscription): subscription.status.isTerminal
        case .invoice(let invoice): invoice.status.isTerminal
        case .checkoutSession(let session): session.status != .open
        case .charge(let charge): charge.status == .failed
        case .refund(let refund): !refund.status.isLive
        case .dispute(let dispute): dispute.status.isClosed
        case .invoicePayment(let payment): payment.status != .open
        case .creditNote(let note): note.isVoid
        case .customer, .product, .price, .paymentMethod, .coupon, .discount, .unmodelled, .unusable: false
        }
    }
}

/// What an event's type tells beyond the state it carries; kept apart, because a later snapshot forgets it.
package enum ObjectNote: Sendable, Hashable {
    /// The bank wants the customer to authenticate the invoice's present attempt.
    case paymentActionRequired
    /// The delayed payment of a completed checkout session failed.
    case delayedPaymentFailed
}
