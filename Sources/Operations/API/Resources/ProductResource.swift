import BillingModel
import CustomerStore
import Database
import JSON

enum ProductResource: Resource {
    static let kind = PublicKind.product
    static let expandable = ["default_price", "provider_data"]

    static func filter(_ query: inout QueryParameters, _ finder: ObjectFinder) throws -> ObjectFilter? {
        var reader = try ObjectFilterReader(&query, finder)
        try reader.takeActive(&query)
        return reader.result
    }

    static func filter(providerID: ProviderID) -> ObjectFilter {
        ObjectFilterReader.providerID(providerID)
    }

    static func find(_ number: Int64, in reader: StoreReader) throws(DatabaseError) -> ProductRecord? {
        try reader.product(number)
    }

    static func page(
        _ filter: ObjectFilter,
        _ page: PageRequest,
        in reader: StoreReader
    ) throws(DatabaseError) -> Page<ProductRecord> {
        try reader.products(filter, page)
    }

    static func version(of record: ProductRecord) -> Int64 { record.version }

    static func write(
        _ product: ProductRecord,
        expanding expansion: Expansion,
        to writer: inout JSONWriter,
        with renderer: ObjectRenderer
    ) throws(DatabaseError) {
        writer.beginObject()
        writer.field("object", "product")
        writer.field("id", renderer.id(.product, product.number))
        writer.field("live_mode", renderer.isLive)
        writer.field("name", product.name)
        writer.field("description", product.details)
        writer.field("active", product.isActive)
        try renderer.relation(
            "default_price",
            PriceResource.self,
            product.defaultPrice,
            expansion,
            to: &writer
        )
        writer.field("unit_label", product.unitLabel)
        renderer.metadata(product.metadata, to: &writer)
        try renderer.sync(product.sync, expansion, to: &writer)
        writer.time("created_at", product.createdAt)
        writer.time("updated_at", product.updatedAt)
        writer.field("version", product.version)
        writer.endObject()
    }
}
