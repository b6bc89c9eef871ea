package import JSON
package import Timing

/// What became of a question that pages through a provider's lists, or of one about a single object beside them.
/// The one who asked decides whether to ask again: nothing of it stands in a row.
package enum PageAnswer: Sendable {
    /// - Parameter date: the provider's clock, as the answer's `Date` said.
    case page(ProviderPage, date: Timestamp?)
    case object(JSONValue, date: Timestamp?)
    /// The provider knows no such object.
    case missing(ProviderFault)
    /// The cursor was deleted, or left the list: begin again from the last second that was seen.
    case cursorGone(ProviderFault)
    /// No answer that means anything: ask again, not sooner than that.
    case retryLater(milliseconds: Int64, PageTrouble)
    /// The same question is refused again: the key may not ask it, or it is no valid one.
    case refused(ProviderFault)
    /// The process ends, or the connection makes no calls any more.
    case stopping
}

/// Why there was no answer.
package struct PageTrouble: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case rateLimited = "rate_limited"
        case serverError = "server_error"
        /// No connection, a timeout, a reset.
        case noAnswer = "no_answer"
        /// Not an answer of the provider's interface.
        case unreadable
        /// More bytes than an answer may have: the same question gets the same answer, one for fewer objects may not.
        case tooLarge = "too_large"
        /// The provider's certificate or address is not trusted.
        case untrusted
    }

    package let kind: Kind
    /// One word, as the log has it.
    package let code: String
    /// Bounded words of the provider or of the client, without anything of a person.
    package let message: String?

    package init(_ kind: Kind, code: String, message: String? = nil) {
        self.kind = kind
        self.code = code
        self.message = message
    }
}
