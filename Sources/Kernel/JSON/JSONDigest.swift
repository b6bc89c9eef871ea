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

    /// The digest of `overlay` laid over `value`, without building it: objects merge deeply, everything else in
    /// the overlay stands in place of what was below, null in the overlay takes a member away.
    package init(of value: JSONValue, overlay: JSONValue, ignoring paths: JSONPathSet = .none) {
        let lanes = value.document.withCursor { lower in
            overlay.document.withCursor { upper in
                JSONDigestWalk(paths: paths).digest(lower, value.index, upper, overlay.index, paths.top)
            }
        }
        self.init(high: lanes.first, low: lanes.second)
    }
}
