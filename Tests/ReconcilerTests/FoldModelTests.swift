import Glibc
import Testing

@testable import Reconciler

/// The exhaustive model of `reference/provider_api.md` 3.5: whole histories, all of their events, orders of arrival.
@Suite struct FoldModelTests {
    private static let isLong = getenv("TOLLGATE_LONG").map { String(cString: $0) } == "1"

    struct Verdict {
        var histories = 0
        var orders = 0
        /// Histories that ended in another state than the provider's in at least one order.
        var wrong = 0
        /// Histories whose result depends on the order.
        var orderDependent = 0
        var wrongOrOrderDependent = 0
        var flagged = 0
        /// Flagged although nothing within a second repeats.
        var flaggedWithoutRepeat = 0
    }

    /// Runs every history through `Arrivals` in every order of short ones, in seeded shuffles of long ones, and
    /// with duplicate deliveries.
    private func judge<Arrivals: FoldArrivals>(
        _ histories: [FoldHistory],
        _ kind: Arrivals.Type,
        isExhaustive: Bool = isLong
    ) -> Verdict {
        var verdict = Verdict()
        for (number, history) in histories.enumerated() {
            let events = history.events(salt: UInt64(number))
            var random = FoldRandom(seed: UInt64(number))
            var orders: [[FoldEvent]]
            if events.count <= 4 || isExhaustive {
                orders = everyOrder(of: events)
            } else {
                orders = [events, events.reversed()] + (0..<6).map { _ in random.shuffled(events) }
            }
            // Delivered twice, in any order.
            for _ in 0..<2 { orders.append(random.shuffled(events + events)) }

            var results: Set<FoldResult> = []
            for order in orders {
                var arrivals = Arrivals(base: history.foldBase)
                for event in order { arrivals.arrive(event) }
                results.insert(arrivals.result)
            }
            verdict.histories += 1
            verdict.orders += orders.count
            let isWrong = results.contains { $0.state != history.last }
            let isOrderDependent = results.count > 1
            if isWrong { verdict.wrong += 1 }
            if isOrderDependent { verdict.orderDependent += 1 }
            if isWrong || isOrderDependent { verdict.wrongOrOrderDependent += 1 }
            if results.contains(where: { $0.certainty != .certain }) {
                verdict.flagged += 1
                if !history.repeatsLinkWithinSecond { verdict.flaggedWithoutRepeat += 1 }
            }
        }
        return verdict
    }

    @Test func `the enumerations are as large as they claim`() {
        #expect(FoldHistory.returning.count == 3_066)
        #expect(FoldHistory.born.count == 419)
        #expect(FoldHistory.straight.count == 2 * (3 + 6 + 10 + 15 + 21))
        #expect(Set(FoldHistory.returning.map(\.description)).count == 3_066)
        #expect(Set(FoldHistory.born.map(\.description)).count == 419)
    }

    @Test func `with every change linked no history ends wrong, in any order, with duplicates`() {
        for (name, histories) in [("returning", FoldHistory.returning), ("born", FoldHistory.born)] {
            let verdict = judge(histories, FoldingArrivals.self)
            report("fold, \(name)", verdict)
            #expect(verdict.wrong == 0)
            #expect(verdict.orderDependent == 0)
            // One second that tells the same change twice may be a twin: the twin rule of 3.5 asks then.
            #expect(verdict.flaggedWithoutRepeat == 0)
        }
    }

    @Test func `the pairwise rule fails the same harness`() {
        let verdict = judge(FoldHistory.returning, PairwiseArrivals.self)
        report("pairwise, returning", verdict)
        #expect(verdict.wrong > 500)
        #expect(verdict.orderDependent > 500)
        let born = judge(FoldHistory.born, PairwiseArrivals.self)
        report("pairwise, born", born)
        #expect(born.wrongOrOrderDependent > 150)
    }

    @Test func `a second that repeats a link is flagged only if counting it once would end elsewhere`() {
        for history in FoldHistory.returning where history.repeatsLinkWithinSecond {
            let result = Fold.fold(from: history.foldBase, events: history.events())
            var single = history
            single.changes = []
            var isAmbiguous = false
            var state = history.base
            for second in Int64(1)...3 {
                let changes = history.changes.filter { $0.second == second }
                var balance: [FoldState: Int] = [:]
                var links: Set<[FoldState]> = []
                for change in changes where links.insert([change.from, change.to]).inserted {
                    balance[change.from, default: 0] -= 1
                    balance[change.to, default: 0] += 1
                }
                let ends = balance.filter { $0.value > 0 }.map(\.key)
                let starts = balance.filter { $0.value < 0 }.map(\.key)
                let end = changes.last?.to ?? state
                if ends.isEmpty, state != end { isAmbiguous = true }
                if ends.count == 1, starts == [state], ends[0] != end { isAmbiguous = true }
                state = end
            }
            #expect((result.certainty == .guess) == isAmbiguous, "\(history)")
            #expect(result.certainty != .gap, "\(history)")
        }
    }

    @Test func `twin events for one change are certain when no value returns`() {
        var folds = 0
        for (number, history) in FoldHistory.straight.enumerated() {
            for twins in 0..<(1 << history.changes.count) {
                let events = history.events(salt: UInt64(number)) { twins >> $0 & 1 == 1 ? .twice : .linked }
                var random = FoldRandom(seed: UInt64(number * 64 + twins))
                for _ in 0..<3 {
                    let result = arrived(random.shuffled(events), history)
                    folds += 1
                    #expect(result.state == history.last, "\(history), twins \(twins)")
                    #expect(result.certainty == .certain, "\(history), twins \(twins)")
                }
            }
        }
        print("fold, twins: \(FoldHistory.straight.count) histories, \(folds) folds, 0 wrong, 0 flagged")
    }

    @Test func `changes told by snapshots only, or lost, never end wrong without a flag`() {
        var (folds, wrong, flagged, silent) = (0, 0, 0, 0)
        for (number, history) in FoldHistory.straight.enumerated() {
            let count = history.changes.count
            // Every set of changes told by their snapshot only, and none or one event lost, but not the last
            // one: a last change that nothing tells can be found by a run only.
            for snapshots in 0..<(1 << count) {
                for lost in -1..<(count - 1) {
                    let events = history.events(salt: UInt64(number)) { place in
                        if place == lost { return .lost }
                        return snapshots >> place & 1 == 1 ? .snapshotOnly : .linked
                    }
                    var random = FoldRandom(seed: UInt64(number * 1_000 + snapshots * 8 + lost + 1))
                    let one = arrived(random.shuffled(events), history)
                    let other = arrived(random.shuffled(events + events), history)
                    #expect(one == other, "\(history), snapshots \(snapshots), lost \(lost)")
                    folds += 1
                    if one.certainty != .certain { flagged += 1 }
                    if one.state != history.last {
                        wrong += 1
                        if one.certainty == .certain { silent += 1 }
                    }
                    let isTold = snapshots == 0 && lost < 0
                    #expect((one.certainty == .certain) == isTold, "\(history), \(snapshots), lost \(lost)")
                }
            }
        }
        print(
            "fold, snapshots and losses: \(folds) folds, \(flagged) flagged, \(wrong) wrong, \(silent) silently"
        )
        #expect(silent == 0)
        #expect(
            wrong > 0,
            "two snapshots of one second cannot be ordered; a model without such ends is no model"
        )
    }

    @Test func `twins, snapshots and losses together never end wrong without a flag when no value returns`() {
        let rounds = Self.isLong ? 400 : 20
        var (folds, wrong, silent) = (0, 0, 0)
        for (number, history) in FoldHistory.straight.enumerated() {
            for round in 0..<rounds {
                let seed = UInt64(number * 1_000 + round)
                var random = FoldRandom(seed: seed)
                var tellings: [FoldHistory.Telling] = history.changes.map { _ in
                    switch random.below(10) {
                    case 0..<3: .snapshotOnly
                    case 3..<5: .twice
                    default: .linked
                    }
                }
                if random.below(2) == 0, tellings.count > 1 {
                    tellings[random.below(tellings.count - 1)] = .lost
                }
                let result = arrived(random.shuffled(history.events(salt: seed) { tellings[$0] }), history)
                folds += 1
                if result.state != history.last {
                    wrong += 1
                    if result.certainty == .certain {
                        silent += 1
                        Issue.record("seed \(seed): \(history)")
                    }
                }
            }
        }
        print("fold, all together: \(folds) folds, \(wrong) wrong, \(silent) silently")
    }

    @Test func `folding as events arrive equals folding the set, after each arrival`() {
        let histories = FoldHistory.returning + FoldHistory.born
        var (steps, fast) = (0, 0)
        for (number, history) in histories.enumerated() where Self.isLong || number % 5 == 0 {
            var random = FoldRandom(seed: UInt64(number))
            var events = history.events(salt: UInt64(number)) { _ in
                switch random.below(8) {
                case 0: .snapshotOnly
                case 1: .twice
                case 2: .lost
                default: .linked
                }
            }
            if random.below(4) == 0 {
                events.append(
                    FoldEvent(id: "evt_deleted", handle: 99, second: 2, tells: .deletion)
                )
            }
            if random.below(4) == 0 {
                let early = FoldEvent.Tells.snapshot(of: FoldHistory.value(random.below(3)))
                events.append(FoldEvent(id: "evt_early", handle: 98, second: 0, tells: early))
            }
            let order = random.shuffled(events)
            var arrivals = FoldingArrivals(base: history.foldBase)
            for (place, event) in order.enumerated() {
                arrivals.arrive(event)
                let whole = Fold.fold(from: history.foldBase, events: random.shuffled(Array(order[...place])))
                steps += 1
                #expect(arrivals.result.state == whole.state, "seed \(number): \(history)")
                #expect(arrivals.result.certainty == whole.certainty, "seed \(number): \(history)")
                #expect(arrivals.result.stateHandle == whole.stateHandle, "seed \(number): \(history)")
            }
            fast += arrivals.fastPaths
        }
        print("fold, arrivals: \(steps) steps, \(fast) by the fast path")
        #expect(fast > steps / 4)
    }

    private func arrived(_ events: [FoldEvent], _ history: FoldHistory) -> FoldResult {
        var arrivals = FoldingArrivals(base: history.foldBase)
        for event in events { arrivals.arrive(event) }
        return arrivals.result
    }

    private func report(_ name: String, _ verdict: Verdict) {
        print(
            "\(name): \(verdict.histories) histories in \(verdict.orders) orders,",
            "\(verdict.wrong) wrong, \(verdict.orderDependent) order-dependent,",
            "\(verdict.wrongOrOrderDependent) either, \(verdict.flagged) flagged"
        )
    }
}
