import Database
import Inbox
import Timing

/// What one contribution did to its events; becomes true with the commit.
struct BatchOutcome: Sendable {
    private(set) var events = 0
    private(set) var bodyBytes = 0
    private(set) var appliedReceivedAt: [Timestamp] = []
    private(set) var ignored = 0
    private(set) var retried = 0
    private(set) var dead: [(eventID: String, reason: String)] = []
    var failures: [(eventID: String, reason: String)] = []

    /// Settles the event in the inbox and counts it. False when it was no longer the applier's to settle.
    @discardableResult
    mutating func settle(
        _ event: DueEvent,
        as settlement: Settlement,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Bool {
        events += 1
        bodyBytes += event.bodyBytes
        guard
            try DueEventsTable.settle(
                event.id,
                attempts: event.attempts,
                as: settlement,
                now: now,
                in: transaction
            )
        else { return false }
        switch settlement {
        case .applied: appliedReceivedAt.append(event.receivedAt)
        case .ignored: ignored += 1
        case .retry: retried += 1
        case .dead(let reason): dead.append((event.eventID, reason))
        }
        return true
    }
}
