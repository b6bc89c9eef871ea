import CCurl

/// A result of libcurl, and what it means for a request that has an idempotency key (provider_api 1.4).
struct CurlCode: Hashable {
    let number: Int32

    init(_ code: CURLcode) {
        number = Int32(bitPattern: code.rawValue)
    }

    init(number: Int32) {
        self.number = number
    }

    var isSuccess: Bool { number == 0 }
    /// The announced length passes the limit.
    var isFileSizeExceeded: Bool { number == 63 }

    /// As curl.h writes it; codes of other protocols and of later versions by number.
    var name: String { Self.table[number]?.name ?? "CURLE_\(number)" }

    /// libcurl's own words for it.
    var text: String { String(cString: curl_easy_strerror(CURLcode(rawValue: UInt32(bitPattern: number)))) }

    /// What to do about a transfer that ended so.
    ///
    /// The table speaks of the last try. A kept connection that died may have carried the request already, so
    /// nothing is `.notSent` once bytes were sent; and a timeout before the first byte is.
    func kind(mayHaveBeenSent: Bool) -> HTTPClientFailure.Kind {
        switch Self.table[number]?.kind ?? .ambiguous {
        case .ambiguous, .notSent: mayHaveBeenSent ? .ambiguous : .notSent
        // 1 is also libcurl's answer to a server that does not speak HTTP.
        case .usage: number == 1 && mayHaveBeenSent ? .ambiguous : .usage
        case .trust: .trust
        case .cancelled: .cancelled
        case .tooLarge: .tooLarge
        }
    }

    /// What can come of http and https. A code that is not listed counts as ambiguous: the same key is safe.
    static let table: [Int32: (name: String, kind: HTTPClientFailure.Kind)] = [
        1: ("CURLE_UNSUPPORTED_PROTOCOL", .usage),
        2: ("CURLE_FAILED_INIT", .usage),
        3: ("CURLE_URL_MALFORMAT", .usage),
        4: ("CURLE_NOT_BUILT_IN", .usage),
        5: ("CURLE_COULDNT_RESOLVE_PROXY", .notSent),
        6: ("CURLE_COULDNT_RESOLVE_HOST", .notSent),
        7: ("CURLE_COULDNT_CONNECT", .notSent),
        8: ("CURLE_WEIRD_SERVER_REPLY", .ambiguous),
        16: ("CURLE_HTTP2", .ambiguous),
        18: ("CURLE_PARTIAL_FILE", .ambiguous),
        22: ("CURLE_HTTP_RETURNED_ERROR", .ambiguous),
        23: ("CURLE_WRITE_ERROR", .ambiguous),
        26: ("CURLE_READ_ERROR", .ambiguous),
        27: ("CURLE_OUT_OF_MEMORY", .usage),
        28: ("CURLE_OPERATION_TIMEDOUT", .ambiguous),
        35: ("CURLE_SSL_CONNECT_ERROR", .ambiguous),
        41: ("CURLE_FUNCTION_NOT_FOUND", .usage),
        42: ("CURLE_ABORTED_BY_CALLBACK", .ambiguous),
        43: ("CURLE_BAD_FUNCTION_ARGUMENT", .usage),
        45: ("CURLE_INTERFACE_FAILED", .usage),
        47: ("CURLE_TOO_MANY_REDIRECTS", .ambiguous),
        48: ("CURLE_UNKNOWN_OPTION", .usage),
        49: ("CURLE_SETOPT_OPTION_SYNTAX", .usage),
        51: ("CURLE_OBSOLETE51", .trust),
        52: ("CURLE_GOT_NOTHING", .ambiguous),
        53: ("CURLE_SSL_ENGINE_NOTFOUND", .trust),
        54: ("CURLE_SSL_ENGINE_SETFAILED", .trust),
        55: ("CURLE_SEND_ERROR", .ambiguous),
        56: ("CURLE_RECV_ERROR", .ambiguous),
        58: ("CURLE_SSL_CERTPROBLEM", .trust),
        59: ("CURLE_SSL_CIPHER", .trust),
        60: ("CURLE_PEER_FAILED_VERIFICATION", .trust),
        61: ("CURLE_BAD_CONTENT_ENCODING", .ambiguous),
        63: ("CURLE_FILESIZE_EXCEEDED", .tooLarge),
        65: ("CURLE_SEND_FAIL_REWIND", .ambiguous),
        66: ("CURLE_SSL_ENGINE_INITFAILED", .trust),
        77: ("CURLE_SSL_CACERT_BADFILE", .trust),
        80: ("CURLE_SSL_SHUTDOWN_FAILED", .ambiguous),
        81: ("CURLE_AGAIN", .ambiguous),
        82: ("CURLE_SSL_CRL_BADFILE", .trust),
        83: ("CURLE_SSL_ISSUER_ERROR", .trust),
        88: ("CURLE_CHUNK_FAILED", .ambiguous),
        89: ("CURLE_NO_CONNECTION_AVAILABLE", .notSent),
        90: ("CURLE_SSL_PINNEDPUBKEYNOTMATCH", .trust),
        91: ("CURLE_SSL_INVALIDCERTSTATUS", .trust),
        92: ("CURLE_HTTP2_STREAM", .ambiguous),
        93: ("CURLE_RECURSIVE_API_CALL", .usage),
        94: ("CURLE_AUTH_ERROR", .usage),
        95: ("CURLE_HTTP3", .ambiguous),
        96: ("CURLE_QUIC_CONNECT_ERROR", .ambiguous),
        97: ("CURLE_PROXY", .notSent),
        98: ("CURLE_SSL_CLIENTCERT", .trust),
        99: ("CURLE_UNRECOVERABLE_POLL", .ambiguous),
    ]
}
