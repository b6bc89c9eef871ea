import CLinux
import Glibc

/// One request after another on fresh connections, blocking: for readiness, metrics and single events.
struct HTTPProbe {
    struct Answer {
        let status: Int
        let body: String
    }

    private enum Place {
        case port(UInt16)
        case path(String)
    }

    private let place: Place

    init(port: UInt16) {
        place = .port(port)
    }

    /// A socket in the file system.
    init(path: String) {
        place = .path(path)
    }

    /// Nil when nobody listens or the connection broke.
    func get(_ path: String, headers: [String] = []) -> Answer? {
        request("GET", path, headers: headers, body: nil)
    }

    /// With a JSON body.
    func post(_ path: String, _ body: String, headers: [String] = []) -> Answer? {
        request("POST", path, headers: headers + ["Content-Type: application/json"], body: body)
    }

    private func request(_ method: String, _ path: String, headers: [String], body: String?) -> Answer? {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: localhost", "Connection: close"] + headers
        if let body { lines.append("Content-Length: \(body.utf8.count)") }
        return send(Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? "")).utf8))
    }

    /// `request` whole, with head and body; when it keeps the connection alive, the answer's length ends it.
    func send(_ request: [UInt8]) -> Answer? {
        let connected =
            switch place {
            case .port(let port): LoopbackSocket.connect(port: port)
            case .path(let path): LoopbackSocket.connect(path: path)
            }
        guard let connection = connected else { return nil }
        defer { close(connection) }
        var patience = timeval()
        patience.tv_sec = 5
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        guard Descriptor.writeAll(request, to: connection) else { return nil }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            if case .answer(let answer) = bytes.withUnsafeBytes({ ResponseReader.read($0) }) {
                return Self.answer(bytes, status: answer.status)
            }
            let count = chunk.withUnsafeMutableBytes { recv(connection, $0.baseAddress, $0.count, 0) }
            guard count > 0 else { return nil }
            bytes += chunk[..<count]
        }
    }

    private static func answer(_ bytes: [UInt8], status: Int) -> Answer {
        let blank = Array("\r\n\r\n".utf8)
        var start = 0
        while start + 4 <= bytes.count, !bytes[start..<start + 4].elementsEqual(blank) { start += 1 }
        let body = bytes.dropFirst(start + 4)
        return Answer(status: status, body: String(decoding: body, as: UTF8.self))
    }
}
