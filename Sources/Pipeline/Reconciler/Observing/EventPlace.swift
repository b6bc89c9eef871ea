import Lanes
import Timing

/// Where an event lies beside the last confirmed read of its object (provider_api 3.6).
enum EventPlace: Hashable {
    /// The read shows it already.
    case contained
    /// Whether the read shows it cannot be known.
    case near
    /// It happened after the read.
    case later

    /// How much later than an event's second the provider's `Date` must be for the read to contain it, and how
    /// much earlier for the event to be later: two clocks of the provider are compared, and an event may tell of a
    /// change some time after it. With margins smaller than the skew 1 % of simulated histories ended wrong.
    static let secondsBeforeRead: Int64 = 40
    static let secondsAfterRead: Int64 = 10

    /// - Parameters:
    ///   - inboxID: of the event's row.
    ///   - second: the event's `created`.
    init(inboxID: Int64, second: Int64, beside read: LastRead) {
        if inboxID <= read.inboxID {
            self = .contained
        } else if let date = read.date?.seconds {
            if second < date - Self.secondsBeforeRead {
                self = .contained
            } else {
                self = second <= date + Self.secondsAfterRead ? .near : .later
            }
        } else {
            self = .near
        }
    }
}
