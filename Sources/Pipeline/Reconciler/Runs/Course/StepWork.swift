import Database
import Providers
import Timing

/// The work of one step: asks, takes answers, writes. On the loop's thread only.
protocol StepWork: AnyObject {
    /// Everything is read, answered and written.
    var isDone: Bool { get }

    /// Asks and writes what can be now. Returns when to be called again at the latest; nil for not before a message.
    func advance(now: Timestamp) throws(DatabaseError) -> Timestamp?

    func answered(_ ticket: Int, _ answer: PageAnswer, now: Timestamp) throws(DatabaseError)

    func written(_ ticket: Int, _ result: Result<PageOutcome, DatabaseError>, now: Timestamp)
}

/// How often something was tried in vain, since when, and when it may be tried again.
struct Attempts: Sendable, Hashable {
    private(set) var count = 0
    private(set) var since: Timestamp?
    private var notBefore: Timestamp?

    func isDue(_ now: Timestamp) -> Bool { notBefore.map { now >= $0 } ?? true }

    var next: Timestamp? { notBefore }

    /// When both may be tried again; nil when they may be now.
    func wait(with other: Attempts, now: Timestamp) -> Timestamp? {
        guard let latest = [next, other.next].compactMap(\.self).max(), latest > now else { return nil }
        return latest
    }

    mutating func fail(now: Timestamp) {
        count += 1
        since = since ?? now
    }

    mutating func wait(until time: Timestamp) { notBefore = time }

    mutating func succeed() { self = Attempts() }
}

extension Optional where Wrapped == Timestamp {
    /// The earlier one of those that are.
    func earlier(_ other: Timestamp?) -> Timestamp? {
        switch (self, other) {
        case (let one?, let other?): Swift.min(one, other)
        case (let one?, nil): one
        case (nil, let other): other
        }
    }
}
