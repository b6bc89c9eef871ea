import BillingModel
import JSON
import Lanes
import Timing

/// What was known before a question was sent (R5): what its answer shows is never older than this.
struct AskedAt: Sendable, Hashable {
    let start: Tick
    /// Newest event that was stored.
    let inboxID: Int64
    let time: Timestamp
}

/// One object of a page, ready to be written.
enum PageItem: Sendable {
    case shown(ComparedItem)
    /// The provider says that it was deleted, or twice that it knows no such object.
    case gone(ObjectKey, number: Int64, Gone)
    /// The provider refuses to show it.
    case refused(ObjectKey, number: Int64?, words: String)
}

/// How the provider told that an object is gone.
enum Gone: Sendable, Hashable {
    /// `"deleted": true`
    case deleted
    /// Asked twice; the tick before the first question.
    case missing(first: Tick)
}

/// A part of a run's work that is written in one transaction: checkpoint, findings, marks, counters, and what it
/// repairs.
struct RunPage: Sendable {
    enum Source: Sendable, Hashable {
        case list
        /// Asked for by itself, because no list showed it.
        case question
    }

    let asked: AskedAt
    /// The provider's clock, as the answer said.
    let date: Timestamp?
    let source: Source
    let type: ObjectType
    let items: [PageItem]
    /// How far the segment is after it; nil leaves it where it is.
    var segment: (after: Segment, from: Int64)?
    /// New segments that share the work from now on.
    var divided: [Segment] = []
    /// Of a list: how much of it was here when it was begun.
    var copy = ListCopy.known
    /// Of a list: objects of those that come after it, as far as is known.
    var later: Int64 = 0
    /// Retries and waits since the last page.
    var addition = RunAddition()
    /// The provider answers again.
    var endsTrouble = false
}
