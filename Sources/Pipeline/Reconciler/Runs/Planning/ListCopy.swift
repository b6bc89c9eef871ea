/// How much of a list is here already: `place` of its segments.
enum ListCopy: Int64, Sendable, Hashable {
    /// A run has read it to its end: what is here tells how long it is.
    case known = 0
    /// Nothing of its type is here.
    case empty = 1
    /// No run has read it to its end: webhooks have brought something, or a run that ended early.
    case unread = 2

    /// Read in parts side by side, and measured as it goes.
    var isFirst: Bool { self != .known }

    /// An object that it makes is a finding while the run has fewer than so many, of whatever kind; then it is only
    /// counted.
    var createdFindingsMax: Int64 {
        switch self {
        case .known: .max
        case .empty: 0
        case .unread: 1_000
        }
    }
}
