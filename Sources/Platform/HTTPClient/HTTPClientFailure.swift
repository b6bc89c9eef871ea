/// Why there is no complete answer. Holds no header value and no body, neither ours nor theirs.
package struct HTTPClientFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// What the caller does about it.
    package enum Kind: String, Sendable, CaseIterable {
        /// The other end may have received and acted on the request: try again with the same idempotency key.
        case ambiguous
        /// Nothing of the request left this machine: try again.
        case notSent = "not_sent"
        /// Certificates, their authorities, or the address behind the name: trying again soon is useless or
        /// dangerous, so the whole lane pauses.
        case trust
        /// The request or the client's use is wrong: trying again gives the same.
        case usage
        /// The task was cancelled or the client stopped; `mayHaveBeenSent` says whether it is ambiguous.
        case cancelled
        /// The answer passed a limit: the request was received, its answer is given up.
        case tooLarge = "too_large"
    }

    package let kind: Kind
    /// libcurl's number; nil when it was not libcurl that found the fault.
    package let curlCode: Int32?
    /// For logs and metrics: `CURLE_COULDNT_CONNECT`, or our own: `address_refused`, `response_body_too_large`,
    /// `response_head_too_large`, `response_head_truncated`, `bad_request`, `task_cancelled`, `client_stopped`,
    /// `client_not_started`, `client_full`.
    package let name: String
    /// For people; one line.
    package let text: String
    /// True when bytes of the request were handed to a connection, be it one that died before.
    package let mayHaveBeenSent: Bool

    package init(kind: Kind, curlCode: Int32? = nil, name: String, text: String, mayHaveBeenSent: Bool) {
        self.kind = kind
        self.curlCode = curlCode
        self.name = name
        self.text = text
        self.mayHaveBeenSent = mayHaveBeenSent
    }

    package var description: String {
        let code = curlCode.map { " (\($0))" } ?? ""
        return "\(kind.rawValue): \(name)\(code): \(text)"
    }
}
