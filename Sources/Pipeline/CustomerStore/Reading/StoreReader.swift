package import BillingModel
package import Database
import Lanes
import Timing

/// Everything that can be read of the store, within one scope: another site's or mode's rows do not exist.
///
/// Made per request inside `DatabaseEngine.read`; never leaves it. Single objects are asked for by their row's
/// number and are nil when there is none in this scope; lists are newest first.
package struct StoreReader {
    let transaction: any ReadTransaction
    let scope: DataScope

    package init(_ transaction: any ReadTransaction, scope: DataScope) {
        self.transaction = transaction
        self.scope = scope
    }

    // MARK: Customers

    package func customer(_ number: Int64) throws(DatabaseError) -> CustomerRecord? {
        try withPending(
            try transaction.first(
                CustomersQuery.get,
                [.integer(number), .text(scope.site), .boolean(scope.mode.isLive)],
                CustomersQuery.decode
            )
        )
    }

    package func customer(externalID: String) throws(DatabaseError) -> CustomerRecord? {
        try withPending(
            try transaction.first(
                CustomersQuery.getByExternalID,
                [.text(externalID), .text(scope.site), .boolean(scope.mode.isLive)],
                CustomersQuery.decode
            )
        )
    }

    /// Archived customers are left out, unless they are asked for by external or provider id.
    package func customers(
        _ filter: CustomerFilter,
        _ page: PageRequest
    ) throws(DatabaseError) -> Page<CustomerRecord> {
        if filter.externalID != nil || filter.providerID != nil {
            return try namedCustomers(filter, page)
        }
        var values: [SQLValue] = [
            .text(scope.site), .boolean(scope.mode.isLive),
            .integer(filter.createdAfter?.milliseconds ?? Int64.min),
            .integer(filter.createdBefore?.milliseconds ?? Int64.max),
            .integer(page.after?.createdAt.milliseconds ?? Int64.max),
            .integer(page.after?.number ?? Int64.max),
            .integer(Int64(page.limit) + 1), .optional(filter.status?.rawValue),
        ]
        var statement = CustomersQuery.list
        if let email = filter.email {
            guard let key = EmailKey.make(email) else { return Page(elements: [], next: nil) }
            statement = CustomersQuery.listByEmail
            values.append(.text(key))
        }
        let customers = try transaction.rows(statement, values, CustomersQuery.decode)
        let found = Page(customers, limit: page.limit, isMerged: false, position: \.pagePosition)
        return Page(elements: try withPending(found.elements), next: found.next)
    }

    // At most one customer per connection: filtered here instead of by a statement of its own.
    private func namedCustomers(
        _ filter: CustomerFilter,
        _ page: PageRequest
    ) throws(DatabaseError) -> Page<CustomerRecord> {
        var customers: [CustomerRecord] = []
        if let id = filter.providerID {
            let numbers = try transaction.rows(
                CustomersQuery.byProviderID,
                [.text(scope.site), .text(scope.mode.rawValue), .text(id.rawValue)]
            ) { $0.integer(0) }
            for number in numbers {
                if let customer = try customer(number) { customers.append(customer) }
            }
        } else if let externalID = filter.externalID, let customer = try customer(externalID: externalID) {
            customers.append(customer)
        }
        let key = filter.email.map { EmailKey.make($0) ?? "" }
        customers.removeAll { customer in
            filter.externalID.map { $0 != customer.externalID } ?? false
                || filter.status.map { $0 != customer.status } ?? false
                || key.map { $0 != customer.email.flatMap(EmailKey.make) } ?? false
                || !isWithin(customer.pagePosition, filter.createdAfter, filter.createdBefore, page)
        }
        return Page(customers, limit: page.limit, isMerged: true, position: \.pagePosition)
    }

    // MARK: Subscriptions

    package func subscription(_ number: Int64) throws(DatabaseError) -> SubscriptionRecord? {
        guard var subscription = try one(SubscriptionsQuery.get, number, SubscriptionsQuery.decode) else {
            return nil
        }
        try complete(&subscription)
        return subscription
    }

    package func subscriptions(
        _ filter: ObjectFilter,
        _ page: PageRequest
    ) throws(DatabaseError) -> Page<SubscriptionRecord> {
        let found = try find(
            SubscriptionsQuery.list,
            SubscriptionsQuery.get,
            .subscription,
            filter,
            .optional(filter.status),
            page,
            matches: { filter.status == nil || filter.status == $0.status.rawValue },
            decode: SubscriptionsQuery.decode
        )
        var subscriptions = found.elements
        for index in subscriptions.indices { try complete(&subscriptions[index]) }
        return Page(elements: subscriptions, next: found.next)
    }

    private func complete(_ subscription: inout SubscriptionRecord) throws(DatabaseError) {
        subscription.items = try SubscriptionItemsQuery.items(
            ofSubscription: subscription.number,
            in: transaction
        )
        if let number = subscription.latestInvoiceNumber { subscription.latestInvoice = try invoice(number) }
    }

    // MARK: Products

    package func product(_ number: Int64) throws(DatabaseError) -> ProductRecord? {
        try one(ProductsQuery.get, number, ProductsQuery.decode)
    }

    package func products(
        _ filter: ObjectFilter,
        _ page: PageRequest
    ) throws(DatabaseError) -> Page<ProductRecord> {
        try find(
            ProductsQuery.list,
            ProductsQuery.get,
            .product,
            filter,
            .optional(filter.isActive),
            page,
            matches: { filter.isActive == nil || filter.isActive == $0.isActive },
            decode: ProductsQuery.decode
        )
    }

    // MARK: Prices

    package func price(_ number: Int64) throws(DatabaseError) -> PriceRecord? {
        try one(PricesQuery.get, number, PricesQuery.decode)
    }

    package func prices(
        _ filter: ObjectFilter,
        _ page: PageRequest
    ) throws(DatabaseError) -> Page<PriceRecord> {
        try find(
            PricesQuery.list,
            PricesQuery.get,
            .price,
            filter,
            .optional(filter.isActive),
            page,
            matches: { filter.isActive == nil || filter.isActive == $0.isActive },
            decode: PricesQuery.decode
        )
    }

    // MARK: Invoices

    package func invoice(_ number: Int64) throws(DatabaseError) -> InvoiceRecord? {
        try one(InvoicesQuery.get, number, InvoicesQuery.decode)
    }

    package func invoices(
        _ filter: ObjectFilter,
        _ page: PageRequest
    ) throws(DatabaseError) -> Page<InvoiceRecord> {
        try find(
            InvoicesQuery.list,
            InvoicesQuery.get,
            .invoice,
            filter,
            .optional(filter.status),
            page,
            matches: { filter.status == nil || filter.status == $0.status.rawValue },
            decode: InvoicesQuery.decode
        )
    }

    // MARK: CheckoutSessions

    /// A session that was made here is found by its own number, also before the provider has it.
    package func checkoutSession(_ number: Int64) throws(DatabaseError) -> CheckoutSessionRecord? {
        if LocalNumber.isMade(number) { return try madeCheckoutSession(number) }
        guard let session = try one(CheckoutSessionsQuery.get, number, CheckoutSessionsQuery.decode) else {
            return nil
        }
        return try withPending(session)
    }

    package func checkoutSessions(
        _ filter: ObjectFilter,
        _ page: PageRequest
    ) throws(DatabaseError) -> Page<CheckoutSessionRecord> {
        let found = try find(
            CheckoutSessionsQuery.list,
            CheckoutSessionsQuery.get,
            .checkoutSession,
            filter,
            .optional(filter.status),
            page,
            matches: { filter.status == nil || filter.status == $0.status.rawValue },
            decode: CheckoutSessionsQuery.decode
        )
        var sessions: [CheckoutSessionRecord] = []
        for session in found.elements { sessions.append(try withPending(session)) }
        return Page(elements: sessions, next: found.next)
    }

    // MARK: PaymentMethods

    package func paymentMethod(_ number: Int64) throws(DatabaseError) -> PaymentMethodRecord? {
        try one(PaymentMethodsQuery.get, number, PaymentMethodsQuery.decode)
    }

    package func paymentMethods(
        _ filter: ObjectFilter,
        _ page: PageRequest
    ) throws(DatabaseError) -> Page<PaymentMethodRecord> {
        try find(
            PaymentMethodsQuery.list,
            PaymentMethodsQuery.get,
            .paymentMethod,
            filter,
            .null,
            page,
            matches: { _ in true },
            decode: PaymentMethodsQuery.decode
        )
    }

    // MARK: Charges

    package func charge(_ number: Int64) throws(DatabaseError) -> ChargeRecord? {
        try one(ChargesQuery.get, number, ChargesQuery.decode)
    }

    package func charges(
        _ filter: ObjectFilter,
        _ page: PageRequest
    ) throws(DatabaseError) -> Page<ChargeRecord> {
        try find(
            ChargesQuery.list,
            ChargesQuery.get,
            .charge,
            filter,
            .optional(filter.status),
            page,
            matches: { filter.status == nil || filter.status == $0.status.rawValue },
            decode: ChargesQuery.decode
        )
    }

    // MARK: Refunds

    package func refund(_ number: Int64) throws(DatabaseError) -> RefundRecord? {
        try one(RefundsQuery.get, number, RefundsQuery.decode)
    }

    package func refunds(
        _ filter: ObjectFilter,
        _ page: PageRequest
    ) throws(DatabaseError) -> Page<RefundRecord> {
        try find(
            RefundsQuery.list,
            RefundsQuery.get,
            .refund,
            filter,
            .optional(filter.status),
            page,
            matches: { filter.status == nil || filter.status == $0.status.rawValue },
            decode: RefundsQuery.decode
        )
    }

    // MARK: Disputes

    package func dispute(_ number: Int64) throws(DatabaseError) -> DisputeRecord? {
        try one(DisputesQuery.get, number, DisputesQuery.decode)
    }

    package func disputes(
        _ filter: ObjectFilter,
        _ page: PageRequest
    ) throws(DatabaseError) -> Page<DisputeRecord> {
        try find(
            DisputesQuery.list,
            DisputesQuery.get,
            .dispute,
            filter,
            .optional(filter.status),
            page,
            matches: { filter.status == nil || filter.status == $0.status.rawValue },
            decode: DisputesQuery.decode
        )
    }
}
