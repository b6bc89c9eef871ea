import Foundation
import Glibc

/// A keep-alive connection to a port of loopback that sends any bytes and reads whole answers. For one thread.
final class RawConnection {
    struct Failure: Error {
        let step: String
    }

    struct Answer: Sendable {
        let status: Int
        /// Names in lower case.
        let headers: [String: String]
        let body: String

        /// The members of a JSON body; empty for any other.
        var members: [String: Any] {
            // Whoever asks for a member checks it.
            (try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]) ?? [:]
        }

        /// The code of a problem.
        var code: String? { members["code"] as? String }
    }

    /// Only so that a test of a hanging server ends.
    private static let patienceSeconds = 60

    private let descriptor: Int32
    private var received: [UInt8] = []

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(step: "socket") }
        var patience = timeval(tv_sec: Self.patienceSeconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw Failure(step: "connect") }
    }

    deinit {
        close(descriptor)
    }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(step: "send") }
            sent += count
        }
    }

    /// Sends one request with a length and waits for its answer.
    func request(_ line: String, _ headers: [String] = [], body: String? = nil) throws -> Answer {
        var head = ["\(line) HTTP/1.1", "Host: localhost"] + headers
        if let body {
            if !headers.contains(where: { $0.hasPrefix("Content-Type:") }) {
                head.append("Content-Type: application/json")
            }
            head.append("Content-Length: \(body.utf8.count)")
        }
        try send(Array((head.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? "")).utf8))
        return try answer()
    }

    /// The next answer; throws when the connection ends before it is whole.
    func answer() throws -> Answer {
        let end = Array("\r\n\r\n".utf8)
        while true {
            if let head = received.firstRange(of: end) {
                let lines = String(decoding: received[..<head.lowerBound], as: UTF8.self)
                    .components(separatedBy: "\r\n")
                let parts = lines[0].split(separator: " ")
                guard parts.count >= 2, let status = Int(parts[1]) else { throw Failure(step: "status") }
                var headers: [String: String] = [:]
                for line in lines.dropFirst() {
                    guard let colon = line.firstIndex(of: ":") else { throw Failure(step: "field") }
                    headers[line[..<colon].lowercased()] = String(
                        line[line.index(after: colon)...].drop { $0 == " " }
                    )
                }
                let length = headers["content-length"].flatMap { Int($0) } ?? 0
                let last = head.upperBound + length
                if received.count >= last {
                    let body = String(decoding: received[head.upperBound..<last], as: UTF8.self)
                    received.removeFirst(last)
                    if status == 100 { continue }
                    return Answer(status: status, headers: headers, body: body)
                }
            }
            try receive()
        }
    }

    private func receive() throws {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        guard count > 0 else { throw Failure(step: "receive") }
        received += chunk[..<count]
    }
}
