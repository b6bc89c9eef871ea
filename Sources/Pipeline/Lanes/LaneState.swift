/// What reads have confirmed of one object, and whether another read is owed: the rules R1 to R4 of provider_api
/// 3.3 without tables or time. Every write of the confirmed state goes through `observe`.
package struct LaneState: Sendable, Hashable {
    package enum Life: String, Sendable, Hashable {
        /// Never read.
        case unknown
        case live
        /// Deleted at the provider; absorbing, but for types whose ids the merchant may use again.
        case tombstone
    }

    package var life: Life
    /// Digest of the confirmed state; nil unless `life` is `live`.
    package var remote: RemoteDigest?
    /// Drawn after the last applied read had ended.
    package var observedEnd: Tick
    /// Counts reasons to read.
    package var dirty: Int64
    /// Reasons up to here were answered by a read that began after them.
    package var clean: Int64
    /// Reads in a row that did not find the object.
    package var missingReads: Int64

    /// Nothing is known yet.
    package static let unread = LaneState(
        life: .unknown,
        remote: nil,
        observedEnd: .zero,
        dirty: 0,
        clean: 0,
        missingReads: 0
    )

    package init(
        life: Life,
        remote: RemoteDigest?,
        observedEnd: Tick,
        dirty: Int64,
        clean: Int64,
        missingReads: Int64
    ) {
        precondition(clean <= dirty, "no more can be answered than was asked")
        self.life = life
        self.remote = remote
        self.observedEnd = observedEnd
        self.dirty = dirty
        self.clean = clean
        self.missingReads = missingReads
    }

    package var needsRead: Bool { dirty > clean }

    /// Something happened that only a read can tell.
    package mutating func markDirty() {
        dirty += 1
    }

    /// A read that was begun when `dirty` stood at `answered` has ended.
    package mutating func finishRead(answering answered: Int64) {
        precondition(answered <= dirty, "a read answers what was asked before it began")
        clean = max(clean, answered)
    }

    /// Takes what a read, a page or the answer of a write showed (R3, R4).
    ///
    /// - Parameters:
    ///   - start: drawn before the request was sent.
    ///   - end: drawn now; becomes the end of this read's interval when it is applied. Intervals of applied reads
    ///     never overlap, so that each is provably not older than the one before.
    ///   - canLiveAgain: the type's ids may be used again after a deletion (provider_api 3.3, A3).
    package mutating func observe(
        _ sight: Sight,
        start: Tick,
        end: Tick,
        canLiveAgain: Bool = false
    ) -> Observation {
        observe(sight, start: start, end: end, canLiveAgain: canLiveAgain, rules: .standard)
    }

    mutating func observe(
        _ sight: Sight,
        start: Tick,
        end: Tick,
        canLiveAgain: Bool,
        rules: ConvergenceRules
    ) -> Observation {
        precondition(start < end, "a read ends after it began")
        switch sight {
        case .present(let digest): return observe(digest, start, end, canLiveAgain, rules)
        case .deleted: return observeDeletion(start, end, canLiveAgain)
        case .missing: return observeAbsence(start, end, canLiveAgain)
        }
    }

    private mutating func observe(
        _ digest: RemoteDigest,
        _ start: Tick,
        _ end: Tick,
        _ canLiveAgain: Bool,
        _ rules: ConvergenceRules
    ) -> Observation {
        if life == .tombstone, !rules.revives {
            guard canLiveAgain, start > observedEnd else { return .afterDeath }
        }
        guard start > observedEnd || rules.believesEveryRead else {
            guard life == .live, digest == remote else {
                // Overlapping reads that differ: which one is newer cannot be known, so a third one tells.
                dirty += 1
                return .overlapped
            }
            missingReads = 0
            return .equal
        }
        let isEqual = life == .live && digest == remote
        life = .live
        remote = digest
        observedEnd = rules.ordersByStart ? start : end
        missingReads = 0
        return isEqual ? .equal : .applied
    }

    private mutating func observeDeletion(
        _ start: Tick,
        _ end: Tick,
        _ canLiveAgain: Bool
    ) -> Observation {
        if life == .tombstone { return .equal }
        // Where ids are never used again, a deletion seen at any time is the end.
        guard !canLiveAgain || start > observedEnd else {
            dirty += 1
            return .overlapped
        }
        life = .tombstone
        remote = nil
        observedEnd = max(observedEnd, end)
        missingReads = 0
        return .applied
    }

    /// A GET that does not find the object may have asked in the wrong account: the second in a row is believed.
    private mutating func observeAbsence(
        _ start: Tick,
        _ end: Tick,
        _ canLiveAgain: Bool
    ) -> Observation {
        if life == .tombstone { return .equal }
        missingReads += 1
        guard missingReads >= 2 else {
            dirty += 1
            return .overlapped
        }
        return observeDeletion(start, end, canLiveAgain)
    }
}

/// What a read showed of its object.
package enum Sight: Sendable, Hashable {
    case present(RemoteDigest)
    /// The provider says so: `{"deleted":true}`.
    case deleted
    /// The provider knows no such object.
    case missing
}

/// 128 bits that name one state of an object as a read showed it; equal states have equal digests.
package struct RemoteDigest: Sendable, Hashable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

/// What became of a read's answer.
package enum Observation: Sendable, Hashable {
    /// It is the confirmed state now, and differs from the one before.
    case applied
    /// It is the confirmed state, as before.
    case equal
    /// Not believed, because another read may be newer: one more read is owed.
    case overlapped
    /// The object was deleted before; a state of it is an anomaly.
    case afterDeath

    /// Whether the confirmed state is what the read showed. Then operations that were acknowledged before the
    /// read began are contained in it or superseded by it (R3, last lines).
    package var isConfirmed: Bool { isConfirmed(under: .standard) }

    func isConfirmed(under rules: ConvergenceRules) -> Bool {
        switch self {
        case .applied: true
        case .equal: !rules.settlesOnlyWhenApplied
        case .overlapped, .afterDeath: false
        }
    }
}
