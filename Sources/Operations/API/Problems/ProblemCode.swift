/// Every code that an answer of the API can carry, with its status and title. A code once released stays.
package enum ProblemCode: String, Sendable, CaseIterable {
    case malformedJSON = "malformed_json"
    case unknownParameter = "unknown_parameter"
    case invalidParameter = "invalid_parameter"
    case invalidLimit = "invalid_limit"
    case invalidCursor = "invalid_cursor"
    case invalidExpand = "invalid_expand"
    case siteRequired = "site_required"
    case modeRequired = "mode_required"
    case unauthenticated
    case insufficientScope = "insufficient_scope"
    case notFound = "not_found"
    case customerNotFound = "customer_not_found"
    case methodNotAllowed = "method_not_allowed"
    case ambiguousProviderID = "ambiguous_provider_id"
    case eventStateConflict = "event_state_conflict"
    case eventBodyGone = "event_body_gone"
    case bodyTooLarge = "body_too_large"
    case unsupportedMediaType = "unsupported_media_type"
    case validationFailed = "validation_failed"
    case unknownField = "unknown_field"
    case invalidIdempotencyKey = "invalid_idempotency_key"
    case reservedMetadataKey = "reserved_metadata_key"
    case customerArchived = "customer_archived"
    case customerEmailTaken = "customer_email_taken"
    case externalIDTaken = "external_id_taken"
    case externalIDImmutable = "external_id_immutable"
    case idempotencyInProgress = "idempotency_in_progress"
    case checkoutAlreadyCompleted = "checkout_already_completed"
    case operationStateConflict = "operation_state_conflict"
    case reconciliationRunning = "reconciliation_running"
    case reconciliationStateConflict = "reconciliation_state_conflict"
    case reconciliationUnavailable = "reconciliation_unavailable"
    case versionMismatch = "version_mismatch"
    case readOnlyField = "read_only_field"
    case invalidExternalID = "invalid_external_id"
    case invalidEmail = "invalid_email"
    case idempotencyKeyReused = "idempotency_key_reused"
    case providerError = "provider_error"
    case internalError = "internal_error"
    case storeUnavailable = "store_unavailable"

    package var status: Int {
        switch self {
        case .malformedJSON, .unknownParameter, .invalidParameter, .invalidLimit, .invalidCursor,
            .invalidExpand, .siteRequired, .modeRequired, .invalidIdempotencyKey:
            400
        case .unauthenticated: 401
        case .insufficientScope, .reservedMetadataKey: 403
        case .notFound, .customerNotFound: 404
        case .methodNotAllowed: 405
        case .ambiguousProviderID, .eventStateConflict, .customerArchived, .customerEmailTaken,
            .externalIDTaken,
            .externalIDImmutable, .idempotencyInProgress, .checkoutAlreadyCompleted, .operationStateConflict,
            .reconciliationRunning, .reconciliationStateConflict:
            409
        case .eventBodyGone: 410
        case .versionMismatch: 412
        case .bodyTooLarge: 413
        case .unsupportedMediaType: 415
        case .validationFailed, .unknownField, .readOnlyField, .invalidExternalID, .invalidEmail,
            .idempotencyKeyReused:
            422
        case .internalError: 500
        case .providerError: 502
        case .storeUnavailable, .reconciliationUnavailable: 503
        }
    }

    /// Says the same for every occurrence (RFC 9457 §3.1.3).
    package var title: String {
        switch self {
        case .malformedJSON: "The body is not valid JSON"
        case .unknownParameter: "Unknown query parameter"
        case .invalidParameter: "Invalid query parameter"
        case .invalidLimit: "Invalid limit"
        case .invalidCursor: "Invalid cursor"
        case .invalidExpand: "Unknown relation to expand"
        case .siteRequired: "A site must be named"
        case .modeRequired: "A mode must be named"
        case .unauthenticated: "No valid API key"
        case .insufficientScope: "The API key may not do this"
        case .notFound: "Not found"
        case .customerNotFound: "No such customer"
        case .methodNotAllowed: "Method not allowed"
        case .ambiguousProviderID: "Several objects have this provider id"
        case .eventStateConflict: "The event's state does not allow this"
        case .eventBodyGone: "The event's body is gone"
        case .bodyTooLarge: "The body is too large"
        case .unsupportedMediaType: "The body is not application/json"
        case .validationFailed: "Invalid fields"
        case .unknownField: "Unknown field"
        case .invalidIdempotencyKey: "Invalid idempotency key"
        case .reservedMetadataKey: "A metadata key of the gateway"
        case .customerArchived: "The customer was deleted"
        case .customerEmailTaken: "E-mail already in use"
        case .externalIDTaken: "External id already in use"
        case .externalIDImmutable: "An external id does not change"
        case .idempotencyInProgress: "The first request with this key is still under way"
        case .checkoutAlreadyCompleted: "The checkout session has ended"
        case .operationStateConflict: "The operation's state does not allow this"
        case .reconciliationRunning: "Another reconciliation is not over yet"
        case .reconciliationStateConflict: "The reconciliation's state does not allow this"
        case .reconciliationUnavailable: "Nobody carries out reconciliations"
        case .versionMismatch: "The object has changed"
        case .readOnlyField: "A field that is not for writing"
        case .invalidExternalID: "Invalid external id"
        case .invalidEmail: "Invalid e-mail address"
        case .idempotencyKeyReused: "The idempotency key belongs to another request"
        case .providerError: "The provider refused"
        case .internalError: "Internal error"
        case .storeUnavailable: "The store cannot be reached"
        }
    }

    /// RFC 9457 §3.1.1: names the kind of problem; it is not meant to be fetched.
    var type: String { "https://errors.tollgate.invalid/\(rawValue)" }
}
