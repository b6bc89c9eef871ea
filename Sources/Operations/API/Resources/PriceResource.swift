import BillingModel
import CustomerStore
import Database
import JSON

enum PriceResource: Resource {
    static let kind = PublicKind.price
    static let expandable = ["product", "provider_data"]

    static func filter(_ query: inout QueryParameters, _ finder: ObjectFinder) throws -> ObjectFilter? {
        var reader = try ObjectFilterReader(&query, finder)
        try reader.takeProduct(&query)
        try reader.takeActive(&query)
        return reader.result
    }

    static func filter(providerID: ProviderID) -> ObjectFilter {
        ObjectFilterReader.providerID(providerID)
    }

    static func find(_ number: Int64, in reader: StoreReader) throws(DatabaseError) -> PriceRecord? {
        try reader.price(number)
    }

    static func page(
        _ filter: ObjectFilter,
        _ page: PageRequest,
        in reader: StoreReader
    ) throws(DatabaseError) -> Page<PriceRecord> {
        try reader.prices(filter, page)
    }

    static func version(of record: PriceRecord) -> Int64 { record.version }

    static func write(
        _ price: PriceRecord,
        expanding expansion: Expansion,
        to writer: inout JSONWriter,
        with renderer: ObjectRenderer
    ) throws(DatabaseError) {
        writer.beginObject()
        writer.field("object", "price")
        writer.field("id", renderer.id(.price, price.number))
        writer.field("live_mode", renderer.isLive)
        try renderer.relation("product", ProductResource.self, price.product, expansion, to: &writer)
        writer.field("currency", price.currency)
        writer.field("unit_amount", price.unitAmount)
        writer.field("unit_amount_decimal", price.unitAmountDecimal)
        writer.field("is_recurring", price.isRecurring)
        writer.field("interval", price.interval)
        writer.field("interval_count", price.intervalCount)
        writer.field("is_metered", price.isMetered)
        writer.field("is_tiered", price.isTiered)
        writer.field("nickname", price.nickname)
        writer.field("lookup_key", price.lookupKey)
        writer.field("active", price.isActive)
        renderer.metadata(price.metadata, to: &writer)
        try renderer.sync(price.sync, expansion, to: &writer)
        writer.time("created_at", price.createdAt)
        writer.time("updated_at", price.updatedAt)
        writer.field("version", price.version)
        writer.endObject()
    }
}
