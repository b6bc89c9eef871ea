import CCurl

/// libcurl's set of transfers and connections.
final class MultiHandle: @unchecked Sendable {
    // Sendable because all but `wake` is used by one thread, the curl thread, and `curl_multi_wakeup` may be
    // called from any thread while the handle lives (curl_multi_wakeup(3)), which this reference ensures.
    let pointer: UnsafeMutableRawPointer

    /// Nil when memory or descriptors are out.
    init?(configuration: HTTPClientConfiguration) {
        // Thread-safe since 7.84. Never undone: a resolver thread that was left behind may outlive every client.
        guard curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK, let pointer = curl_multi_init() else {
            return nil
        }
        self.pointer = pointer
        set(CURLMOPT_MAX_HOST_CONNECTIONS, configuration.connectionsPerHostMax)
        set(CURLMOPT_MAXCONNECTS, configuration.connectionsMax)
        set(CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX))
    }

    deinit {
        curl_multi_cleanup(pointer)
    }

    func wake() {
        // It fails only for want of memory inside libcurl; the sleeper then looks a little later.
        _ = curl_multi_wakeup(pointer)
    }

    private func set(_ option: CURLMoption, _ value: Int) {
        let code = tollgate_curl_multi_set_long(pointer, option, value)
        precondition(code == CURLM_OK, "libcurl of Debian 12 and later knows these options")
    }
}
