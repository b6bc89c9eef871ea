import CLinux
import Glibc

/// Asks a server on this machine, one connection per request: the control socket, or loopback.
struct LocalHTTPClient: Sendable {
    enum Address: Sendable {
        case unix(path: String)
        /// Of 127.0.0.1.
        case loopback(port: UInt16)
    }

    struct Response: Sendable {
        let status: Int
        let body: [UInt8]
    }

    enum Failure: Error, Sendable {
        /// Nobody listens there.
        case nobody
        case broken(String)
    }

    private static let answerBytesMax = 64 << 20

    let address: Address
    /// For each step of sending and receiving.
    var timeoutSeconds = 30

    init(_ address: Address) {
        self.address = address
    }

    func request(
        _ method: String,
        _ target: String,
        headers: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) throws(Failure) -> Response {
        let descriptor = try connect()
        defer { close(descriptor) }
        var head = "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        if !body.isEmpty || method == "POST" { head += "Content-Length: \(body.count)\r\n" }
        for header in headers { head += "\(header.name): \(header.value)\r\n" }
        head += "\r\n"
        try send(Array(head.utf8) + body, to: descriptor)
        return try parse(try receive(from: descriptor))
    }

    private func connect() throws(Failure) -> Int32 {
        let family: Int32
        switch address {
        case .unix: family = AF_UNIX
        case .loopback: family = AF_INET
        }
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .broken(Self.reason()) }
        var time = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, size)
        guard connect(descriptor) == 0 else {
            let code = errno
            close(descriptor)
            if code == ENOENT || code == ECONNREFUSED { throw .nobody }
            throw .broken(String(cString: strerror(code)))
        }
        return descriptor
    }

    /// As connect(2); a path that is too long counts as ENAMETOOLONG.
    private func connect(_ descriptor: Int32) -> Int32 {
        switch address {
        case .unix(let path):
            var name = sockaddr_un()
            name.sun_family = sa_family_t(AF_UNIX)
            let bytes = Array(path.utf8)
            guard bytes.count < MemoryLayout.size(ofValue: name.sun_path) else {
                errno = ENAMETOOLONG
                return -1
            }
            withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: bytes) }
            return withUnsafePointer(to: &name) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        case .loopback(let port):
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = port.bigEndian
            name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            return withUnsafePointer(to: &name) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
    }

    private func send(_ bytes: [UInt8], to descriptor: Int32) throws(Failure) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.send(
                    descriptor,
                    buffer.baseAddress.map { $0 + sent },
                    buffer.count - sent,
                    Int32(MSG_NOSIGNAL)
                )
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .broken(Self.reason()) }
            sent += count
        }
    }

    /// Everything until the server closes, as it was asked to.
    private func receive(from descriptor: Int32) throws(Failure) -> [UInt8] {
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = chunk.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw .broken(errno == EAGAIN ? "no answer within \(timeoutSeconds) s" : Self.reason())
            }
            if count == 0 { return answer }
            answer += chunk[..<count]
            guard answer.count <= Self.answerBytesMax else { throw .broken("the answer does not end") }
        }
    }

    private func parse(_ answer: [UInt8]) throws(Failure) -> Response {
        // Every answer of ours has a length; chunks and interim answers are for other clients.
        guard let end = Self.headEnd(answer) else { throw .broken("the server hung up without an answer") }
        let lines = String(decoding: answer[..<end], as: UTF8.self).split(separator: "\r\n")
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
            throw .broken("what answers there does not speak HTTP/1.1")
        }
        let length = lines.compactMap { line -> Int? in
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "content-length" else { return nil }
            return Int(String(parts[1].drop { $0 == " " }))
        }.first
        let body = answer[(end + 4)...]
        guard let length, body.count >= length else { throw .broken("the answer was cut off") }
        return Response(status: status, body: Array(body.prefix(length)))
    }

    private static func headEnd(_ bytes: [UInt8]) -> Int? {
        let mark = Array("\r\n\r\n".utf8)
        guard bytes.count >= mark.count else { return nil }
        return (0...bytes.count - mark.count).first { bytes[$0..<$0 + mark.count].elementsEqual(mark) }
    }

    private static func reason() -> String {
        String(cString: strerror(errno))
    }
}
