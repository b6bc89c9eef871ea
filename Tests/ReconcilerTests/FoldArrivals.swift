@testable import Reconciler

/// Something that takes events one by one as they arrive and shows a state after each: the seam through which
/// the harness runs the fold, and, to see that the harness can fail, the rule that the fold replaces.
protocol FoldArrivals {
    init(base: FoldBase)
    mutating func arrive(_ event: FoldEvent)
    var result: FoldResult { get }
}

/// The fold as the room uses it: the fast path for an event of a new last second, else a refold from the
/// event's second on.
struct FoldingArrivals: FoldArrivals {
    private let base: FoldBase
    private var stored: [FoldEvent] = []
    /// The state before each second that has events.
    private var before: [Int64: FoldResult] = [:]
    private(set) var result: FoldResult
    private(set) var fastPaths = 0

    init(base: FoldBase) {
        self.base = base
        result = FoldResult(base)
    }

    mutating func arrive(_ event: FoldEvent) {
        guard !stored.contains(where: { $0.id == event.id }) else { return }
        stored.append(event)
        guard event.second > base.second else {
            result = Fold.fold(from: base, events: stored)
            return
        }
        let seconds = Set(stored.map(\.second)).filter { $0 > base.second }.sorted()
        if event.second == seconds.last, !stored.dropLast().contains(where: { $0.second == event.second }) {
            fastPaths += 1
            before[event.second] = result
            result = Fold.foldSecond(before: result, events: [event])
            return
        }
        let first = seconds.first { $0 >= event.second } ?? event.second
        var state = before[first] ?? before[seconds.first { $0 > first } ?? first] ?? result
        for second in seconds where second >= first {
            before[second] = state
            state = Fold.foldSecond(before: state, events: stored.filter { $0.second == second })
        }
        result = state
    }
}

/// The rule that `reference/provider_api.md` 3.5 warns of: newer second wins; in a tie the one whose
/// `previous_attributes` chain onto the row, then terminal status, then the event id.
struct PairwiseArrivals: FoldArrivals {
    private var row: FoldEvent?
    private(set) var result: FoldResult

    init(base: FoldBase) { result = FoldResult(base) }

    mutating func arrive(_ event: FoldEvent) {
        guard event.id != row?.id, wins(event) else { return }
        row = event
        result = FoldResult(
            state: event.told,
            stateHandle: event.handle,
            certainty: .certain,
            asksForRead: false
        )
    }

    private func wins(_ event: FoldEvent) -> Bool {
        guard let row else { return true }
        if event.second != row.second { return event.second > row.second }
        if from(event) == row.told { return true }
        if from(row) == event.told { return false }
        if event.isTerminal != row.isTerminal { return event.isTerminal }
        return event.hasGreaterID(than: row)
    }

    private func from(_ event: FoldEvent) -> FoldState? {
        switch event.tells {
        case .birth, .birthUnlessKnown: .absent
        case .link(let from, _): .present(from)
        case .snapshot, .deletion: nil
        }
    }
}
