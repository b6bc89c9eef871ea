import BillingModel
import CustomerStore
import Database
import JSON

enum PaymentMethodResource: Resource {
    static let kind = PublicKind.paymentMethod
    static let expandable = ["customer", "provider_data"]

    static func filter(_ query: inout QueryParameters, _ finder: ObjectFinder) throws -> ObjectFilter? {
        var reader = try ObjectFilterReader(&query, finder)
        try reader.takeCustomer(&query)
        return reader.result
    }

    static func filter(providerID: ProviderID) -> ObjectFilter {
        ObjectFilterReader.providerID(providerID)
    }

    static func find(_ number: Int64, in reader: StoreReader) throws(DatabaseError) -> PaymentMethodRecord? {
        try reader.paymentMethod(number)
    }

    static func page(
        _ filter: ObjectFilter,
        _ page: PageRequest,
        in reader: StoreReader
    ) throws(DatabaseError) -> Page<PaymentMethodRecord> {
        try reader.paymentMethods(filter, page)
    }

    static func version(of record: PaymentMethodRecord) -> Int64 { record.version }

    static func write(
        _ method: PaymentMethodRecord,
        expanding expansion: Expansion,
        to writer: inout JSONWriter,
        with renderer: ObjectRenderer
    ) throws(DatabaseError) {
        writer.beginObject()
        writer.field("object", "payment_method")
        writer.field("id", renderer.id(.paymentMethod, method.number))
        writer.field("live_mode", renderer.isLive)
        try renderer.relation("customer", CustomerResource.self, method.customer, expansion, to: &writer)
        writer.field("type", method.type)
        writer.field("brand", method.brand)
        writer.field("last4", method.last4)
        writer.field("expiry_month", method.expiryMonth)
        writer.field("expiry_year", method.expiryYear)
        try renderer.sync(method.sync, expansion, to: &writer)
        writer.time("created_at", method.createdAt)
        writer.time("updated_at", method.updatedAt)
        writer.field("version", method.version)
        writer.endObject()
    }
}
