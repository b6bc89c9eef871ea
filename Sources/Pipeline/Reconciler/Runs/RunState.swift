/// Where a run stands.
package enum RunState: String, Sendable, Hashable, CaseIterable {
    /// Ordered; the loop takes it up at once.
    case planned
    case running
    /// By a person; goes on where it was.
    case paused
    /// Everything in its scope was read, and every question was answered.
    case completed
    /// Read to its end, but something could not be resolved, or the provider gave no answer for too long.
    case incomplete
    /// The provider refused.
    case failed
    case cancelled

    package var isOver: Bool {
        switch self {
        case .planned, .running, .paused: false
        case .completed, .incomplete, .failed, .cancelled: true
        }
    }
}
