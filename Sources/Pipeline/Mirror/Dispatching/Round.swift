import Lanes
import Outbox
import Timing

/// What one transaction is to write for a connection: ends of calls, then new work. One commit for many calls.
struct RoundPlan: Sendable {
    var ends: [FlightEnd] = []
    /// Operations that were looked up and are to be sent: frozen now, sent after the commit.
    var begins: [(flight: UInt64, operation: CarriedOperation)] = []
    /// Work that takes long, and goes on holding its object.
    var held: [Flight.Work] = []
    /// Owed for days: marked, so that it is told once.
    var overdue: [OperationID] = []
    /// How much new work may be taken.
    var writesMax = 0
    var retriesMax = 0
    /// Where retries beyond that wait.
    var retryQueue = RetryQueue()
    var readsMax = 0

    /// New work, if there is any, and nothing to be written.
    var onlyAsks: Bool { ends.isEmpty && begins.isEmpty && overdue.isEmpty && held.isEmpty }
    var isEmpty: Bool { onlyAsks && writesMax == 0 && readsMax == 0 }
}

/// How the work on one object ended, to be written down.
enum FlightEnd: Sendable {
    case write(CarriedOperation, AttemptOutcome, answer: SeenAnswer?)
    case read(ClaimedRead, SeenAnswer)
    /// No answer: the read stays owed.
    case readFailed(ClaimedRead)

    var operation: OperationID? {
        switch self {
        case .write(let operation, _, _): operation.id
        case .read, .readFailed: nil
        }
    }
}

/// What an answer showed, and whether it may be believed as its object's present state.
struct SeenAnswer: Sendable {
    let object: SeenObject
    /// The body of an earlier execution: it acknowledges and is never stored.
    let isReplay: Bool
    /// The provider's clock.
    let date: Timestamp?
}

/// What the transaction found and did.
struct RoundResult: Sendable {
    enum Taken: Sendable {
        case send(CarriedOperation)
        case look(CarriedOperation)
        case read(ClaimedRead)
    }

    var taken: [Taken] = []
    /// Of the plan's `begins`: what was frozen. One that is missing was ended in the transaction.
    var begun: [UInt64: CarriedOperation] = [:]
    /// As many were there as were asked for, or one fell due that was not asked for: there may be more.
    var mayHaveMoreWrites = false
    var mayHaveMoreReads = false
    /// Retries that the budget did not allow.
    var putBack = 0
    /// When the next write or read falls due that this connection may make; nil when none is known.
    var nextDue: Timestamp?
    /// Operations that reached their end here, for whoever waits for one.
    var settled: [OperationID] = []
    var alerts: [MirrorAlert] = []
}
