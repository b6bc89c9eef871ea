/// Why a request was refused before, or instead of, its handler. Counted by case; the connection closes after it.
package enum HTTPRefusal: UInt8, Sendable, CaseIterable {
    case malformedRequestLine
    case malformedTarget
    case malformedField
    case obsoleteFolding
    case bareLineFeed
    case badHost
    case badContentLength
    case conflictingFraming
    case badTransferEncoding
    case malformedChunk
    case malformedTrailer
    case unknownTransferCoding
    case unsupportedMethod
    case unsupportedVersion
    case requestLineTooLong
    case headTooLarge
    case tooManyFields
    case bodyTooLarge
    case unknownExpectation
    case headTimedOut
    case bodyTimedOut
    case answerTimedOut
    case tooManyConnections
    case tooManyConnectionsOfAddress
    case tooMuchBuffered

    package var status: Int {
        switch self {
        case .malformedRequestLine, .malformedTarget, .malformedField, .obsoleteFolding, .bareLineFeed,
            .badHost,
            .badContentLength, .conflictingFraming, .badTransferEncoding, .malformedChunk, .malformedTrailer:
            400
        case .headTimedOut, .bodyTimedOut: 408
        case .bodyTooLarge: 413
        case .requestLineTooLong: 414
        case .unknownExpectation: 417
        case .headTooLarge, .tooManyFields: 431
        case .unknownTransferCoding, .unsupportedMethod: 501
        case .answerTimedOut, .tooManyConnections, .tooManyConnectionsOfAddress, .tooMuchBuffered: 503
        case .unsupportedVersion: 505
        }
    }

    /// A stable word for problem bodies and metric labels.
    package var code: String {
        switch self {
        case .malformedRequestLine: "malformed_request_line"
        case .malformedTarget: "malformed_target"
        case .malformedField: "malformed_field"
        case .obsoleteFolding: "obsolete_folding"
        case .bareLineFeed: "bare_line_feed"
        case .badHost: "bad_host"
        case .badContentLength: "bad_content_length"
        case .conflictingFraming: "conflicting_framing"
        case .badTransferEncoding: "bad_transfer_encoding"
        case .malformedChunk: "malformed_chunk"
        case .malformedTrailer: "malformed_trailer"
        case .unknownTransferCoding: "unknown_transfer_coding"
        case .unsupportedMethod: "unsupported_method"
        case .unsupportedVersion: "unsupported_version"
        case .requestLineTooLong: "request_line_too_long"
        case .headTooLarge: "head_too_large"
        case .tooManyFields: "too_many_fields"
        case .bodyTooLarge: "body_too_large"
        case .unknownExpectation: "unknown_expectation"
        case .headTimedOut: "head_timed_out"
        case .bodyTimedOut: "body_timed_out"
        case .answerTimedOut: "answer_timed_out"
        case .tooManyConnections: "too_many_connections"
        case .tooManyConnectionsOfAddress: "too_many_connections_of_address"
        case .tooMuchBuffered: "too_much_buffered"
        }
    }
}
