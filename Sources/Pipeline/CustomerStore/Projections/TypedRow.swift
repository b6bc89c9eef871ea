package import BillingModel
import Database
import Timing

/// What the typed row of an object is to say, made from a snapshot of it. Made anywhere, so that the writing thread
/// need not.
package struct TypedRow: Sendable {
    let table: ProjectionTable
    /// In the order of the table's columns.
    let values: [SQLValue]
    /// The snapshot has no time of creation: a row that is there keeps its own.
    let keepsCreation: Bool

    /// Nil for an object that has no typed row, or that shares one: a local customer is made of several sources.
    ///
    /// - Parameter second: Unix second that stands in for a missing time of creation.
    package init?(_ object: DecodedObject, at second: Int64) {
        let created: Timestamp?
        let valuesAt: (Timestamp) -> [SQLValue]
        switch object.content {
        case .subscription(let subscription):
            table = SubscriptionsTable.table
            created = subscription.created
            valuesAt = { SubscriptionsTable.values(subscription, createdAt: $0) }
        case .invoice(let invoice):
            table = InvoicesTable.table
            created = invoice.created
            valuesAt = { InvoicesTable.values(invoice, createdAt: $0) }
        case .charge(let charge):
            table = ChargesTable.table
            created = charge.created
            valuesAt = { ChargesTable.values(charge, createdAt: $0) }
        case .refund(let refund):
            table = RefundsTable.table
            created = refund.created
            valuesAt = { RefundsTable.values(refund, createdAt: $0) }
        case .dispute(let dispute):
            table = DisputesTable.table
            created = dispute.created
            valuesAt = { DisputesTable.values(dispute, createdAt: $0) }
        case .product(let product):
            table = ProductsTable.table
            created = product.created
            valuesAt = { ProductsTable.values(product, createdAt: $0) }
        case .price(let price):
            table = PricesTable.table
            created = price.created
            valuesAt = { PricesTable.values(price, createdAt: $0) }
        case .coupon(let coupon):
            table = CouponsTable.table
            created = coupon.created
            valuesAt = { CouponsTable.values(coupon, createdAt: $0) }
        case .discount(let discount):
            table = DiscountsTable.table
            created = discount.start
            valuesAt = { DiscountsTable.values(discount, createdAt: $0) }
        case .checkoutSession(let session):
            table = CheckoutSessionsTable.table
            created = session.created
            valuesAt = { CheckoutSessionsTable.values(session, createdAt: $0) }
        case .paymentMethod(let method):
            table = PaymentMethodsTable.table
            created = method.created
            valuesAt = { PaymentMethodsTable.values(method, createdAt: $0) }
        case .customer, .invoicePayment, .creditNote, .unmodelled, .unusable:
            // A credit note's money moves as a refund or a balance, which tell themselves.
            return nil
        }
        keepsCreation = created == nil
        values = valuesAt(created ?? Timestamp(seconds: second) ?? Timestamp(milliseconds: 0))
    }
}
