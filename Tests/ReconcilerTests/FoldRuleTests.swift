import Testing

@testable import Reconciler

/// Sentence by sentence through `reference/provider_api.md` 3.5, in small examples. Letters are states.
@Suite struct FoldRuleTests {
    private let before = FoldBase(state: Self.live("A"), stateHandle: 1, second: 0)

    private static func digest(_ name: Character) -> FoldDigest {
        FoldDigest(high: 1, low: UInt64(name.unicodeScalars.first?.value ?? 0))
    }

    private static func live(_ name: Character) -> FoldState { .present(digest(name)) }

    /// `A>B` a link, `+B` a birth, `?B` a birth unless known, `B` a snapshot, `x` a deletion. A trailing `!` marks
    /// terminal status, `~` an id that can live again. Ids ascend in the order given.
    private func events(_ second: Int64, _ texts: String...) -> [FoldEvent] {
        texts.enumerated().map { place, text in
            let names = Array(text.filter { !"!~".contains($0) })
            let tells: FoldEvent.Tells =
                switch names[0] {
                case "x": .deletion
                case "+": .birth(to: Self.digest(names[1]))
                case "?": .birthUnlessKnown(to: Self.digest(names[1]))
                default:
                    names.count == 3
                        ? .link(from: Self.digest(names[0]), to: Self.digest(names[2]))
                        : .snapshot(of: Self.digest(names[0]))
                }
            let number = second * 100 + Int64(place)
            return FoldEvent(
                id: "evt_\(1_000 + number)",
                handle: number,
                second: second,
                tells: tells,
                isTerminal: text.contains("!"),
                canLiveAgain: text.contains("~")
            )
        }
    }

    private func check(
        _ base: FoldBase,
        _ events: [FoldEvent],
        _ state: FoldState,
        _ certainty: FoldCertainty,
        asks: Bool? = nil,
        handle: Int64? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for order in everyOrder(of: events) {
            let result = Fold.fold(from: base, events: order)
            #expect(result.state == state, sourceLocation: sourceLocation)
            #expect(result.certainty == certainty, sourceLocation: sourceLocation)
            #expect(result.asksForRead == (asks ?? (certainty != .certain)), sourceLocation: sourceLocation)
            if let handle { #expect(result.stateHandle == handle, sourceLocation: sourceLocation) }
        }
    }

    private func state(_ name: Character) -> FoldState { Self.live(name) }

    @Test func `nothing leaves the base as it is`() {
        check(before, [], state("A"), .certain, handle: 1)
        check(.absent, [], .absent, .certain)
    }

    @Test func `links within a second are walked from the state before`() {
        check(before, events(1, "A>B"), state("B"), .certain, handle: 100)
        check(before, events(1, "A>B", "B>C", "C>D"), state("D"), .certain, handle: 102)
        check(before, events(1, "C>D", "A>B", "B>C"), state("D"), .certain, handle: 100)
        check(before, events(1, "A>B", "B>A", "A>C"), state("C"), .certain)
    }

    @Test func `a birth links from absent`() {
        check(.absent, events(1, "+A"), state("A"), .certain, handle: 100)
        check(.absent, events(1, "+A", "A>B"), state("B"), .certain)
        check(before, events(1, "+B"), state("B"), .gap)
    }

    @Test func `a checkout event is a birth until the session is known`() {
        check(.absent, events(1, "?A"), state("A"), .certain)
        check(.absent, events(1, "?A") + events(2, "?B"), state("B"), .gap)
        check(.absent, events(1, "?A") + events(2, "?A"), state("A"), .certain, handle: 200)
        check(.absent, events(1, "?A", "?B"), state("B"), .guess)
    }

    @Test func `a snapshot of a state on the links, or of the state before, adds nothing`() {
        check(before, events(1, "A"), state("A"), .certain)
        check(before, events(1, "A", "A>B", "B", "B>C"), state("C"), .certain)
        check(before, events(1, "A>B") + events(2, "B"), state("B"), .certain, handle: 200)
    }

    @Test func `a foreign snapshot is a gap`() {
        check(before, events(1, "B"), state("B"), .gap, handle: 100)
        check(.absent, events(1, "A"), state("A"), .gap)
        check(before, events(1, "A>B", "C"), state("C"), .gap, handle: 101)
        check(before, events(1, "C", "A>B"), state("C"), .gap, handle: 100)
    }

    @Test func `a circle ends at the state before if that is on it`() {
        check(before, events(1, "A>B", "B>A"), state("A"), .certain)
        check(before, events(1, "A>B", "B>C", "C>A"), state("A"), .certain)
        check(before, events(1, "B>C", "C>B"), state("B"), .guess)
        check(before, events(1, "A>A"), state("A"), .certain)
    }

    @Test func `twin events are counted both ways`() {
        check(before, events(1, "A>B", "A>B"), state("B"), .certain)
        check(before, events(1, "A>B", "A>B", "B>C"), state("C"), .certain)
        check(.absent, events(1, "+A", "+A", "A>B", "A>B"), state("B"), .certain)
        // Both ways work and agree.
        check(before, events(1, "A>B", "B>A", "A>B", "B>A"), state("A"), .certain)
        // Both work and differ: a twin of A>B, or a return to it.
        check(before, events(1, "A>B", "B>A", "A>B"), state("B"), .guess)
        // The counts fit both ways, but only with each link once there is a walk that takes every step.
        check(before, events(1, "A>B", "A>B", "A>B", "B>A"), state("A"), .guess)
    }

    @Test func `two ways to one state are no walk, so something was missed`() {
        check(before, events(1, "A>B", "B>D", "A>C", "C>D"), state("D"), .gap)
    }

    @Test func `a piece that begins at the state before is never last while another exists`() {
        check(before, events(1, "B>C", "A>B!") + [], state("C"), .certain)
        check(before, events(1, "C>D", "A>B!"), state("D"), .gap)
        check(before, events(1, "A>B", "C>D"), state("D"), .gap)
        check(before, events(1, "C", "A>B!", "B>A"), state("C"), .gap)
    }

    @Test func `among several ends terminal status wins, then the greatest event id`() {
        check(before, events(1, "B", "C"), state("C"), .guess, handle: 101)
        check(before, events(1, "B!", "C"), state("B"), .guess, handle: 100)
        check(before, events(1, "B!", "C!"), state("C"), .guess, handle: 101)
        check(before, events(1, "B>C", "D>E"), state("E"), .guess)
        check(before, events(1, "B>C!", "D>E"), state("C"), .guess)
        check(before, events(1, "C", "D>E"), state("E"), .guess)
    }

    @Test func `a piece that begins elsewhere is a gap`() {
        check(before, events(1, "B>C"), state("C"), .gap)
        check(.absent, events(1, "A>B"), state("B"), .gap)
    }

    @Test func `a flag sticks over later seconds and goes when the missing event comes`() {
        check(before, events(1, "B>C") + events(2, "C>D"), state("D"), .gap)
        check(before, events(1, "B>C", "A>B") + events(2, "C>D"), state("D"), .certain)
        check(before, events(1, "B", "C") + events(2, "C>D"), state("D"), .guess)
        check(before, events(2, "C>D") + events(1, "A>B"), state("D"), .gap)
    }

    @Test func `a deletion is a tombstone that asks for a read`() {
        check(before, events(1, "x"), .tombstone, .certain, asks: true, handle: 100)
        check(.absent, events(1, "x"), .tombstone, .certain, asks: true)
        check(before, events(1, "x", "A>B", "B>C"), .tombstone, .certain, asks: true)
        check(before, events(1, "B>C") + events(2, "x"), .tombstone, .gap, asks: true)
    }

    @Test func `a birth in the second of a deletion makes it a guess`() {
        check(.absent, events(1, "+A", "x"), .tombstone, .guess)
        check(before, events(1, "+B~", "x"), .tombstone, .guess)
        check(.absent, events(1, "?A", "x"), .tombstone, .guess)
        check(before, events(1, "?A", "x"), .tombstone, .certain, asks: true)
    }

    @Test func `an id of the provider's making stays dead`() {
        check(before, events(1, "x") + events(2, "+B", "B>C"), .tombstone, .certain, asks: true, handle: 100)
        check(before, events(1, "x") + events(2, "B") + events(3, "A>B"), .tombstone, .certain, asks: true)
        let dead = FoldBase(state: .tombstone, second: 0)
        check(dead, events(1, "A>B", "C"), .tombstone, .certain, asks: false)
    }

    @Test func `an id of the merchant's making lives again at a birth of a later second only`() {
        check(before, events(1, "x") + events(2, "+B~"), state("B"), .certain, asks: true, handle: 200)
        check(before, events(1, "x") + events(2, "+B~", "B>C"), state("C"), .certain, asks: true)
        check(before, events(1, "x") + events(2, "A>B~", "C~"), .tombstone, .certain, asks: true)
        check(before, events(1, "x", "+B~"), .tombstone, .guess)
        check(before, events(1, "x") + events(2, "+B~", "x"), .tombstone, .guess)
        let dead = FoldBase(state: .tombstone, second: 0)
        check(dead, events(1, "+B~"), state("B"), .certain)
    }

    @Test func `events at or before the base's second never change the state`() {
        let base = FoldBase(state: state("A"), stateHandle: 1, second: 5)
        check(base, events(5, "A>B"), state("A"), .certain, asks: true, handle: 1)
        check(base, events(4, "A>B"), state("A"), .certain, asks: true)
        check(base, events(5, "x"), state("A"), .certain, asks: true)
        check(base, events(5, "A") + events(3, "Z>A"), state("A"), .certain, asks: false)
        check(base, events(5, "A>B") + events(6, "A>C"), state("C"), .certain, asks: true)
    }

    @Test func `events that the base contains for sure ask for nothing`() {
        // A read: its Date less 40 s is 100, plus 10 s is 150; row 12_002 was the last one received before it.
        let read = FoldBase(state: state("A"), second: 150, containedBefore: 100, containedThrough: 12_002)
        check(read, events(99, "B"), state("A"), .certain, asks: false)
        check(read, events(100, "B"), state("A"), .certain, asks: false)  // row 10_000
        check(read, events(120, "B", "C", "D"), state("A"), .certain, asks: false)  // rows up to 12_002
        check(read, events(121, "B"), state("A"), .certain, asks: true)  // row 12_100
        check(read, events(121, "A"), state("A"), .certain, asks: false)
        check(read, events(150, "B"), state("A"), .certain, asks: true)
        check(read, events(151, "A>B"), state("B"), .certain, asks: false)
    }

    @Test func `a flagged base stays flagged`() {
        let base = FoldBase(state: state("A"), second: 5, certainty: .gap)
        check(base, events(6, "A>B"), state("B"), .gap)
    }

    @Test func `an event id counts once, the first row of it`() {
        let event = events(1, "A>B")[0]
        let again = FoldEvent(id: event.id, handle: 999, second: 1, tells: .snapshot(of: Self.digest("Z")))
        check(before, [event, again, event], state("B"), .certain, handle: event.handle)
    }

    @Test func `the quick way and the general way agree`() {
        for base in [before, .absent, FoldBase(state: .tombstone, second: 0)] {
            let start = FoldResult(base)
            for event in events(1, "A>B", "A>A", "B>C", "A", "B", "+A", "+B", "+B~", "?A", "?B", "x", "A>B!")
            {
                let quick = Fold.foldSecond(before: start, events: [event])
                let general = FoldSecond(before: start, events: [event]).result()
                #expect(quick == general)
            }
        }
    }
}
