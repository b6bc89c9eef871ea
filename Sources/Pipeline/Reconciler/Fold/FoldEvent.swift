/// A stored event, reduced to what the fold needs of it.
package struct FoldEvent: Sendable {
    package enum Tells: Hashable, Sendable {
        /// `*.created`, `charge.succeeded`, `payment_method.attached`: a link from absent to the snapshot.
        case birth(to: FoldDigest)
        /// `checkout.session.*`: a birth while the object is absent, a snapshot once it is known.
        case birthUnlessKnown(to: FoldDigest)
        /// Non-empty `previous_attributes`: from the snapshot with them laid over it, to the snapshot.
        case link(from: FoldDigest, to: FoldDigest)
        /// Any other event, `customer.subscription.deleted` among them (a cancelled subscription can be read).
        case snapshot(of: FoldDigest)
        /// Any other `*.deleted` of the object itself. Its snapshot is the state before, and not used.
        case deletion
    }

    /// The provider's event id: one event, however often it is delivered; also the last resort of a guess.
    package let id: String
    /// Our row number of the event, given back as `FoldResult.stateHandle`. The fold never compares it, except
    /// with `FoldBase.containedThrough`.
    package let handle: Int64
    /// The event's `created`, in seconds since 1970 UTC.
    package let second: Int64
    package let tells: Tells
    /// The snapshot's status is one that nothing follows (`canceled`, `incomplete_expired`, …).
    package let isTerminal: Bool
    /// The object's id was chosen by the merchant (coupon, product, plan, promotion code), so that it may live
    /// again after a deletion.
    package let canLiveAgain: Bool

    package init(
        id: String,
        handle: Int64,
        second: Int64,
        tells: Tells,
        isTerminal: Bool = false,
        canLiveAgain: Bool = false
    ) {
        self.id = id
        self.handle = handle
        self.second = second
        self.tells = tells
        self.isTerminal = isTerminal
        self.canLiveAgain = canLiveAgain
    }

    /// The state right after what the event tells.
    var told: FoldState {
        switch tells {
        case .birth(let to), .birthUnlessKnown(let to), .link(_, let to), .snapshot(let to): .present(to)
        case .deletion: .tombstone
        }
    }

    /// Bytes decide, as the provider's ids are bytes.
    func hasGreaterID(than other: FoldEvent) -> Bool { other.id.utf8.lexicographicallyPrecedes(id.utf8) }
}
