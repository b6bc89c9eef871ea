package import BillingModel
package import Providers
package import Timing

/// How one try of an operation ended, in the words of its row. The classes of answers (provider_api 1.6) are the
/// dispatcher's; `code` is one of its words, `message` is bounded and names no person.
package enum AttemptOutcome: Sendable {
    /// The provider did it, and the confirmed state shows it.
    case done(ProviderID?)
    /// The provider did it; what the object looks like now is still to be read. With the id of a new object.
    case acknowledged(ProviderID?)
    /// Tried again at that time, under the same key.
    case retry(at: Timestamp, AttemptTrouble)
    /// Stop using this key: look first.
    case lookUp(at: Timestamp, AttemptTrouble)
    /// It certainly had no effect: send it anew under a new key, which lets updates merge again.
    case renew(at: Timestamp, AttemptTrouble)
    /// The provider has the object already that it was to make, and the object lacks something of it: from now on
    /// it is that change, in its old place before later ones. Only for what was never sent under its present key.
    case became(ProviderOperation, of: ProviderID)
    /// Nothing was sent at this try: from that time on it waits as it stood before, its last trouble kept.
    case putBack(at: Timestamp, UnsentStep)
    /// Waits for a person.
    case dead(AttemptTrouble)
}

/// How far a try came at which nothing was sent.
package enum UnsentStep: Sendable, Hashable {
    /// It was taken, and no more.
    case taken
    /// Its request was frozen, or an attempt with it counted: that is undone.
    case begun
    /// What became of it was being found out, and still is to be.
    case looking
}

/// What went wrong, as far as it may be stored.
package struct AttemptTrouble: Sendable, Hashable {
    package static let messageBytesMax = 200
    /// Code of an operation that only a person can decide: several of the provider's objects match ours.
    package static let conflict = "conflict"

    /// One word, such as `timeout`, `http_500` or `resource_missing`.
    package let code: String
    package let message: String?
    /// The request may have had an effect, now or earlier. False only when it certainly had none: refused
    /// connection, unknown host, rate limit. When no earlier attempt may have had one either, the request thaws:
    /// the operation is queued again, and updates merge into it.
    package let mayHaveBeenExecuted: Bool

    /// - Parameter message: cut to `messageBytesMax`, control characters become blanks.
    package init(_ code: String, _ message: String? = nil, mayHaveBeenExecuted: Bool = true) {
        self.code = code
        self.message = message.map(Self.bounded)
        self.mayHaveBeenExecuted = mayHaveBeenExecuted
    }

    private static func bounded(_ text: String) -> String {
        var bounded = ""
        for scalar in text.unicodeScalars {
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            let next = isControl ? " " : String(scalar)
            guard bounded.utf8.count + next.utf8.count <= messageBytesMax else { break }
            bounded += next
        }
        return bounded
    }
}
