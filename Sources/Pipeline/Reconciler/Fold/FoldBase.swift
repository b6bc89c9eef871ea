/// Where the fold of an object begins: a state that no stored event at or before `second` can change any more,
/// because it was read from the provider or because the bodies behind it were swept.
package struct FoldBase: Hashable, Sendable {
    package let state: FoldState
    /// The event whose snapshot the state is; nil if it was read, or nothing is known.
    package let stateHandle: Int64?
    /// Events of this second (since 1970 UTC) and earlier are not folded. After a read: its `Date` plus 10 s
    /// (`reference/provider_api.md` 3.6).
    package let second: Int64
    /// What the fold had said when the base was set; a read makes it certain.
    package let certainty: FoldCertainty
    /// Events of seconds before this one are contained for sure: after a read, its `Date` less 40 s.
    package let containedBefore: Int64
    /// Events with a row number up to this one are contained for sure if they are not folded: after a read, the
    /// last row received before it began; after a sweep, the last row that the swept fold saw.
    package let containedThrough: Int64

    package init(
        state: FoldState,
        stateHandle: Int64? = nil,
        second: Int64,
        certainty: FoldCertainty = .certain,
        containedBefore: Int64 = .min,
        containedThrough: Int64 = .min
    ) {
        precondition(containedBefore == .min || containedBefore <= second, "what is folded is not contained")
        self.state = state
        self.stateHandle = stateHandle
        self.second = second
        self.certainty = certainty
        self.containedBefore = containedBefore
        self.containedThrough = containedThrough
    }

    /// Nothing is known yet; every event is folded.
    package static let absent = FoldBase(state: .absent, second: .min)

    /// An event that is not folded, may not be contained either, and tells another state: the provider has to
    /// be asked.
    func asksForRead(about event: FoldEvent) -> Bool {
        guard event.second >= containedBefore, event.handle > containedThrough else { return false }
        return event.told != state
    }
}
