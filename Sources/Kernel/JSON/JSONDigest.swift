/// What a value means, in 128 bits, so that two states of an object can be compared and kept without their text.
///
/// Equal for values that differ only in the order of members, in escapes, in blanks, in the way a number is
/// written, and in members that are null, which count as absent (`reference/provider_api.md` 3.5, "Comparing
/// states"). Arrays are ordered, and a null inside one counts. Stored in the database: the function must not
/// change without a migration that computes stored digests anew.
///
/// Not for secrets: somebody who writes both values could make them collide. All he gains is that two states
/// of his own object are held for one.
package struct JSONDigest: Hashable, Sendable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The digest of `value` with the members in `paths` left out.
    package init(of value: JSONValue, ignoring paths: JSONPathSet = .none) {
        let lanes = value.document.withCursor { cursor in
            JSONDigestWalk(paths: paths).digest(cursor, value.index, paths.top)
        }
        self.init(high: lanes.first, low: lanes.second)
    }

    /// The digests of `value` as it is and with `overlay` laid over it, in one walk and without building anything:
    /// objects merge deeply, everything else in the overlay stands in place of what was below, null in the overlay
    /// takes a member away. Both with the members in `paths` left out.
    package static func pair(
        of value: JSONValue,
        overlay: JSONValue,
        ignoring paths: JSONPathSet = .none
    ) -> (plain: JSONDigest, overlaid: JSONDigest) {
        let pair = value.document.withCursor { lower in
            overlay.document.withCursor { upper in
                JSONDigestWalk(paths: paths).pair(lower, value.index, upper, overlay.index, paths.top)
            }
        }
        return (
            JSONDigest(high: pair.plain.first, low: pair.plain.second),
            JSONDigest(high: pair.overlaid.first, low: pair.overlaid.second)
        )
    }
}
