import BillingModel
import CustomerStore
import Database
import JSON
import Providers
import Timing

/// What the written forms of all objects share: ids, times, `sync`, relations.
struct ObjectRenderer {
    let reader: StoreReader
    let scope: DataScope
    let transaction: any ReadTransaction
    let surroundings: Surroundings

    init(_ scope: DataScope, _ transaction: any ReadTransaction, _ surroundings: Surroundings) {
        reader = StoreReader(transaction, scope: scope)
        self.scope = scope
        self.transaction = transaction
        self.surroundings = surroundings
    }

    func id(_ kind: PublicKind, _ number: Int64?) -> String? {
        number.map { PublicID(kind, $0).text(epoch: surroundings.epoch) }
    }

    /// `<name>_id` with ours, and `<name>` in full where that is asked for.
    func relation<R: Resource>(
        _ name: String,
        _ resource: R.Type,
        _ number: Int64?,
        _ expansion: Expansion,
        to writer: inout JSONWriter
    ) throws(DatabaseError) {
        writer.field("\(name)_id", id(R.kind, number))
        guard expansion.includes(name) else { return }
        writer.key(name)
        guard let number, let record = try R.find(number, in: reader) else { return writer.null() }
        try R.write(record, expanding: expansion.inside(name), to: &writer, with: self)
    }

    /// The same for what is named by the provider's id, shown too: it is known before the object has arrived.
    func relation<R: Resource>(
        _ name: String,
        _ resource: R.Type,
        _ link: ObjectLink?,
        _ expansion: Expansion,
        to writer: inout JSONWriter
    ) throws(DatabaseError) {
        try relation(name, resource, link?.number, expansion, to: &writer)
        writer.field("\(name)_provider_id", link?.providerID.rawValue)
    }

    /// `sync`, and `provider_data` where that is asked for: the provider's JSON byte for byte.
    func sync(_ sync: SyncRecord, _ expansion: Expansion, to writer: inout JSONWriter) throws(DatabaseError) {
        let connection = sync.connection.flatMap(surroundings.connection)
        writer.key("sync")
        writer.beginObject()
        writer.field("state", sync.state.rawValue)
        writer.field("freshness", sync.freshness?.rawValue)
        writer.field("provider", sync.provider ?? connection?.provider)
        writer.field("provider_id", sync.providerID?.rawValue)
        writer.field("connection", connection?.name)
        writer.time("last_synced_at", sync.lastSyncedAt)
        writer.field("last_error", sync.lastError)
        writer.endObject()
        guard expansion.includes("provider_data") else { return }
        writer.key("provider_data")
        let number = sync.objectNumber
        if let number, let json = try ObjectDocuments.json(objectNumber: number, in: transaction) {
            writer.raw(json)
        } else {
            writer.null()
        }
    }

    /// The application's own: our marks are nobody's to send back.
    func metadata(_ metadata: Metadata, to writer: inout JSONWriter) {
        writer.key("metadata")
        writer.beginObject()
        for entry in metadata.entries where !ProviderMark.all.contains(entry.key) {
            writer.field(entry.key, entry.value)
        }
        writer.endObject()
    }

    var isLive: Bool { scope.mode.isLive }
}

extension JSONWriter {
    mutating func time(_ name: String, _ value: Timestamp?) {
        field(name, value?.rfc3339)
    }
}
