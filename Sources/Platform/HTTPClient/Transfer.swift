import CCurl
import Glibc

/// One easy handle and what its current transfer has gathered. Only touched by the curl thread.
final class Transfer {
    private enum Overflow {
        case head, body
    }

    let easy: UnsafeMutableRawPointer
    private(set) var submission: TransferSubmission?
    /// Why the options of the current request could not be set.
    private(set) var setUpFailure: CurlCode?

    /// On the loop's clock, in nanoseconds: when the time of the current request is up.
    var deadline: UInt64 = 0
    private(set) var totalNanoseconds: UInt64 = 0

    private let errorText: UnsafeMutablePointer<CChar>
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private var head = ResponseHead()
    private var body: [UInt8] = []
    private var headBytesMax = 0
    private var bodyBytesMax = 0
    private var overflow: Overflow?
    private var acknowledgementMilliseconds: UInt32 = 0
    /// An address that the policy forbade, with its scope.
    private var refusedAddress: String?

    /// Nil when memory is out.
    init?() {
        guard let easy = curl_easy_init() else { return nil }
        self.easy = easy
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(headerList)
        errorText.deallocate()
    }

    /// The transfer that an easy handle of ours belongs to.
    static func of(_ easy: UnsafeMutableRawPointer) -> Transfer? {
        var pointer: UnsafeMutableRawPointer?
        tollgate_curl_get_pointer(easy, CURLINFO_PRIVATE, &pointer)
        return pointer.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Sets all options anew; `setUpFailure` tells when libcurl took one of them badly.
    func begin(_ submission: TransferSubmission, configuration: HTTPClientConfiguration) {
        self.submission = submission
        headBytesMax = configuration.responseHeadBytesMax
        bodyBytesMax = configuration.responseBodyBytesMax
        acknowledgementMilliseconds = UInt32(
            clamping: TransferOptions.milliseconds(configuration.acknowledgementTimeout)
        )
        let request = submission.request
        for line in request.headerLines {
            guard let longer = curl_slist_append(headerList, line) else {
                setUpFailure = CurlCode(CURLE_OUT_OF_MEMORY)
                return
            }
            headerList = longer
        }
        let milliseconds = TransferOptions.milliseconds(request.totalTimeout ?? configuration.totalTimeout)
        totalNanoseconds = UInt64(milliseconds) &* 1_000_000
        var options = TransferOptions(easy: easy)
        options.setLimits(request, configuration)
        options.setTrust(request, configuration)
        options.setMessage(request, headers: headerList)
        setCallbacks(&options)
        if options.firstFailure != CURLE_OK { setUpFailure = CurlCode(options.firstFailure) }
    }

    /// Forgets the request, so that the handle can serve the next one; connections are the multi handle's.
    func end() {
        curl_easy_reset(easy)
        curl_slist_free_all(headerList)
        headerList = nil
        submission = nil
        setUpFailure = nil
        errorText.pointee = 0
        head = ResponseHead()
        body = []
        overflow = nil
        refusedAddress = nil
    }

    /// Bytes of the request went to a connection. libcurl counts over all its tries, so one that died counts too.
    var mayHaveBeenSent: Bool { long(CURLINFO_REQUEST_SIZE) > 0 }

    /// Of a transfer that libcurl calls done.
    func outcome(_ code: CurlCode) -> TransferOutcome {
        if let refusedAddress, !code.isSuccess {
            return .failure(.addressRefused(refusedAddress, mayHaveBeenSent: mayHaveBeenSent))
        }
        switch overflow {
        case .head: return .failure(.responseHeadTooLarge(bytesMax: headBytesMax))
        case .body: return .failure(.responseBodyTooLarge(bytesMax: bodyBytesMax))
        case nil: break
        }
        // libcurl takes an end amid the head for an answer without a body.
        if code.isSuccess && !head.isFinalAndComplete { return .failure(.truncatedHead) }
        guard code.isSuccess else {
            if code.isFileSizeExceeded { return .failure(.responseBodyTooLarge(bytesMax: bodyBytesMax)) }
            let text = String(cString: errorText)
            return .failure(.curl(code, text: text, mayHaveBeenSent: mayHaveBeenSent))
        }
        return .success(
            HTTPClientResponse(
                status: long(CURLINFO_RESPONSE_CODE),
                headers: head.headers,
                body: body,
                timings: timings,
                reusedConnection: long(CURLINFO_NUM_CONNECTS) == 0,
                version: version
            )
        )
    }

    private var timings: HTTPClientTimings {
        var timings = HTTPClientTimings()
        timings.nameLookup = nanoseconds(CURLINFO_NAMELOOKUP_TIME_T)
        timings.connect = nanoseconds(CURLINFO_CONNECT_TIME_T)
        timings.tls = nanoseconds(CURLINFO_APPCONNECT_TIME_T)
        timings.firstByte = nanoseconds(CURLINFO_STARTTRANSFER_TIME_T)
        timings.total = nanoseconds(CURLINFO_TOTAL_TIME_T)
        return timings
    }

    private var version: HTTPClientVersion {
        switch long(CURLINFO_HTTP_VERSION) {
        case CURL_HTTP_VERSION_1_1: .http1
        case CURL_HTTP_VERSION_2_0: .http2
        default: .other
        }
    }

    private func long(_ info: CURLINFO) -> Int {
        var value = 0
        tollgate_curl_get_long(easy, info, &value)
        return value
    }

    private func nanoseconds(_ info: CURLINFO) -> UInt64 {
        var microseconds: curl_off_t = 0
        tollgate_curl_get_offset(easy, info, &microseconds)
        return UInt64(max(0, microseconds)) &* 1_000
    }
}

/// What libcurl calls, on the curl thread, from inside `curl_multi_perform`.
extension Transfer {
    private func setCallbacks(_ options: inout TransferOptions) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        options.set(CURLOPT_PRIVATE, context)
        options.set(CURLOPT_ERRORBUFFER, errorText)
        options.set(CURLOPT_WRITEDATA, context)
        options.set(CURLOPT_HEADERDATA, context)
        options.set(CURLOPT_OPENSOCKETDATA, context)
        options.set(CURLOPT_PREREQDATA, context)
        options.set(CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            Transfer.take(bytes, size * count, context) { $0.takeBody($1) }
        }
        options.set(CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            Transfer.take(bytes, size * count, context) { $0.takeHeader($1) }
        }
        options.setOpenSocket { context, _, address in
            guard let context, let address else { return CURL_SOCKET_BAD }
            let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
            return transfer.openSocket(to: address)
        }
        options.setBeforeRequest { context, remoteAddress, _, _, _ in
            guard let context, let remoteAddress else { return CURL_PREREQFUNC_ABORT }
            let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
            return transfer.mayUseConnection(to: remoteAddress) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
        }
    }

    /// Any number but `count` ends the transfer.
    private static func take(
        _ bytes: UnsafeMutablePointer<CChar>?,
        _ count: Int,
        _ context: UnsafeMutableRawPointer?,
        _ body: (Transfer, UnsafeRawBufferPointer) -> Bool
    ) -> Int {
        guard count > 0 else { return 0 }
        guard let bytes, let context else { return 0 }
        let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
        return body(transfer, UnsafeRawBufferPointer(start: bytes, count: count)) ? count : 0
    }

    private func takeHeader(_ line: UnsafeRawBufferPointer) -> Bool {
        guard head.take(line, bytesMax: headBytesMax) else {
            overflow = .head
            return false
        }
        return true
    }

    private func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count <= bodyBytesMax - body.count else {
            overflow = .body
            return false
        }
        body.append(contentsOf: bytes)
        return true
    }

    /// After the name was resolved: the address is the real one, whatever DNS said before.
    private func openSocket(to address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
        // The C structure ends in a sockaddr that is longer than its declaration; so no copy of it.
        let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr) ?? 0
        let socketAddress = UnsafeRawBufferPointer(
            start: UnsafeRawPointer(address) + offset,
            count: Int(address.pointee.addrlen)
        )
        guard allows(RemoteAddress(socketAddress: socketAddress)) else { return CURL_SOCKET_BAD }
        let descriptor = socket(
            address.pointee.family,
            address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue),
            address.pointee.protocol
        )
        guard descriptor >= 0 else { return CURL_SOCKET_BAD }
        // A system without it lets the connection live longer than it should, nothing worse.
        setsockopt(
            descriptor,
            Int32(IPPROTO_TCP),
            TCP_USER_TIMEOUT,
            &acknowledgementMilliseconds,
            socklen_t(MemoryLayout<UInt32>.size)
        )
        return descriptor
    }

    /// Before each request, also on a kept connection, which another request's policy may have allowed.
    private func mayUseConnection(to numericAddress: UnsafePointer<CChar>) -> Bool {
        allows(RemoteAddress(numeric: numericAddress))
    }

    private func allows(_ address: RemoteAddress) -> Bool {
        guard let request = submission?.request else { return false }
        if request.addressPolicy.allows(address.scope, isPlain: request.isPlain) { return true }
        let plainly = request.isPlain ? " over plain HTTP" : ""
        refusedAddress =
            "\(address.text) (\(address.scope.rawValue)) is not allowed\(plainly) by \(request.addressPolicy.rawValue)"
        return false
    }
}
