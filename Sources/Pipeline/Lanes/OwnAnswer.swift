/// What the answer of one of our own writes may be used for (R7).
package enum OwnAnswer: Sendable, Hashable {
    /// It shows the object as it was while the call was in flight: as good as a read.
    case isRead
    /// It may be the body of an earlier execution: it acknowledges, and is never stored.
    case isStale

    /// - Parameters:
    ///   - attemptsOfKey: attempts under this idempotency key that may have reached the provider, this one
    ///     included.
    ///   - isReplayed: the provider says so (`Idempotent-Replayed: true`).
    package init(attemptsOfKey: Int, isReplayed: Bool) {
        self.init(attemptsOfKey: attemptsOfKey, isReplayed: isReplayed, rules: .standard)
    }

    init(attemptsOfKey: Int, isReplayed: Bool, rules: ConvergenceRules) {
        precondition(attemptsOfKey >= 1, "an answer answers an attempt")
        let isFresh = attemptsOfKey == 1 && !isReplayed || rules.believesReplayedAnswers
        self = isFresh ? .isRead : .isStale
    }

    /// Where the operation stands after its acknowledgement.
    package enum Fate: Sendable, Hashable {
        /// Confirmed at once: the confirmed state is the answer.
        case done
        /// Shown over the confirmed state until a read that begins after the acknowledgement.
        case acknowledged
    }

    /// - Parameter observation: of the answer's body when it was a read, else nil.
    package static func fate(after observation: Observation?) -> Fate {
        fate(after: observation, rules: .standard)
    }

    static func fate(after observation: Observation?, rules: ConvergenceRules) -> Fate {
        if rules.dropsPatchWhenAcknowledged { return .done }
        switch observation {
        case .applied, .equal: return .done
        // A deleted object has nothing left to be patched.
        case .afterDeath: return .done
        case .overlapped, nil: return .acknowledged
        }
    }
}
