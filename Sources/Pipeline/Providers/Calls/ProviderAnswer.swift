package import JSON
package import Timing

/// What an answer means for the operation or read that it answers.
package struct ProviderAnswer: Sendable {
    package enum Verdict: Sendable {
        /// Done; the document is the answer's body. If `isReplay`, it is the state of the first execution: it
        /// acknowledges the operation and must never be stored as the object's present state.
        case acknowledged(JSONDocument, isReplay: Bool)
        /// Nothing is certain: send the same bytes with the same key again, not before the delay.
        case retrySameKey(RetryAdvice)
        /// The key is of no more use: look at the provider's state, then acknowledge or take a new key.
        case resolve(ResolveReason, ProviderFault)
        /// Never going to work as it is: a dead letter.
        case rejected(ProviderFault)
        /// The object that the request named is not there (any more).
        case missing(ProviderFault)
        /// The key is wrong or may not do this: nothing of the connection can work until somebody acts.
        case credentials(ProviderFault)
        /// Not an answer of the provider's interface, whatever the status: as good as none. A write may have been
        /// done, so it is resolved as in `resolve`; a read is repeated later.
        case unreadable(UnreadableReason, ProviderFault)
    }

    package struct RetryAdvice: Sendable, Hashable {
        package let reason: RetryReason
        /// Milliseconds before which it makes no sense; the schedule's own delay counts if it is longer.
        package let delayMin: Int64
        /// The provider refuses for sheer number: the whole connection goes slower, not just this operation.
        package let slowsLane: Bool
        /// The provider asked for more than the hour that is the limit: worth an alert.
        package let isDelayCapped: Bool
        package let fault: ProviderFault
    }

    package enum RetryReason: String, Sendable, Hashable, CaseIterable {
        /// `Stripe-Should-Retry: true`.
        case askedTo = "asked_to"
        /// The same key is being executed, or another conflict.
        case conflict
        /// The object is locked by another request.
        case locked
        case rateLimited = "rate_limited"
        /// 500, 502, 503, 504 and the like.
        case serverError = "server_error"
        /// 408 or 425: not executed, says an intermediary.
        case notExecuted = "not_executed"
    }

    package enum ResolveReason: String, Sendable, Hashable, CaseIterable {
        /// `Stripe-Should-Retry: false` on a server error.
        case toldNotToRetry = "told_not_to_retry"
        /// The stored failure of the first execution came back.
        case storedFailure = "stored_failure"
        /// 424: somebody behind the provider failed.
        case dependency
        /// Our bug: the key was used for another request.
        case keyReused = "key_reused"
    }

    package enum UnreadableReason: String, Sendable, Hashable, CaseIterable {
        case empty
        case invalidJSON = "invalid_json"
        /// JSON, but not the object, list or error that was to come.
        case unexpectedBody = "unexpected_body"
        /// The object has another id than the one that was asked for.
        case otherObject = "other_object"
        case redirect
        /// A status that no interface sends as a final answer.
        case unexpectedStatus = "unexpected_status"
        case tooLarge = "too_large"
    }

    package let verdict: Verdict
    package let facts: AnswerFacts
}

/// What every answer tells beside its verdict.
package struct AnswerFacts: Sendable, Hashable {
    package var status: Int
    package var requestID: String?
    /// The provider sent the stored answer of the key's first execution.
    package var isReplay = false
    /// The provider's clock, of the header `Date`; nil when it cannot be read.
    package var date: Timestamp?
    /// The header `Stripe-Rate-Limited-Reason`.
    package var rateLimitReason: String?

    package init(status: Int) {
        self.status = status
    }
}

/// What is kept of a failure for operators: bounded words, and a message without addresses, keys and numbers.
package struct ProviderFault: Sendable, Hashable, CustomStringConvertible {
    package let status: Int
    /// `"invalid_request_error"`.
    package let type: String?
    /// `"resource_missing"`.
    package let code: String?
    /// Why a card was declined.
    package let declineCode: String?
    /// The parameter at fault: `"line_items[0][price]"`.
    package let parameter: String?
    package let requestID: String?
    /// Redacted; at most 256 bytes and a mark that something was cut off.
    package let message: String?

    /// A fault that no provider told: nothing was sent, or nothing may be.
    package static func ours(code: String, message: String) -> ProviderFault {
        ProviderFault(
            status: 0,
            type: nil,
            code: code,
            declineCode: nil,
            parameter: nil,
            requestID: nil,
            message: message
        )
    }

    /// One line for logs and lists.
    package var description: String {
        var words = ["status \(status)"]
        words += [code ?? type, declineCode, parameter, message].compactMap(\.self)
        return words.joined(separator: ", ")
    }
}
