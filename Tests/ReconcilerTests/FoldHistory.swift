@testable import Reconciler

/// A provider's true history of one object, and the events that tell it.
struct FoldHistory: CustomStringConvertible {
    struct Change {
        let second: Int64
        let from: FoldState
        let to: FoldState
    }

    let base: FoldState
    var changes: [Change] = []

    /// The provider's last state.
    var last: FoldState { changes.last?.to ?? base }

    var description: String {
        func name(_ state: FoldState) -> String {
            switch state {
            case .absent: "-"
            case .present(let digest): "\(digest.low)"
            case .tombstone: "x"
            }
        }
        return name(base) + changes.map { " @\($0.second)→\(name($0.to))" }.joined()
    }

    static func value(_ number: Int) -> FoldDigest { FoldDigest(high: 7, low: UInt64(number)) }

    /// One change appears twice within a second: then a twin event cannot be told from a value that returned.
    var repeatsLinkWithinSecond: Bool {
        for (place, change) in changes.enumerated() {
            for other in changes[..<place]
            where other.second == change.second && other.from == change.from && other.to == change.to {
                return true
            }
        }
        return false
    }

    // MARK: Enumerations

    /// Every history of one to five changes within three seconds over three values, from each of them:
    /// 3 × (2·3 + 4·6 + 8·10 + 16·15 + 32·21) = 3,066.
    static let returning: [FoldHistory] = {
        var histories: [FoldHistory] = []
        for base in 0..<3 {
            extend(FoldHistory(base: .present(value(base))), changesMax: 5) { history in
                (0..<3).map { FoldState.present(value($0)) }.filter { $0 != history.last }
            } found: {
                histories.append($0)
            }
        }
        return histories
    }()

    /// The same from absent: a birth, then up to four changes over as many values as there are states, named in
    /// the order in which they first appear: 3·1 + 6·1 + 10·2 + 15·5 + 21·15 = 419.
    static let born: [FoldHistory] = {
        var histories: [FoldHistory] = []
        extend(FoldHistory(base: .absent), changesMax: 5) { history in
            let known = Set(history.changes.map(\.to)).count
            return (0...known).map { FoldState.present(value($0)) }.filter { $0 != history.last }
        } found: {
            histories.append($0)
        }
        return histories
    }()

    /// No value returns: from absent and from a known state.
    static let straight: [FoldHistory] = {
        var histories: [FoldHistory] = []
        for base in [FoldState.absent, .present(value(9))] {
            extend(FoldHistory(base: base), changesMax: 5) { history in
                [.present(value(history.changes.count))]
            } found: {
                histories.append($0)
            }
        }
        return histories
    }()

    private static func extend(
        _ history: FoldHistory,
        changesMax: Int,
        next: (FoldHistory) -> [FoldState],
        found: (FoldHistory) -> Void
    ) {
        guard history.changes.count < changesMax else { return }
        for second in (history.changes.last?.second ?? 1)...3 {
            for state in next(history) {
                var longer = history
                longer.changes.append(Change(second: second, from: history.last, to: state))
                found(longer)
                extend(longer, changesMax: changesMax, next: next, found: found)
            }
        }
    }

    // MARK: Events

    enum Telling {
        case linked
        case snapshotOnly
        case twice
        case lost
    }

    /// The events of all changes; ids are scrambled by `salt`, because the provider's ids order nothing.
    func events(salt: UInt64 = 0, telling: (Int) -> Telling = { _ in .linked }) -> [FoldEvent] {
        var events: [FoldEvent] = []
        func tell(_ change: Change, _ tells: FoldEvent.Tells) {
            var random = FoldRandom(seed: salt &* 1_000 &+ UInt64(events.count))
            let id = "evt_\(random.next() % 1_000)_\(events.count)"
            events.append(
                FoldEvent(id: id, handle: Int64(events.count + 1), second: change.second, tells: tells)
            )
        }
        for (place, change) in changes.enumerated() {
            guard case .present(let to) = change.to else { continue }
            let link: FoldEvent.Tells
            if case .present(let from) = change.from {
                link = .link(from: from, to: to)
            } else {
                link = .birth(to: to)
            }
            switch telling(place) {
            case .linked: tell(change, link)
            case .snapshotOnly: tell(change, .snapshot(of: to))
            case .twice:
                tell(change, link)
                tell(change, link)
            case .lost: break
            }
        }
        return events
    }

    var foldBase: FoldBase { FoldBase(state: base, second: 0) }
}

/// SplitMix64.
struct FoldRandom {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    mutating func shuffled<Element>(_ elements: [Element]) -> [Element] {
        var elements = elements
        for place in elements.indices.reversed() { elements.swapAt(place, below(place + 1)) }
        return elements
    }
}

/// Every order of a list.
func everyOrder<Element>(of elements: [Element]) -> [[Element]] {
    guard elements.count > 1 else { return [elements] }
    var orders: [[Element]] = []
    for place in elements.indices {
        var rest = elements
        let first = rest.remove(at: place)
        orders += everyOrder(of: rest).map { [first] + $0 }
    }
    return orders
}
