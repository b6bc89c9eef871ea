import BillingModel

extension DecodedObject {
    /// Parents and references that the object names, as far as they have typed rows: where everything is confirmed,
    /// an event of the object is a reason to read them, too (provider_api 3.3 R1).
    var namedObjects: [(ObjectType, ProviderID)] {
        let named: [(ObjectType, ProviderID?)] =
            switch content {
            case .customer(let customer): [(.paymentMethod, customer.defaultPaymentMethod)]
            case .subscription(let subscription):
                [
                    (.customer, subscription.customer),
                    (.paymentMethod, subscription.defaultPaymentMethod),
                    (.invoice, subscription.latestInvoice),
                ] + subscription.items.flatMap { [(.price, $0.price), (.product, $0.product)] }
            case .invoice(let invoice):
                [(.customer, invoice.customer), (.subscription, invoice.subscription)]
            case .checkoutSession(let session):
                [
                    (.customer, session.customer), (.subscription, session.subscription),
                    (.invoice, session.invoice),
                ]
            case .price(let price): [(.product, price.product)]
            case .product(let product): [(.price, product.defaultPrice)]
            case .paymentMethod(let method): [(.customer, method.customer)]
            case .charge(let charge): [(.customer, charge.customer), (.invoice, charge.invoice)]
            case .refund(let refund): [(.charge, refund.charge)]
            case .dispute(let dispute): [(.charge, dispute.charge)]
            case .invoicePayment(let payment): [(.invoice, payment.invoice), (.charge, payment.charge)]
            case .discount(let discount):
                [
                    (.customer, discount.customer), (.subscription, discount.subscription),
                    (.coupon, discount.coupon),
                ]
            case .creditNote(let note): [(.customer, note.customer), (.invoice, note.invoice)]
            case .coupon, .unmodelled, .unusable: []
            }
        return named.compactMap { type, id in id.map { (type, $0) } }
    }
}
