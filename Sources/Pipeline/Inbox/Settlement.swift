package import Timing

/// How one try to apply an event ended.
package enum Settlement: Sendable {
    case applied
    case ignored(reason: String)
    /// Failed for now; tried again at that time.
    case retry(at: Timestamp, reason: String)
    /// Failed for good: waits for a person.
    case dead(reason: String)

    struct Columns {
        let state: InboxState
        let attempts: Int
        let dueAt: Timestamp?
        let settledAt: Timestamp?
        let reason: String?
    }

    func columns(attempts: Int, now: Timestamp) -> Columns {
        switch self {
        case .applied:
            Columns(state: .applied, attempts: attempts, dueAt: nil, settledAt: now, reason: nil)
        case .ignored(let reason):
            Columns(state: .ignored, attempts: attempts, dueAt: nil, settledAt: now, reason: reason)
        case .retry(let time, let reason):
            Columns(state: .waiting, attempts: attempts + 1, dueAt: time, settledAt: nil, reason: reason)
        case .dead(let reason):
            Columns(state: .dead, attempts: attempts + 1, dueAt: nil, settledAt: now, reason: reason)
        }
    }
}
