/// The provisional state of an object: a pure function of the *set* of its stored events
/// (`reference/provider_api.md` 3.5). Order of arrival and repeated delivery never matter.
///
/// It goes second by second, because a provider's `created` orders events of different seconds and says nothing
/// within one. Within a second the events are joined by what they say about the state before them, not compared.
package enum Fold {
    /// Folds all events of one object over its base. Events at or before the base's second never change the
    /// state. Of two events with one id, that with the lower row number counts.
    package static func fold(from base: FoldBase, events: [FoldEvent]) -> FoldResult {
        var start = FoldResult(base)
        var later: [FoldEvent] = []
        later.reserveCapacity(events.count)
        for event in events {
            if event.second > base.second {
                later.append(event)
            } else if !start.asksForRead, base.asksForRead(about: event) {
                start = start.followed(
                    by: start.state,
                    toldBy: start.stateHandle,
                    certainty: .certain,
                    asksForRead: true
                )
            }
        }
        later.sort { ($0.second, $0.handle) < ($1.second, $1.handle) }

        var result = start
        var first = 0
        while first < later.count {
            var end = first + 1
            while end < later.count, later[end].second == later[first].second { end += 1 }
            result = foldSecond(before: result, events: Array(later[first..<end]))
            first = end
        }
        return result
    }

    /// Folds the events of one second over the state before it. The fast path: for an event of a later second
    /// than all stored ones of its object, this is the whole work. All events must be of one second, and all of
    /// the object's events of that second must be given.
    package static func foldSecond(before: FoldResult, events: [FoldEvent]) -> FoldResult {
        // Nearly always: one event, linked to the state before it.
        if events.count == 1, let end = linkedEnd(of: events[0], from: before.state) {
            return before.followed(by: end, toldBy: events[0].handle, certainty: .certain)
        }
        if let last = lastOfOnlyWalk(events, from: before.state) {
            return before.followed(by: last.told, toldBy: last.handle, certainty: .certain)
        }
        return FoldSecond(before: before, events: distinct(events)).result()
    }

    private static func linkedEnd(of event: FoldEvent, from state: FoldState) -> FoldState? {
        switch (event.tells, state) {
        case (.link(let from, let to), .present(let current)) where from == current: .present(to)
        case (.birth(let to), .absent), (.birthUnlessKnown(let to), .absent): .present(to)
        case (.link, _), (.birth, _), (.birthUnlessKnown, _), (.snapshot, _), (.deletion, _): nil
        }
    }

    // Each step looks at every event.
    private static let walkMax = 16

    /// The last event of a walk that takes every link once and meets no state twice. There is no other walk then, and
    /// this is what joining them would find. Nil where it is not as simple as that.
    private static func lastOfOnlyWalk(_ events: [FoldEvent], from start: FoldState) -> FoldEvent? {
        guard (2...walkMax).contains(events.count) else { return nil }
        for (index, event) in events.enumerated() {
            guard event.told != start,
                !events[..<index].contains(where: { $0.told == event.told || $0.id == event.id })
            else {
                return nil
            }
        }
        var last: Int?
        for _ in events {
            let state = last.map { events[$0].told } ?? start
            guard let next = events.firstIndex(where: { linkedEnd(of: $0, from: state) != nil }) else {
                return nil
            }
            last = next
        }
        return last.map { events[$0] }
    }

    private static func distinct(_ events: [FoldEvent]) -> [FoldEvent] {
        guard let first = events.first, events.count > 1 else { return events }
        precondition(events.allSatisfy { $0.second == first.second }, "a second is folded by itself")
        var byID: [String: FoldEvent] = [:]
        byID.reserveCapacity(events.count)
        for event in events {
            if let known = byID[event.id], known.handle <= event.handle { continue }
            byID[event.id] = event
        }
        // The order of a dictionary is chance; nothing below may depend on it, and this makes sure of that.
        return byID.values.sorted { $1.hasGreaterID(than: $0) }
    }
}
