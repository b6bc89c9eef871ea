import BillingModel
import CustomerStore
import Database
import JSON

enum SubscriptionResource: Resource {
    static let kind = PublicKind.subscription
    static let expandable = [
        "customer", "default_payment_method", "latest_invoice", "price", "product", "provider_data",
    ]

    static func filter(_ query: inout QueryParameters, _ finder: ObjectFinder) throws -> ObjectFilter? {
        var reader = try ObjectFilterReader(&query, finder)
        try reader.takeCustomer(&query)
        try reader.takeStatus(&query, SubscriptionStatus.self)
        return reader.result
    }

    static func filter(providerID: ProviderID) -> ObjectFilter {
        ObjectFilterReader.providerID(providerID)
    }

    static func find(_ number: Int64, in reader: StoreReader) throws(DatabaseError) -> SubscriptionRecord? {
        try reader.subscription(number)
    }

    static func page(
        _ filter: ObjectFilter,
        _ page: PageRequest,
        in reader: StoreReader
    ) throws(DatabaseError) -> Page<SubscriptionRecord> {
        try reader.subscriptions(filter, page)
    }

    static func version(of record: SubscriptionRecord) -> Int64 { record.version }

    static func write(
        _ subscription: SubscriptionRecord,
        expanding expansion: Expansion,
        to writer: inout JSONWriter,
        with renderer: ObjectRenderer
    ) throws(DatabaseError) {
        writer.beginObject()
        writer.field("object", "subscription")
        writer.field("id", renderer.id(.subscription, subscription.number))
        writer.field("live_mode", renderer.isLive)
        try renderer.relation(
            "customer",
            CustomerResource.self,
            subscription.customer,
            expansion,
            to: &writer
        )
        writer.field("customer_provider_id", subscription.providerCustomer?.rawValue)
        writer.field("status", subscription.status.rawValue)
        writer.field("payment_collection", subscription.paymentCollection.rawValue)
        try renderer.relation("product", ProductResource.self, subscription.product, expansion, to: &writer)
        try renderer.relation("price", PriceResource.self, subscription.price, expansion, to: &writer)
        writer.time("start_at", subscription.startDate)
        writer.time("trial_start", subscription.trialStart)
        writer.time("trial_end", subscription.trialEnd)
        writer.time("current_period_start", subscription.currentPeriodStart)
        writer.time("current_period_end", subscription.currentPeriodEnd)
        writer.time("cancel_at", subscription.cancelAt)
        writer.field("cancel_at_period_end", subscription.cancelsAtPeriodEnd)
        writer.time("canceled_at", subscription.canceledAt)
        writer.time("ended_at", subscription.endedAt)
        writer.field("cancel_reason", subscription.cancelReason)
        writer.field("currency", subscription.currency)
        writer.field("collection_method", subscription.collectionMethod)
        try renderer.relation(
            "default_payment_method",
            PaymentMethodResource.self,
            subscription.defaultPaymentMethod,
            expansion,
            to: &writer
        )
        writeItems(of: subscription, to: &writer, with: renderer)
        try renderer.relation(
            "latest_invoice",
            InvoiceResource.self,
            subscription.latestInvoice?.number,
            expansion,
            to: &writer
        )
        writer.field("renewal_number", subscription.renewalNumber)
        writer.field("billing_id", subscription.sync.providerID?.rawValue)
        renderer.metadata(subscription.metadata, to: &writer)
        try renderer.sync(subscription.sync, expansion, to: &writer)
        writer.time("created_at", subscription.createdAt)
        writer.time("updated_at", subscription.updatedAt)
        writer.field("version", subscription.version)
        writer.endObject()
    }

    private static func writeItems(
        of subscription: SubscriptionRecord,
        to writer: inout JSONWriter,
        with renderer: ObjectRenderer
    ) {
        writer.key("items")
        writer.beginArray()
        for item in subscription.items {
            writer.beginObject()
            writer.field("id", renderer.id(.subscriptionItem, item.number))
            writer.field("provider_id", item.providerID.rawValue)
            writer.field("price_id", renderer.id(.price, item.price?.number))
            writer.field("price_provider_id", item.price?.providerID.rawValue)
            writer.field("product_id", renderer.id(.product, item.product?.number))
            writer.field("product_provider_id", item.product?.providerID.rawValue)
            writer.field("quantity", item.quantity)
            writer.field("unit_amount", item.unitAmount)
            writer.field("currency", item.currency)
            writer.field("interval", item.interval)
            writer.field("interval_count", item.intervalCount)
            writer.field("is_metered", item.isMetered)
            writer.time("current_period_start", item.currentPeriodStart)
            writer.time("current_period_end", item.currentPeriodEnd)
            writer.endObject()
        }
        writer.endArray()
    }
}
