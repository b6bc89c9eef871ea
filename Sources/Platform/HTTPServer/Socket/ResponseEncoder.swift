/// Puts answers into HTTP/1.1 form.
enum ResponseEncoder {
    static let dateBytes = 29

    static func statusLine(_ status: Int) -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(256)
        line += "HTTP/1.1 ".utf8
        line += "\(status)".utf8
        line.append(UInt8(ascii: " "))
        line += reason(status).utf8
        line += "\r\n".utf8
        return line
    }

    /// Leaves room for the date and says where.
    static func appendDateField(to head: inout [UInt8]) -> Int {
        head += "Date: ".utf8
        let offset = head.count
        head += [UInt8](repeating: UInt8(ascii: " "), count: dateBytes)
        head += "\r\n".utf8
        return offset
    }

    /// The response's own fields and its length. Fields that the server owns, or that would break the head, are
    /// left out.
    static func appendFields(of response: HTTPResponse, to head: inout [UInt8]) {
        for field in response.headers where isSendable(field) {
            head += field.name.utf8
            head += ": ".utf8
            head += field.value.utf8
            head += "\r\n".utf8
        }
        // RFC 9110 §8.6: none on 1xx and 204; §15.4.5: a 304 would have to name the length of the 200.
        guard response.status != 204, response.status != 304, response.status >= 200 else { return }
        head += "Content-Length: ".utf8
        head += "\(response.body.count)".utf8
        head += "\r\n".utf8
    }

    /// The body goes out only where the status has one.
    static func hasBody(status: Int) -> Bool {
        status >= 200 && status != 204 && status != 304
    }

    private static func isSendable(_ field: (name: String, value: String)) -> Bool {
        var name = field.name
        var value = field.value
        return name.withUTF8 { name in
            let name = UnsafeRawBufferPointer(name)
            guard !name.isEmpty, name.allSatisfy({ isTokenByte($0) }) else { return false }
            if bytesEqual(name, lowercase: "content-length")
                || bytesEqual(name, lowercase: "transfer-encoding")
                || bytesEqual(name, lowercase: "connection") || bytesEqual(name, lowercase: "date")
            {
                return false
            }
            return value.withUTF8 { isFieldValue(UnsafeRawBufferPointer($0)) }
        }
    }

    static func reason(_ status: Int) -> String {
        switch status {
        case 100: "Continue"
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 303: "See Other"
        case 304: "Not Modified"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 402: "Payment Required"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 412: "Precondition Failed"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 422: "Unprocessable Content"
        case 428: "Precondition Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: "Status"
        }
    }
}
