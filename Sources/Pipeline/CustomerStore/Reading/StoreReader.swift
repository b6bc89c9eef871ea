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
        guard var subscription = try one(SubscriptionsQuery.rows, number) else {
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
            SubscriptionsQuery.rows,
            filter,
            .optional(filter.status),
            page,
            matches: { filter.status == nil || filter.status == $0.status.rawValue }
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
        try one(ProductsQuery.rows, number)
    }

    package func products(
        _ filter: ObjectFilter,
        _ page: PageRequest
    ) throws(DatabaseError) -> Page<ProductRecord> {
        try find(
            ProductsQuery.rows,
            filter,
            .optional(filter.isActive),
            page,
            matches: { filter.isActive == nil || filter.isActive == $0.isActive }
        )
    }

    // MARK: Prices

    package func price(_ number: Int64) throws(DatabaseError) -> PriceRecord? {
        try one(PricesQuery.rows, number)
    }

    package func prices(
        _ filter: ObjectFilter,
        _ page: PageRequest
    ) throws(DatabaseError) -> Page<PriceRecord> {
        try find(
            PricesQuery.rows,
            filter,
            .optional(filter.isActive),
            page,
            matches: { filter.isActive == nil || filter.isActive == $0.isActive }
        )
    }

    // MARK: Invoices

    package func invoice(_ number: Int64) throws(DatabaseError) -> InvoiceRecord? {
        try one(InvoicesQuery.rows, number)
    }

    package func invoices(
        _ filter: ObjectFilter,
        _ page: PageRequest
    ) throws(DatabaseError) -> Page<InvoiceRecord> {
        try find(
            InvoicesQuery.rows,
            filter,
            .optional(filter.status),
            page,
            matches: { filter.status == nil || filter.status == $0.status.rawValue }
        )
    }

    // MARK: CheckoutSessions

    /// A session that was made here is found by its own number, also before the provider has it.
    package func checkoutSession(_ number: Int64) throws(DatabaseError) -> CheckoutSessionRecord? {
        if LocalNumber.isMade(number) { return try madeCheckoutSession(number) }
        guard let session = try one(CheckoutSessionsQuery.rows, number) else {
            return nil
        }
        return try withPending(session)
    }

    package func checkoutSessions(
        _ filter: ObjectFilter,
        _ page: PageRequest
    ) throws(DatabaseError) -> Page<CheckoutSessionRecord> {
        let found = try find(
            CheckoutSessionsQuery.rows,
            filter,
            .optional(filter.status),
            page,
            matches: { filter.status == nil || filter.status == $0.status.rawValue }
        )
        var sessions: [CheckoutSessionRecord] = []
        for session in found.elements { sessions.append(try withPending(session)) }
        return Page(elements: sessions, next: found.next)
    }

    // MARK: PaymentMethods

    package func paymentMethod(_ number: Int64) throws(DatabaseError) -> PaymentMethodRecord? {
        try one(PaymentMethodsQuery.rows, number)
    }

    package func paymentMethods(
        _ filter: ObjectFilter,
        _ page: PageRequest
    ) throws(DatabaseError) -> Page<PaymentMethodRecord> {
        try find(PaymentMethodsQuery.rows, filter, .null, page, matches: { _ in true })
    }

    // MARK: Charges

    package func charge(_ number: Int64) throws(DatabaseError) -> ChargeRecord? {
        try one(ChargesQuery.rows, number)
    }

    package func charges(
        _ filter: ObjectFilter,
        _ page: PageRequest
    ) throws(DatabaseError) -> Page<ChargeRecord> {
        try find(
            ChargesQuery.rows,
            filter,
            .optional(filter.status),
            page,
            matches: { filter.status == nil || filter.status == $0.status.rawValue }
        )
    }

    // MARK: Refunds

    package func refund(_ number: Int64) throws(DatabaseError) -> RefundRecord? {
        try one(RefundsQuery.rows, number)
    }

    package func refunds(
        _ filter: ObjectFilter,
        _ page: PageRequest
    ) throws(DatabaseError) -> Page<RefundRecord> {
        try find(
            RefundsQuery.rows,
            filter,
            .optional(filter.status),
            page,
            matches: { filter.status == nil || filter.status == $0.status.rawValue }
        )
    }

    // MARK: Disputes

    package func dispute(_ number: Int64) throws(DatabaseError) -> DisputeRecord? {
        try one(DisputesQuery.rows, number)
    }

    package func disputes(
        _ filter: ObjectFilter,
        _ page: PageRequest
    ) throws(DatabaseError) -> Page<DisputeRecord> {
        try find(
            DisputesQuery.rows,
            filter,
            .optional(filter.status),
            page,
            matches: { filter.status == nil || filter.status == $0.status.rawValue }
        )
    }
}
