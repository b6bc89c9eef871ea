import BillingModel
import CustomerStore
import Database

/// An object's row as the preparing thread found it, and what of its log an event needs.
///
/// It is a guess that spares the writing thread, which has the least time, the reading: others may change the row
/// before the event is written. So it is believed only by a write that fails when the row is another.
final class ForeseenObject: Sendable {
    let row: MirroredObject
    /// The newest entries of the log, as far back as the event's place. An entry never changes.
    let entries: [ObjectEvent]

    // A longer walk is the writing thread's, which seldom has one.
    private static let entriesMax = 8

    /// Nil when the object has no row yet.
    init?(_ content: PreparedEvent.Content, in transaction: any ReadTransaction) throws(DatabaseError) {
        guard let key = content.key, let row = try ObjectsTable.find(key, in: transaction) else { return nil }
        self.row = row
        var entries: [ObjectEvent] = []
        if case .change(let change) = content, change.second <= row.secondMax {
            var next: Int64? = row.lastEvent
            while entries.count < Self.entriesMax, let id = next,
                let entry = try ObjectEventsTable.get(id, in: transaction)
            {
                entries.append(entry)
                next = entry.priorSecondMax < change.second ? nil : entry.previous
            }
        }
        self.entries = entries
    }
}
