import Outbox

/// What a person has to know. Each is one error line in the log with its stable code, and counted.
package struct MirrorAlert: Sendable, Hashable {
    package enum Code: String, Sendable, Hashable, CaseIterable {
        /// 401: the API key is refused.
        case credentialRefused = "mirror_credential_refused"
        /// 403: the API key may not do this.
        case permissionRefused = "mirror_permission_refused"
        /// The provider's certificate or address is not trusted.
        case untrusted = "mirror_untrusted"
        case breakerOpened = "mirror_breaker_opened"
        /// An operation became a dead letter.
        case deadLetter = "mirror_dead_letter"
        /// Several customers of the provider bear the mark of one of ours.
        case conflict = "mirror_conflict"
        /// A deletion or cancellation is owed for more than three days.
        case overdue = "mirror_overdue"
        /// The provider says that a key was used for another request: a mistake of ours.
        case keyReused = "mirror_key_reused"
        /// The provider asked for a longer wait than we grant.
        case delayCapped = "mirror_delay_capped"
        /// The store did not take what was to be written.
        case storeFailed = "mirror_store_failed"
    }

    package let code: Code
    package let operation: Int64?
    /// One word of what went wrong.
    package let reason: String?

    init(_ code: Code, operation: OperationID? = nil, reason: String? = nil) {
        self.code = code
        self.operation = operation?.rawValue
        self.reason = reason
    }
}

extension MirrorAlert.Code {
    var message: StaticString {
        switch self {
        case .credentialRefused: "the provider refuses the API key: the lane is paused"
        case .permissionRefused: "the API key may not do this"
        case .untrusted: "the provider is not trusted: the lane is paused"
        case .breakerOpened: "the provider does not answer: the breaker is open"
        case .deadLetter: "an operation waits for a person"
        case .conflict: "several customers at the provider bear one mark"
        case .overdue: "an owed deletion or cancellation is overdue"
        case .keyReused: "the provider knows the key of another request"
        case .delayCapped: "the provider asked for a longer wait than an hour"
        case .storeFailed: "the mirror could not write"
        }
    }
}
