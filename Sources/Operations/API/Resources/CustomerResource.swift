import BillingModel
import CustomerStore
import Database
import JSON

enum CustomerResource: Resource {
    static let kind = PublicKind.customer
    static let missing = ProblemCode.customerNotFound
    static let expandable = [
        "default_payment_method", "price", "product", "provider_data", "subscriptions",
        "subscriptions.latest_invoice", "subscriptions.price", "subscriptions.product",
        "subscriptions.provider_data",
    ]
    /// Catalogue R52: active and past ones, newest first.
    static let subscriptionsMax = 100

    static func filter(_ query: inout QueryParameters, _ finder: ObjectFinder) throws -> CustomerFilter? {
        var filter = CustomerFilter()
        filter.email = try query.take("email")
        filter.externalID = try query.take("external_id")
        filter.providerID = try query.take("provider_id").map { ProviderID($0) }
        filter.status = try query.takeWord("status", CustomerStatus.self)
        filter.createdAfter = try query.takeTime("created_after")
        filter.createdBefore = try query.takeTime("created_before")
        return filter
    }

    static func filter(providerID: ProviderID) -> CustomerFilter {
        var filter = CustomerFilter()
        filter.providerID = providerID
        return filter
    }

    static func find(_ number: Int64, in reader: StoreReader) throws(DatabaseError) -> CustomerRecord? {
        try reader.customer(number)
    }

    static func find(externalID: String, in reader: StoreReader) throws(DatabaseError) -> CustomerRecord? {
        try reader.customer(externalID: externalID)
    }

    static func page(
        _ filter: CustomerFilter,
        _ page: PageRequest,
        in reader: StoreReader
    ) throws(DatabaseError) -> Page<CustomerRecord> {
        try reader.customers(filter, page)
    }

    static func version(of record: CustomerRecord) -> Int64 { record.version }

    /// One whose place another took is shown, because it tells which.
    static func isArchived(_ record: CustomerRecord) -> Bool {
        record.archivedAt != nil && record.mergedInto == nil
    }

    static func write(
        _ customer: CustomerRecord,
        expanding expansion: Expansion,
        to writer: inout JSONWriter,
        with renderer: ObjectRenderer
    ) throws(DatabaseError) {
        writer.beginObject()
        writer.field("object", "customer")
        writer.field("id", renderer.id(.customer, customer.number))
        writer.field("external_id", customer.externalID)
        writer.field("site_id", customer.site)
        writer.field("live_mode", customer.mode.isLive)
        writer.field("source", customer.source)
        writer.field("email", customer.email)
        writer.field("name", customer.name)
        writer.field("phone", customer.phone)
        writer.field("description", customer.details)
        writer.field("language", customer.language)
        writer.field("currency", customer.currency)
        writer.field("balance", customer.balance)
        writer.field("delinquent", customer.isDelinquent)
        renderer.metadata(customer.metadata, to: &writer)
        let isStripe = customer.sync.provider == "stripe"
        writer.field("stripe_customer_id", isStripe ? customer.sync.providerID?.rawValue : nil)
        try renderer.sync(customer.sync, expansion, to: &writer)
        try renderer.relation(
            "default_payment_method",
            PaymentMethodResource.self,
            customer.defaultPaymentMethod,
            expansion,
            to: &writer
        )
        writer.field("status", customer.status.rawValue)
        writer.field(
            "current_subscription_id",
            renderer.id(.subscription, customer.currentSubscription)
        )
        try renderer.relation("product", ProductResource.self, customer.product, expansion, to: &writer)
        try renderer.relation("price", PriceResource.self, customer.price, expansion, to: &writer)
        writer.field("is_trial", customer.isTrial)
        writer.time("trial_end", customer.trialEnd)
        writer.field("renewal_number", customer.renewalNumber)
        writer.time("subscription_date", customer.subscriptionDate)
        writer.time("activation_date", customer.activationDate)
        writer.time("delinquency_date", customer.delinquencyDate)
        writeRevenue(of: customer, to: &writer)
        writer.time("first_seen", customer.firstSeen)
        writer.time("last_seen", customer.lastSeen)
        if expansion.includes("subscriptions") {
            try writeSubscriptions(
                of: customer,
                expansion.inside("subscriptions"),
                to: &writer,
                with: renderer
            )
        }
        writer.time("archived_at", customer.archivedAt)
        writer.field("merged_into", renderer.id(.customer, customer.mergedInto))
        writer.time("created_at", customer.createdAt)
        writer.time("updated_at", customer.updatedAt)
        writer.field("version", customer.version)
        writer.endObject()
    }

    /// The one amount is in the customer's currency, or in the first that it ever paid in.
    private static func writeRevenue(of customer: CustomerRecord, to writer: inout JSONWriter) {
        let amounts = customer.lifetimeRevenue.sorted
        let currency = customer.currency ?? amounts.first?.currency
        writer.key("lifetime_revenue")
        writer.beginObject()
        writer.field("amount", amounts.first { $0.currency == currency }?.amount ?? 0)
        writer.field("currency", currency)
        writer.endObject()
        writer.key("lifetime_revenue_by_currency")
        writer.beginObject()
        for money in amounts { writer.field(money.currency, money.amount) }
        writer.endObject()
    }

    private static func writeSubscriptions(
        of customer: CustomerRecord,
        _ expansion: Expansion,
        to writer: inout JSONWriter,
        with renderer: ObjectRenderer
    ) throws(DatabaseError) {
        var filter = ObjectFilter()
        filter.customer = customer.number
        let page = try renderer.reader.subscriptions(filter, PageRequest(limit: subscriptionsMax))
        writer.key("subscriptions")
        writer.beginArray()
        for subscription in page.elements {
            try SubscriptionResource.write(subscription, expanding: expansion, to: &writer, with: renderer)
        }
        writer.endArray()
    }

    /// `GET /v1/customers/{id}/subscriptions`.
    static func subscriptions(
        _ context: RequestContext,
        _ transaction: any ReadTransaction
    ) throws -> RouteOutcome {
        let scope = try context.dataScope()
        return try ResourceRoutes<SubscriptionResource>.list(context, transaction, scope: scope) {
            query,
            finder in
            guard let customer = try finder.find(CustomerResource.self, context.captures[0]) else {
                throw Problem(missing, "There is no such customer in this site and mode.")
            }
            var filter = try SubscriptionResource.filter(&query, finder)
            filter?.customer = customer.number
            return filter
        }
    }
}
