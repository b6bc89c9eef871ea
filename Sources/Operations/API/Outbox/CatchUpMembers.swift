import BillingModel
import Database
import Inbox
import JSON
import Timing

/// How far the provider's list of events was read, as a connection shows it.
enum CatchUpMembers {
    /// Null for a connection that was never looked at.
    static func write(
        _ connection: Connection,
        epoch: StoreEpoch,
        to writer: inout JSONWriter,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) {
        let position = try CatchUpPositionsTable.position(of: connection.id, in: transaction)
        writer.key("catch_up")
        guard let position else { return writer.null() }
        writer.beginObject()
        writer.time("seen_through", position.seenThrough)
        writer.field("last_event_id", position.place?.event.rawValue)
        writer.time("looking_since", position.lookingSince)
        writer.field("events_found", position.found)
        writer.field("events_found_last", position.foundLast)
        writer.key("trouble")
        if let trouble = position.trouble {
            writer.beginObject()
            writer.field("code", trouble.code)
            writer.time("since", trouble.since)
            writer.endObject()
        } else {
            writer.null()
        }
        writer.key("gap")
        if let gap = position.gap {
            writer.beginObject()
            writer.time("from", gap.from)
            writer.time("to", gap.to)
            writer.field(
                "reconciliation_id",
                gap.run.map { PublicID(.reconciliation, $0).text(epoch: epoch) }
            )
            writer.endObject()
        } else {
            writer.null()
        }
        writer.endObject()
    }
}
