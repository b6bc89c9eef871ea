/// Rules of the dispatcher that a test can switch off, to see that the suite would notice. What answers may be used
/// for is the `AnswerRecorder`'s.
struct MirrorRules: Sendable, Hashable {
    /// Weakness: what came to no answer is sent again under a new key.
    var renewsKeyForRetry = false
    /// Weakness: a key is used again however old it is.
    var trustsOldKeys = false

    static let standard = MirrorRules()
}
