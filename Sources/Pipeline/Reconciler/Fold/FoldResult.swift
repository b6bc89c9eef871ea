/// How sure the fold is. Greater is worse; over several seconds the worst stands.
package enum FoldCertainty: Int, Comparable, Sendable {
    /// Every change is told and linked.
    case certain = 0
    /// Something was missed, but only one end is possible.
    case gap = 1
    /// One of several possible ends was chosen by rule.
    case guess = 2

    package static func < (left: FoldCertainty, right: FoldCertainty) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// What the stored events of one object amount to. Chained freshness needs `.certain` and no read asked for.
package struct FoldResult: Hashable, Sendable {
    package let state: FoldState
    /// The event that tells the state: whose snapshot it is, or which deleted the object. Nil while nothing did
    /// since a base that was read.
    package let stateHandle: Int64?
    package let certainty: FoldCertainty
    /// A read is due: for a gap or a guess, for a deletion, or for an event that the base may not contain.
    package let asksForRead: Bool

    package init(state: FoldState, stateHandle: Int64?, certainty: FoldCertainty, asksForRead: Bool) {
        self.state = state
        self.stateHandle = stateHandle
        self.certainty = certainty
        self.asksForRead = asksForRead || certainty != .certain
    }

    /// Before any event.
    package init(_ base: FoldBase) {
        self.init(
            state: base.state,
            stateHandle: base.stateHandle,
            certainty: base.certainty,
            asksForRead: false
        )
    }

    /// The next second's outcome behind this one; a flag sticks.
    func followed(
        by state: FoldState,
        toldBy handle: Int64?,
        certainty: FoldCertainty,
        asksForRead: Bool = false
    ) -> FoldResult {
        FoldResult(
            state: state,
            stateHandle: handle,
            certainty: max(self.certainty, certainty),
            asksForRead: self.asksForRead || asksForRead
        )
    }
}
