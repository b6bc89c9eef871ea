import Glibc
import JSON
import SandboxProvider
import Testing

/// One answer over a socket of its own, as a stranger's client would see it.
struct Answer {
    let status: Int
    /// By lower-case name.
    let headers: [String: String]
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    var json: JSONValue {
        get throws { try JSONDocument.parse(body).root }
    }

    var id: String {
        get throws { try #require(try json["id"]?.string) }
    }

    /// The `error` object's members.
    var error: (type: String?, code: String?, parameter: String?) {
        get throws {
            let error = try #require(try json["error"])
            return (error["type"]?.string, error["code"]?.string, error["param"]?.string)
        }
    }

    /// Of a list: the ids of its rows.
    var ids: [String] {
        get throws { try #require(try json["data"]).elements.compactMap { $0["id"]?.string } }
    }
}

enum Ending: Equatable {
    case closed
    case reset
    /// Nothing came for as long as the client waited.
    case silent
}

/// Sends requests to one sandbox.
struct SandboxClient {
    let port: UInt16
    /// Lives as long as its client.
    var provider: SandboxProvider?
    var key: String? = SandboxConfiguration.keyDefault
    /// Seconds without a byte after which the client gives up.
    var patience = 10

    func get(_ target: String, headers: [String: String] = [:]) throws -> Answer {
        try send("GET", target, headers: headers)
    }

    func post(_ target: String, _ form: String = "", key: String? = nil, headers: [String: String] = [:])
        throws
        -> Answer
    {
        var headers = headers
        headers["Idempotency-Key"] = key
        return try send("POST", target, form, headers: headers)
    }

    func delete(_ target: String) throws -> Answer { try send("DELETE", target) }

    func send(_ method: String, _ target: String, _ body: String = "", headers: [String: String] = [:]) throws
        -> Answer
    {
        let (bytes, ending) = try exchange(method, target, body, headers: headers)
        return try #require(
            Self.parse(bytes),
            "no whole answer: \(ending), \(String(decoding: bytes, as: UTF8.self))"
        )
    }

    /// All bytes until the other side ends.
    func exchange(
        _ method: String,
        _ target: String,
        _ body: String = "",
        headers: [String: String] = [:]
    ) throws -> (bytes: [UInt8], ending: Ending) {
        try begin(method, target, body, headers: headers).readToEnd()
    }

    /// Sends a request and does not wait for its answer.
    func begin(
        _ method: String,
        _ target: String,
        _ body: String = "",
        headers: [String: String] = [:]
    ) throws -> TestSocket {
        var head = "\(method) \(target) HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\n"
        if let key { head += "Authorization: Bearer \(key)\r\n" }
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if method == "POST" {
            if headers["Content-Type"] == nil {
                head += "Content-Type: application/x-www-form-urlencoded\r\n"
            }
            head += "Content-Length: \(body.utf8.count)\r\n"
        }
        let socket = try TestSocket(port: port, patience: patience)
        socket.send(Array((head + "\r\n" + body).utf8))
        return socket
    }

    static func parse(_ bytes: [UInt8]) -> Answer? {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].dropFirst()) : ""
        }
        guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            return nil
        }
        let body = Array(bytes[end.upperBound...])
        guard headers["content-length"].flatMap({ Int($0) }) == body.count else { return nil }
        return Answer(status: status, headers: headers, body: body)
    }
}

final class TestSocket {
    private let descriptor: Int32

    init(port: UInt16, patience: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        try #require(descriptor >= 0)
        var limit = timeval(tv_sec: patience, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(result == 0)
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return }
            sent += count
        }
    }

    func readToEnd() -> (bytes: [UInt8], ending: Ending) {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
            if count > 0 {
                all += buffer[..<count]
            } else if count == 0 {
                return (all, .closed)
            } else if errno != EINTR {
                return (all, errno == ECONNRESET ? .reset : .silent)
            }
        }
    }
}
