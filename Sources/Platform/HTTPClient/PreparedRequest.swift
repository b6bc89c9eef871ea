/// A request that was checked and turned into what libcurl takes; made on the caller's thread.
struct PreparedRequest: Sendable {
    let method: HTTPClientMethod
    let url: String
    let isPlain: Bool
    let headerLines: [String]
    let body: [UInt8]?
    let addressPolicy: AddressPolicy
    let certificateAuthorityFile: String?
    let totalTimeout: Duration?

    /// Field names that frame the message or steer the connection: the client's own.
    private static let ownNames: Set<String> = [
        "connection", "content-length", "expect", "host", "keep-alive", "proxy-authorization",
        "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    ]

    /// Throws `.usage` with what is wrong, never with the value that is.
    init(_ request: HTTPClientRequest, configuration: HTTPClientConfiguration) throws(HTTPClientFailure) {
        method = request.method
        url = request.url
        isPlain = try Self.checkURL(request, bytesMax: configuration.requestHeadBytesMax)
        headerLines = try Self.lines(request, bytesMax: configuration.requestHeadBytesMax)
        body = request.body
        addressPolicy = request.addressPolicy
        certificateAuthorityFile = request.certificateAuthorityFile
        totalTimeout = request.totalTimeout
        if let body {
            switch method {
            case .get, .head: throw .badRequest("\(method.rawValue) takes no body")
            case .post, .put, .patch, .delete: break
            }
            if body.count > configuration.requestBodyBytesMax {
                throw .badRequest("the body is longer than \(configuration.requestBodyBytesMax) bytes")
            }
        }
        if let file = certificateAuthorityFile, file.isEmpty || file.utf8.contains(0) {
            throw .badRequest("the certificate authority file has no usable path")
        }
    }

    /// Returns whether it is plain HTTP.
    private static func checkURL(
        _ request: HTTPClientRequest,
        bytesMax: Int
    ) throws(HTTPClientFailure) -> Bool {
        let bytes = Array(request.url.utf8)
        if bytes.count > bytesMax { throw .badRequest("the URL is longer than \(bytesMax) bytes") }
        guard bytes.allSatisfy({ (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "\\") }) else {
            throw .badRequest("the URL holds bytes that must be percent-encoded")
        }
        if bytes.contains(UInt8(ascii: "#")) { throw .badRequest("the URL has a fragment") }
        let isPlain = bytes.starts(with: "http://".utf8)
        guard isPlain || bytes.starts(with: "https://".utf8) else {
            throw .badRequest("the URL begins with neither https:// nor http://")
        }
        if isPlain && !request.addressPolicy.allowsPlainHTTP {
            throw .badRequest("http:// is not allowed by \(request.addressPolicy.rawValue)")
        }
        let authority = bytes.dropFirst(isPlain ? 7 : 8).prefix { byte in
            byte != UInt8(ascii: "/") && byte != UInt8(ascii: "?")
        }
        if authority.isEmpty { throw .badRequest("the URL has no host") }
        if authority.contains(UInt8(ascii: "@")) { throw .badRequest("the URL has a user") }
        return isPlain
    }

    private static func lines(
        _ request: HTTPClientRequest,
        bytesMax: Int
    ) throws(HTTPClientFailure) -> [String] {
        // Else libcurl asks leave before it sends a large body, and a round trip is lost.
        var lines = ["Expect:"]
        lines.reserveCapacity(request.headers.count + 2)
        var byteCount = 0
        var hasContentType = false
        for (index, header) in request.headers.enumerated() {
            // By their place: a name that is no name may be a secret that slipped.
            guard !header.name.isEmpty, header.name.utf8.allSatisfy(isTokenByte) else {
                throw .badRequest("the name of header \(index) is no token")
            }
            let name = header.name.lowercased()
            if ownNames.contains(name) { throw .badRequest("the client itself sets \(name)") }
            // RFC 9110 §5.5: no CR, LF, NUL or other control byte but the tab.
            guard header.value.utf8.allSatisfy({ $0 == 9 || ($0 >= 0x20 && $0 != 0x7f) }) else {
                throw .badRequest("the value of header \(name) holds a control byte")
            }
            byteCount += header.name.utf8.count + header.value.utf8.count
            if byteCount > bytesMax { throw .badRequest("the headers are longer than \(bytesMax) bytes") }
            if name == "content-type" { hasContentType = true }
            // libcurl's way to write a header without a value; with a colon it would leave the header out.
            let isBlank = header.value.utf8.allSatisfy { $0 == 32 || $0 == 9 }
            lines.append(isBlank ? "\(header.name);" : "\(header.name): \(header.value)")
        }
        // Else libcurl calls every body a form.
        if !hasContentType { lines.append("Content-Type:") }
        return lines
    }

    /// RFC 9110 §5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
