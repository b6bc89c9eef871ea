/// 128 bits that stand for one state of a provider's object; equal exactly when the states are held for equal
/// (`reference/provider_api.md` 3.5, "Comparing states"). Made from a `JSONDigest` outside the fold.
package struct FoldDigest: Hashable, Sendable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

/// What an object is at a moment of its provider's history.
package enum FoldState: Hashable, Sendable {
    /// Not born yet, as far as anybody told.
    case absent
    case present(FoldDigest)
    /// Deleted; of an id that the merchant chose, until it is born again.
    case tombstone
}
