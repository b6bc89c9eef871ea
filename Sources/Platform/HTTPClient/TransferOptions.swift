import CCurl

/// Sets options on one easy handle and remembers the first that libcurl refused.
struct TransferOptions {
    private let easy: UnsafeMutableRawPointer
    private(set) var firstFailure = CURLE_OK

    init(easy: UnsafeMutableRawPointer) {
        self.easy = easy
    }

    /// Times and sizes (reliability O10).
    mutating func setLimits(_ request: PreparedRequest, _ configuration: HTTPClientConfiguration) {
        set(CURLOPT_CONNECTTIMEOUT_MS, Self.milliseconds(configuration.connectTimeout))
        set(CURLOPT_TIMEOUT_MS, Self.milliseconds(request.totalTimeout ?? configuration.totalTimeout))
        set(CURLOPT_LOW_SPEED_LIMIT, configuration.lowSpeedBytesPerSecond)
        set(CURLOPT_LOW_SPEED_TIME, Int(configuration.lowSpeedTime.components.seconds))
        set(CURLOPT_MAXLIFETIME_CONN, Int(configuration.connectionLifetime.components.seconds))
        // An announced length beyond it ends the transfer before the first byte of the body.
        set(CURLOPT_MAXFILESIZE_LARGE, offset: Int64(configuration.responseBodyBytesMax))
        // Timeouts without signals; and no waiting for a resolver that does not answer, which would stop all
        // other transfers: its thread ends by itself.
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_QUICK_EXIT, 1)
    }

    /// Whom to believe and where to go (reliability O11).
    mutating func setTrust(_ request: PreparedRequest, _ configuration: HTTPClientConfiguration) {
        set(CURLOPT_SSL_VERIFYPEER, 1)
        set(CURLOPT_SSL_VERIFYHOST, 2)
        set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        // Without a folder of certificates libcurl keeps the parsed file; else every connection reads it anew.
        set(CURLOPT_CAPATH, nil as String?)
        if let file = request.certificateAuthorityFile { set(CURLOPT_CAINFO, file) }
        set(CURLOPT_CA_CACHE_TIMEOUT, Int(configuration.authorityFileLifetime.components.seconds))
        set(CURLOPT_PROTOCOLS_STR, request.isPlain ? "http" : "https")
        set(CURLOPT_FOLLOWLOCATION, 0)
        // Empty: also what http_proxy and its kin say is ignored.
        set(CURLOPT_PROXY, "")
        set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
        set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
    }

    mutating func setMessage(_ request: PreparedRequest, headers: UnsafeMutablePointer<curl_slist>?) {
        set(CURLOPT_URL, request.url)
        set(CURLOPT_PATH_AS_IS, 1)
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        // A burst waits for the first connection's word on HTTP/2 instead of opening one each.
        set(CURLOPT_PIPEWAIT, request.isPlain ? 0 : 1)
        set(CURLOPT_HTTPHEADER, list: headers)
        switch request.method {
        case .get: set(CURLOPT_HTTPGET, 1)
        case .head: set(CURLOPT_NOBODY, 1)
        case .post: setBody(request.body ?? [])
        case .put, .patch, .delete:
            if let body = request.body { setBody(body) }
            set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        }
    }

    private mutating func setBody(_ body: [UInt8]) {
        set(CURLOPT_POST, 1)
        set(CURLOPT_POSTFIELDSIZE_LARGE, offset: Int64(body.count))
        if body.isEmpty {
            // No pointer at all would make libcurl ask for the body, on standard input.
            set(CURLOPT_COPYPOSTFIELDS, "")
        } else {
            body.withUnsafeBytes {
                set(CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: $0.baseAddress))
            }
        }
    }

    mutating func set(_ option: CURLoption, _ value: Int) {
        note(tollgate_curl_set_long(easy, option, value))
    }

    mutating func set(_ option: CURLoption, offset value: Int64) {
        note(tollgate_curl_set_offset(easy, option, curl_off_t(value)))
    }

    mutating func set(_ option: CURLoption, _ value: String?) {
        note(tollgate_curl_set_string(easy, option, value))
    }

    mutating func set(_ option: CURLoption, _ value: UnsafeMutableRawPointer?) {
        note(tollgate_curl_set_pointer(easy, option, value))
    }

    mutating func set(_ option: CURLoption, list value: UnsafeMutablePointer<curl_slist>?) {
        note(tollgate_curl_set_list(easy, option, value))
    }

    mutating func set(_ option: CURLoption, _ callback: tollgate_curl_bytes_callback) {
        note(tollgate_curl_set_bytes_callback(easy, option, callback))
    }

    mutating func setOpenSocket(_ callback: curl_opensocket_callback) {
        note(tollgate_curl_set_open_socket(easy, callback))
    }

    mutating func setBeforeRequest(_ callback: curl_prereq_callback) {
        note(tollgate_curl_set_before_request(easy, callback))
    }

    private mutating func note(_ code: CURLcode) {
        if firstFailure == CURLE_OK { firstFailure = code }
    }

    /// At least one: zero means "no limit" to libcurl.
    static func milliseconds(_ duration: Duration) -> Int {
        let (seconds, attoseconds) = duration.components
        return max(1, Int(seconds) * 1_000 + Int(attoseconds / 1_000_000_000_000_000))
    }
}
