import CLinux
import Glibc
import Threading

/// A TCP server on loopback that says exactly the bytes its script says, right or wrong.
///
/// Each connection has a thread of its own, on which the script runs; the connection closes when it returns.
final class ScriptedServer: Sendable {
    let port: UInt16
    private let listener: Int32
    private let state = Lock(State())
    private let accepting = Lock<WorkerThread?>(nil)

    private struct State {
        var connections: [ServerConnection] = []
        var threads: [WorkerThread] = []
        var isStopping = false
    }

    init(_ script: @escaping @Sendable (ServerConnection) -> Void) throws {
        (listener, port) = try Self.listen()
        let (listener, state) = (listener, state)
        let thread = WorkerThread.start(name: "scripted") {
            var number = 0
            while true {
                let descriptor = accept4(listener, nil, nil, Int32(SOCK_CLOEXEC.rawValue))
                if descriptor < 0 { return }
                let connection = ServerConnection(descriptor: descriptor, number: number)
                number += 1
                let thread = WorkerThread.start(name: "script") {
                    script(connection)
                    connection.close()
                }
                state.withLock { state in
                    state.connections.append(connection)
                    state.threads.append(thread)
                    if state.isStopping { connection.cut() }
                }
            }
        }
        accepting.withLock { $0 = thread }
    }

    deinit {
        stop()
        close(listener)
    }

    /// Accepts nobody any more: who connects is refused.
    func stopListening() {
        shutdown(listener, Int32(SHUT_RDWR))
    }

    /// Cuts what is open and ends all threads.
    func stop() {
        stopListening()
        accepting.withLock { thread in
            thread?.join()
            thread = nil
        }
        let threads = state.withLock { state in
            state.isStopping = true
            for connection in state.connections { connection.cut() }
            let threads = state.threads
            state.threads = []
            return threads
        }
        for thread in threads { thread.join() }
    }

    var connectionCount: Int { state.withLock { $0.connections.count } }

    func url(_ path: String = "/") -> String { "http://127.0.0.1:\(port)\(path)" }

    /// A port on loopback at which nobody listens.
    static func unusedPort() throws -> UInt16 {
        let (descriptor, port) = try listen()
        close(descriptor)
        return port
    }

    private static func listen() throws -> (descriptor: Int32, port: UInt16) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(listener, pointer, length) == 0 && Glibc.listen(listener, 64) == 0
                    && getsockname(listener, pointer, &length) == 0
            }
        }
        guard isListening else { throw SocketTrouble(number: errno) }
        return (listener, UInt16(bigEndian: address.sin_port))
    }
}

struct SocketTrouble: Error {
    let number: Int32
}

/// The server's end of one connection.
final class ServerConnection: Sendable {
    /// Counts from 0 in order of arrival.
    let number: Int
    private let descriptor: Lock<Int32>
    private let unread = Lock<[UInt8]>([])

    init(descriptor: Int32, number: Int) {
        self.descriptor = Lock(descriptor)
        self.number = number
    }

    /// The next request's head and body as text; nil when the client has closed.
    func readRequest() -> String? {
        let descriptor = descriptor.withLock { $0 }
        var bytes = unread.withLock { bytes in
            let taken = bytes
            bytes = []
            return taken
        }
        while true {
            if let end = Self.endOfRequest(bytes) {
                let rest = Array(bytes[end...])
                unread.withLock { $0 = rest }
                return String(decoding: bytes[..<end], as: UTF8.self)
            }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count <= 0 { return nil }
            bytes += buffer[..<count]
        }
    }

    /// False when the client has gone.
    @discardableResult
    func send(_ text: String) -> Bool {
        let descriptor = descriptor.withLock { $0 }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return false }
            bytes = bytes.dropFirst(count)
        }
        return true
    }

    /// Until the client, or the end of the test, closes.
    func waitForClose() {
        while readRequest() != nil {}
    }

    /// Closes with a reset instead of an end.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        let descriptor = descriptor.withLock { $0 }
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        close()
    }

    func close() {
        descriptor.withLock { descriptor in
            if descriptor >= 0 { Glibc.close(descriptor) }
            descriptor = -1
        }
    }

    /// Wakes the script wherever it waits.
    func cut() {
        descriptor.withLock { descriptor in
            if descriptor >= 0 { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    private static func endOfRequest(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        for index in 0...(bytes.count - 4) where bytes[index..<(index + 4)].elementsEqual("\r\n\r\n".utf8) {
            let head = String(decoding: bytes[..<index], as: UTF8.self).lowercased()
            let length =
                head.split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
                .flatMap { Int($0.dropFirst("content-length:".count).drop { $0 == " " }) } ?? 0
            let end = index + 4 + length
            return end <= bytes.count ? end : nil
        }
        return nil
    }
}

/// Looks until it is so; false after ten seconds.
func eventually(_ condition: @Sendable () -> Bool) async -> Bool {
    for _ in 0..<2_000 {
        if condition() { return true }
        // A cancelled test looks on without sleeping, at most as often.
        try? await Task.sleep(for: .milliseconds(5))
    }
    return false
}
