package import BillingModel
package import Database

/// Everything that can be read of the store, within one scope: another site's or mode's rows do not exist.
///
/// Made per request inside `DatabaseEngine.read`; never leaves it.
package struct StoreReader {
    let transaction: any ReadTransaction
    let scope: DataScope

    package init(_ transaction: any ReadTransaction, scope: DataScope) {
        self.transaction = transaction
        self.scope = scope
    }

    // MARK: One object, by its row's number. Nil when there is none in this scope.

    package func customer(_ number: Int64) throws(DatabaseError) -> CustomerRecord? { nil }
    package func customer(externalID: String) throws(DatabaseError) -> CustomerRecord? { nil }
    package func subscription(_ number: Int64) throws(DatabaseError) -> SubscriptionRecord? { nil }
    package func product(_ number: Int64) throws(DatabaseError) -> ProductRecord? { nil }
    package func price(_ number: Int64) throws(DatabaseError) -> PriceRecord? { nil }
    package func invoice(_ number: Int64) throws(DatabaseError) -> InvoiceRecord? { nil }
    package func checkoutSession(_ number: Int64) throws(DatabaseError) -> CheckoutSessionRecord? { nil }
    package func paymentMethod(_ number: Int64) throws(DatabaseError) -> PaymentMethodRecord? { nil }
    package func charge(_ number: Int64) throws(DatabaseError) -> ChargeRecord? { nil }
    package func refund(_ number: Int64) throws(DatabaseError) -> RefundRecord? { nil }
    package func dispute(_ number: Int64) throws(DatabaseError) -> DisputeRecord? { nil }

    // MARK: Lists, newest first.

    package func customers(
        _ filter: CustomerFilter,
        _ page: PageRequest
    ) throws(DatabaseError) -> Page<CustomerRecord> { Page(elements: [], next: nil) }

    package func subscriptions(
        _ filter: ObjectFilter,
        _ page: PageRequest
    ) throws(DatabaseError) -> Page<SubscriptionRecord> { Page(elements: [], next: nil) }

    package func products(
        _ filter: ObjectFilter,
        _ page: PageRequest
    ) throws(DatabaseError) -> Page<ProductRecord> { Page(elements: [], next: nil) }

    package func prices(
        _ filter: ObjectFilter,
        _ page: PageRequest
    ) throws(DatabaseError) -> Page<PriceRecord> { Page(elements: [], next: nil) }

    package func invoices(
        _ filter: ObjectFilter,
        _ page: PageRequest
    ) throws(DatabaseError) -> Page<InvoiceRecord> { Page(elements: [], next: nil) }

    package func checkoutSessions(
        _ filter: ObjectFilter,
        _ page: PageRequest
    ) throws(DatabaseError) -> Page<CheckoutSessionRecord> { Page(elements: [], next: nil) }

    package func paymentMethods(
        _ filter: ObjectFilter,
        _ page: PageRequest
    ) throws(DatabaseError) -> Page<PaymentMethodRecord> { Page(elements: [], next: nil) }

    package func charges(
        _ filter: ObjectFilter,
        _ page: PageRequest
    ) throws(DatabaseError) -> Page<ChargeRecord> { Page(elements: [], next: nil) }

    package func refunds(
        _ filter: ObjectFilter,
        _ page: PageRequest
    ) throws(DatabaseError) -> Page<RefundRecord> { Page(elements: [], next: nil) }

    package func disputes(
        _ filter: ObjectFilter,
        _ page: PageRequest
    ) throws(DatabaseError) -> Page<DisputeRecord> { Page(elements: [], next: nil) }
}
