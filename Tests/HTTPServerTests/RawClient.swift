import CLinux
import Glibc

/// A blocking socket that sends exactly the bytes it is told.
final class RawClient: Sendable {
    let descriptor: Int32

    /// Not connected yet; the descriptor is taken now.
    init() {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    }

    func connect(port: UInt16) throws {
        var remote = Self.address(0x7F00_0001, port)
        try Self.check("connect", withSocketAddress(&remote) { Glibc.connect(descriptor, $0, $1) })
    }

    /// `source` chooses the local address, for when ports are short.
    init(port: UInt16, source: UInt32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SocketError(step: "socket", number: errno) }
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        if let source {
            var local = Self.address(source, 0)
            // The port is chosen at connect, so that several sources may share one.
            setsockopt(descriptor, Int32(IPPROTO_IP), 24, &on, socklen_t(MemoryLayout<Int32>.size))
            try Self.check("bind", withSocketAddress(&local) { bind(descriptor, $0, $1) })
        }
        var remote = Self.address(0x7F00_0001, port)
        try Self.check("connect", withSocketAddress(&remote) { Glibc.connect(descriptor, $0, $1) })
    }

    init(path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var remote = sockaddr_un()
        remote.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &remote.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        try Self.check("connect", withSocketAddress(&remote) { Glibc.connect(descriptor, $0, $1) })
    }

    deinit {
        close(descriptor)
    }

    /// False when the server has closed.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return false }
            sent += count
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    func sendByteByByte(_ bytes: [UInt8]) {
        for byte in bytes where !send([byte]) { return }
    }

    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Everything until the server closes; `wasReset` when it did so rudely.
    func readToEnd() -> (bytes: [UInt8], wasReset: Bool) {
        var all: [UInt8] = []
        while true {
            switch read() {
            case .bytes(let bytes): all += bytes
            case .end: return (all, false)
            case .failed: return (all, true)
            }
        }
    }

    enum Piece {
        case bytes([UInt8])
        case end
        case failed(Int32)
    }

    func read(_ countMax: Int = 65_536) -> Piece {
        var buffer = [UInt8](repeating: 0, count: countMax)
        let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
        if count > 0 { return .bytes(Array(buffer[..<count])) }
        return count == 0 ? .end : .failed(errno)
    }

    /// Reads `count` responses to anything but HEAD from an open connection.
    func readResponses(_ count: Int) -> [RawResponse] {
        var bytes: [UInt8] = []
        while true {
            let responses = RawResponse.all(in: bytes)
            if responses.count >= count { return responses }
            guard case .bytes(let more) = read() else { return responses }
            bytes += more
        }
    }

    private static func address(_ host: UInt32, _ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = host.bigEndian
        return address
    }

    private static func check(_ step: String, _ result: Int32) throws {
        if result != 0 { throw SocketError(step: step, number: errno) }
    }
}

struct SocketError: Error {
    let step: String
    let number: Int32
}

private func withSocketAddress<Address>(
    _ address: inout Address,
    _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
) -> Int32 {
    withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body($0, socklen_t(MemoryLayout<Address>.size))
        }
    }
}

struct RawResponse {
    let status: Int
    let fields: [String: String]
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    /// Splits a stream into its complete responses; `isHead` when none has a body.
    static func all(in bytes: [UInt8], isHead: Bool = false) -> [RawResponse] {
        var responses: [RawResponse] = []
        var rest = bytes[...]
        while let end = endOfHead(rest) {
            let lines = String(decoding: rest[..<end], as: UTF8.self).split(separator: "\r\n")
            var fields: [String: String] = [:]
            for line in lines.dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1)
                fields[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].dropFirst()) : ""
            }
            let status = Int(lines[0].split(separator: " ")[1]) ?? 0
            let length = isHead ? 0 : Int(fields["content-length"] ?? "0") ?? 0
            guard rest.endIndex - end >= length else { break }
            responses.append(
                RawResponse(status: status, fields: fields, body: Array(rest[end..<end + length]))
            )
            rest = rest[(end + length)...]
        }
        return responses
    }

    private static func endOfHead(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard bytes.count >= 4 else { return nil }
        for index in bytes.startIndex...bytes.endIndex - 4
        where bytes[index] == 13 && bytes[index + 1] == 10 && bytes[index + 2] == 13 && bytes[index + 3] == 10
        {
            return index + 4
        }
        return nil
    }
}
