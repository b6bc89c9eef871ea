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
    var watched = LaneWatch.Counts()
    private(set) var dead: [(eventID: String, reason: String)] = []
    var failures: [(eventID: String, reason: String)] = []
    private let gathers: Bool
    /// Numbers of applied events whose rows do not say so yet.
    private var gathered: [Int64] = []

    /// - Parameter gathers: whether events that nobody touched before are settled together, by `finish`. Then it is
    ///   not known before whether they are still the applier's.
    init(gathers: Bool = false) {
        self.gathers = gathers
    }

    /// Whether an applied event of this batch is settled by `finish`, with its neighbours.
    func settlesLater(_ event: DueEvent) -> Bool {
        gathers && event.attempts == 0 && !event.wasTouched
    }

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
        if settlesLater(event), case .applied = settlement {
            gathered.append(event.id)
            appliedReceivedAt.append(event.receivedAt)
            return true
        }
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

    /// Settles what was gathered: neighbours in one statement each. Throws when one of them was no longer the
    /// applier's, and then all of the batch has to be undone.
    mutating func finish(now: Timestamp, in transaction: any WriteTransaction) throws(DatabaseError) {
        gathered.sort()
        var start = gathered.startIndex
        while start < gathered.endIndex {
            var end = start
            while end + 1 < gathered.endIndex, gathered[end + 1] == gathered[end] + 1 { end += 1 }
            try DueEventsTable.apply(gathered[start]...gathered[end], now: now, in: transaction)
            start = end + 1
        }
        gathered = []
    }
}
