import Lanes

/// Rules of the dispatcher that a test can switch off, to see that the suite would notice (provider_api 3.4).
struct MirrorRules: Sendable, Hashable {
    /// Weakness: a replayed answer, which is the first execution's body, counts as a fresh read.
    var believesReplayedAnswers = false
    /// Weakness: a patch is gone once the provider acknowledged it.
    var dropsPatchWhenAcknowledged = false
    /// Weakness: what came to no answer is sent again under a new key.
    var renewsKeyForRetry = false
    /// Weakness: a key is used again however old it is.
    var trustsOldKeys = false

    static let standard = MirrorRules()

    func isRead(attemptsOfKey: Int, isReplayed: Bool) -> Bool {
        believesReplayedAnswers || OwnAnswer(attemptsOfKey: attemptsOfKey, isReplayed: isReplayed) == .isRead
    }

    func fate(after observation: Observation?) -> OwnAnswer.Fate {
        dropsPatchWhenAcknowledged ? .done : OwnAnswer.fate(after: observation)
    }
}
