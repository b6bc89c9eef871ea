import BillingModel
import CustomerStore
import Database
import JSON

enum CheckoutSessionResource: Resource {
    static let kind = PublicKind.checkoutSession
    static let expandable = ["customer", "invoice", "provider_data", "subscription"]

    static func filter(_ query: inout QueryParameters, _ finder: ObjectFinder) throws -> ObjectFilter? {
        var reader = try ObjectFilterReader(&query, finder)
        try reader.takeCustomer(&query)
        try reader.takeStatus(&query, CheckoutSessionRecord.Status.self)
        return reader.result
    }

    static func filter(providerID: ProviderID) -> ObjectFilter {
        ObjectFilterReader.providerID(providerID)
    }

    static func find(_ number: Int64, in reader: StoreReader) throws(DatabaseError) -> CheckoutSessionRecord?
    {
        try reader.checkoutSession(number)
    }

    static func page(
        _ filter: ObjectFilter,
        _ page: PageRequest,
        in reader: StoreReader
    ) throws(DatabaseError) -> Page<CheckoutSessionRecord> {
        try reader.checkoutSessions(filter, page)
    }

    static func fate(_ number: Int64, in reader: StoreReader) throws(DatabaseError) -> String? {
        try reader.isCheckoutSessionGivenUp(number)
            ? "This checkout session was given up before the provider opened it." : nil
    }

    static func version(of record: CheckoutSessionRecord) -> Int64 { record.version }

    static func write(
        _ session: CheckoutSessionRecord,
        expanding expansion: Expansion,
        to writer: inout JSONWriter,
        with renderer: ObjectRenderer
    ) throws(DatabaseError) {
        writer.beginObject()
        writer.field("object", "checkout_session")
        writer.field("id", renderer.id(.checkoutSession, session.publicNumber))
        writer.field("live_mode", renderer.isLive)
        try renderer.relation("customer", CustomerResource.self, session.customer, expansion, to: &writer)
        try renderer.relation(
            "subscription",
            SubscriptionResource.self,
            session.subscription,
            expansion,
            to: &writer
        )
        try renderer.relation("invoice", InvoiceResource.self, session.invoice, expansion, to: &writer)
        writer.field("mode", session.checkoutMode)
        writer.field("status", session.status.rawValue)
        writer.field("payment_status", session.paymentStatus)
        writer.field("amount_total", session.amountTotal)
        writer.field("currency", session.currency)
        writer.field("url", session.url)
        writer.field("client_reference_id", session.clientReference)
        writer.time("expires_at", session.expiresAt)
        renderer.metadata(session.metadata, to: &writer)
        try renderer.sync(session.sync, expansion, to: &writer)
        writer.time("created_at", session.createdAt)
        writer.time("updated_at", session.updatedAt)
        writer.field("version", session.version)
        writer.endObject()
    }
}
