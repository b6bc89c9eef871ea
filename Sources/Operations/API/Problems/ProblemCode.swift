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
    case internalError = "internal_error"
    case storeUnavailable = "store_unavailable"

    package var status: Int {
        switch self {
        case .malformedJSON, .unknownParameter, .invalidParameter, .invalidLimit, .invalidCursor,
            .invalidExpand, .siteRequired, .modeRequired:
            400
        case .unauthenticated: 401
        case .insufficientScope: 403
        case .notFound, .customerNotFound: 404
        case .methodNotAllowed: 405
        case .ambiguousProviderID, .eventStateConflict: 409
        case .eventBodyGone: 410
        case .bodyTooLarge: 413
        case .unsupportedMediaType: 415
        case .validationFailed, .unknownField: 422
        case .internalError: 500
        case .storeUnavailable: 503
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
        case .internalError: "Internal error"
        case .storeUnavailable: "The store cannot be reached"
        }
    }

    /// RFC 9457 §3.1.1: names the kind of problem; it is not meant to be fetched.
    var type: String { "https://errors.tollgate.invalid/\(rawValue)" }
}
