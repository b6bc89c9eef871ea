import BillingModel
import CustomerStore
import Database

/// Folds the events of one second onto the state before it: turns log entries into what `Fold` compares, and
/// its result back.
struct SecondFold {
    let bridge: VersionBridge
    let history: ObjectHistory
    let canLiveAgain: Bool

    func fold(before: ObjectEvent.After, _ nodes: [ObjectEvent]) throws(DatabaseError) -> ObjectEvent.After {
        guard let last = nodes.max(by: { $0.eventID < $1.eventID }) else { return before }
        return ObjectEvent.After(
            state: last.tells == .tombstone ? .tombstone : .live,
            certainty: .certain,
            event: last.id,
            digest: last.to
        )
    }
}
