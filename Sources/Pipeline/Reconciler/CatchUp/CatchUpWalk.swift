import BillingModel
import Inbox
import Providers
import Timing

/// One look through the provider's list of events, from what was seen to its newest end (provider_api 3.3, R11).
///
/// Upwards from a known event where there is one, so that events come in their order; the position then follows page
/// by page, and a killed look goes on where it was. Without one, or when it is not listed any more, downwards from
/// the newest to a second; the position follows at the end. What is listed is never older than the position says,
/// because a position keeps a distance from the present (`overlapSeconds`).
///
/// Pure: the loop asks the questions and tells the answers.
struct CatchUpWalk: Sendable {
    struct Element: Sendable, Hashable {
        let id: ProviderID
        /// Unix seconds.
        let second: Int64
    }

    enum Beginning: Sendable {
        case walk(CatchUpWalk)
        /// The provider does not list all of the time since then any more. The walk is of the present.
        case gap(CatchUpWalk)
    }

    enum Step: Sendable, Equatable {
        /// Ask again: there is more.
        case more
        case ended
        /// Its cursors die again and again.
        case givenUp
    }

    private enum Way: Sendable, Hashable {
        case up(from: ProviderID)
        case down(since: Int64, after: ProviderID?)
        /// All was read, and nothing of it is old enough to stand on: look for an older one.
        case anchor
    }

    /// What is worth keeping once the events of the last page are.
    private(set) var position: CatchUpPosition
    private let rules: CatchUpRules
    private var way: Way
    /// Of a walk downwards: the provider's clock at its first page, and the newest event that is old enough by it.
    private var top: (date: Timestamp, place: CatchUpPosition.Place?)?
    private var cursorDeaths = 0
    /// Events that a question asks for.
    private var count = PageRequest.countMax

    /// - Parameter lastSeen: when the latest event happened that a webhook brought; counts for a connection that was
    ///   never looked at.
    static func begin(
        _ stored: CatchUpPosition?,
        lastSeen: Timestamp?,
        now: Timestamp,
        rules: CatchUpRules
    ) -> Beginning {
        var position = stored ?? CatchUpPosition()
        // A look that was interrupted goes on: what it has found counts to it.
        if position.lookingSince == nil { position.foundLast = 0 }
        position.lookingSince = position.lookingSince ?? now
        // Kept from the first page on: what a killed look began with holds also for the next one.
        let seen = position.seen ?? min(lastSeen ?? now, now)
        position.seenThrough = seen
        let isListed = now.milliseconds(since: seen) < rules.windowSeconds * 1_000
        if isListed, let place = position.place {
            return .walk(CatchUpWalk(position, .up(from: place.event), rules))
        }
        if !isListed {
            position.gap = CatchUpPosition.Gap(from: seen, to: now)
            position.place = nil
            // What was before is the business of the run.
            position.seenThrough = now
        }
        let since = (position.seenThrough ?? now).seconds - rules.overlapSeconds
        let walk = CatchUpWalk(position, .down(since: since, after: nil), rules)
        return isListed ? .walk(walk) : .gap(walk)
    }

    private init(_ position: CatchUpPosition, _ way: Way, _ rules: CatchUpRules) {
        self.position = position
        self.way = way
        self.rules = rules
    }

    var question: ProviderRead {
        switch way {
        case .up(let event):
            .events(createdFrom: nil, types: [], page: PageRequest(.before(event), count: count))
        case .down(let since, nil): .events(createdFrom: since, types: [], page: PageRequest(count: count))
        case .down(let since, let event?):
            .events(createdFrom: since, types: [], page: PageRequest(.after(event), count: count))
        case .anchor: .events(createdFrom: nil, types: [], page: PageRequest(count: count))
        }
    }

    /// Whether the page that is asked for brings events; otherwise it only tells where to stand.
    var bringsEvents: Bool { way != .anchor }

    /// The page's events are stored.
    ///
    /// - Parameters:
    ///   - elements: newest first, as the list has them.
    ///   - hasMore: beyond the page, in the direction of the walk.
    ///   - date: the provider's clock, or ours where it tells none.
    ///   - found: how many of them nobody had brought.
    mutating func took(_ elements: [Element], hasMore: Bool, date: Timestamp, found: Int) -> Step {
        position.found += Int64(found)
        position.foundLast += Int64(found)
        position.trouble = nil
        switch way {
        case .up:
            if let place = Self.newest(of: elements, before: date.seconds - rules.overlapSeconds) {
                position.place = place
            }
            guard hasMore, let newest = elements.first else { return end(at: date) }
            way = .up(from: newest.id)
        case .down(let since, _):
            var top = self.top ?? (date, nil)
            if top.place == nil {
                top.place = Self.newest(of: elements, before: top.date.seconds - rules.overlapSeconds)
            }
            self.top = top
            if hasMore, let oldest = elements.last {
                way = .down(since: since, after: oldest.id)
            } else if let place = top.place {
                position.place = place
                return end(at: top.date)
            } else {
                way = .anchor
            }
        case .anchor:
            let top = self.top?.date ?? date
            position.place = Self.newest(of: elements, before: top.seconds - rules.overlapSeconds)
            return end(at: top)
        }
        return .more
    }

    private static func newest(of elements: [Element], before second: Int64) -> CatchUpPosition.Place? {
        elements.first { $0.second <= second }.map { .init(event: $0.id, second: $0.second) }
    }

    /// The answer had more bytes than are read: fewer events are asked for. False when it was about one.
    mutating func wasTooLarge() -> Bool {
        guard count > 1 else { return false }
        count /= 2
        return true
    }

    /// Nobody can see beyond an event that no answer can hold: all that was not seen until now is a gap, for a run.
    mutating func leaveGap(now: Timestamp) {
        position.gap = CatchUpPosition.Gap(from: position.seen, to: now)
        position.place = nil
        position.seenThrough = now
        position.lookingSince = nil
        position.trouble = nil
    }

    /// The event at which the walk stood is not listed any more: it has grown too old.
    mutating func cursorDied() -> Step {
        cursorDeaths += 1
        guard cursorDeaths < rules.cursorDeathsMax else { return .givenUp }
        switch way {
        case .up:
            // The time that was looked through ends at the position; what is listed of it is asked for again.
            let seen = position.seen ?? Timestamp(milliseconds: 0)
            position.seenThrough = seen
            position.place = nil
            way = .down(since: seen.seconds - rules.overlapSeconds, after: nil)
        case .down(let since, _):
            way = .down(since: since, after: nil)
        case .anchor: return .givenUp
        }
        top = nil
        return .more
    }

    private mutating func end(at date: Timestamp) -> Step {
        position.seenThrough = max(date, position.seenThrough ?? date)
        position.lookingSince = nil
        return .ended
    }
}

extension CatchUpPosition {
    /// Up to here everything that the provider had told was seen.
    var seen: Timestamp? {
        [seenThrough, place.flatMap { Timestamp(seconds: $0.second) }].compactMap(\.self).max()
    }
}
