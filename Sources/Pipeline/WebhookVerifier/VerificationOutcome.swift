package import Timing

/// What became of one request's signature.
package enum VerificationOutcome: Sendable, Equatable {
    /// `signedAt` is the provider's own time of sending where the profile has one.
    /// `secret` counts the endpoint's secrets from zero, so that a rotation can be watched.
    case verified(signedAt: Timestamp?, secret: Int)
    case refused(VerificationFailure)
}

/// Why a request was refused. The raw values are labels of the counter `rejected`; none holds request data.
package enum VerificationFailure: String, Error, Hashable, CaseIterable {
    case missingSignature = "missing_signature"
    /// No signature of the profile's kind in the header or field.
    case malformedSignature = "malformed_signature"
    case duplicateHeader = "duplicate_header"
    case headerTooLarge = "header_too_large"
    case tooManySignatures = "too_many_signatures"
    case missingTimestamp = "missing_timestamp"
    case malformedTimestamp = "malformed_timestamp"
    /// The signature is right, its time is not: a replay, or a wrong clock.
    case timestampOutsideTolerance = "timestamp_outside_tolerance"
    case missingID = "missing_id"
    case emptyBody = "empty_body"
    /// The profile signs fields of the body, and they cannot be read.
    case unreadableBody = "unreadable_body"
    case noMatch = "no_match"

    /// Problem code of the answer (DESIGN section 4).
    package var problemCode: String {
        self == .timestampOutsideTolerance ? "signature_timestamp_out_of_range" : "invalid_signature"
    }
}
