import CLinux
import Glibc

/// Sockets on 127.0.0.1, the only address that a benchmark uses.
enum LoopbackSocket {
    /// A connected blocking socket without Nagle's delay; nil when nobody listens.
    static func connect(port: UInt16) -> Int32? {
        let opened = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard opened >= 0 else { return nil }
        var one: Int32 = 1
        setsockopt(opened, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        // Whatever the machine's default is: one that paces by timers (bbr) costs more here than it could help.
        var reno = Array("reno".utf8)
        setsockopt(opened, Int32(IPPROTO_TCP), TCP_CONGESTION, &reno, socklen_t(reno.count))
        let status = withAddress(port: port) { Glibc.connect(opened, $0, $1) }
        guard status == 0 else {
            close(opened)
            return nil
        }
        return opened
    }

    /// A connected blocking socket to a path in the file system; nil when nobody listens there.
    static func connect(path: String) -> Int32? {
        let opened = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard opened >= 0 else { return nil }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { room in
            guard path.utf8.count < room.count else { return false }
            room.copyBytes(from: path.utf8)
            return true
        }
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(opened, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard fits, status == 0 else {
            close(opened)
            return nil
        }
        return opened
    }

    /// A port that was free a moment ago.
    static func freePort() throws(BenchError) -> UInt16 {
        let opened = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard opened >= 0 else { throw BenchError("cannot open a socket: \(SystemError.text(errno))") }
        defer { close(opened) }
        guard withAddress(port: 0, { bind(opened, $0, $1) }) == 0 else {
            throw BenchError("cannot bind to 127.0.0.1: \(SystemError.text(errno))")
        }
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(opened, $0, &length) }
        }
        guard status == 0 else { throw BenchError("cannot ask for a port: \(SystemError.text(errno))") }
        return UInt16(bigEndian: address.sin_port)
    }

    private static func withAddress<Result>(
        port: UInt16,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
