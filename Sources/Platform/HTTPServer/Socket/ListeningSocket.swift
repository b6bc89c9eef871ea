import CLinux
import Glibc

/// Binds and listens.
enum ListeningSocket {
    /// The descriptor, non-blocking, and the address with the port that was bound.
    static func open(_ address: HTTPListenAddress) throws(HTTPServerError) -> (Int32, HTTPListenAddress) {
        switch address {
        case .tcp(let host, let port): try openTCP(host, port, address)
        case .unix(let path): (try openUnix(path, address), address)
        }
    }

    private static func openTCP(
        _ host: String,
        _ port: UInt16,
        _ address: HTTPListenAddress
    ) throws(HTTPServerError) -> (Int32, HTTPListenAddress) {
        var storage = sockaddr_storage()
        var length = socklen_t(0)
        var family = AF_INET
        var v4 = sockaddr_in()
        var v6 = sockaddr_in6()
        if inet_pton(AF_INET, host, &v4.sin_addr) == 1 {
            v4.sin_family = sa_family_t(AF_INET)
            v4.sin_port = port.bigEndian
            length = socklen_t(MemoryLayout<sockaddr_in>.size)
            memcpy(&storage, &v4, Int(length))
        } else if inet_pton(AF_INET6, host, &v6.sin6_addr) == 1 {
            family = AF_INET6
            v6.sin6_family = sa_family_t(AF_INET6)
            v6.sin6_port = port.bigEndian
            length = socklen_t(MemoryLayout<sockaddr_in6>.size)
            memcpy(&storage, &v6, Int(length))
        } else {
            throw .notAnAddress(host)
        }
        let descriptor = try make(family)
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        // So that a restart may bind while old connections are in TIME_WAIT. Not SO_REUSEPORT: a second server on
        // the same port would then start silently.
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, size)
        // Accepted sockets inherit it.
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, size)
        try bindAndListen(descriptor, &storage, length, address)
        var bound = sockaddr_storage()
        length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        withUnsafeMutablePointer(to: &bound) { pointer in
            _ = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(descriptor, $0, &length)
            }
        }
        let boundPort = withUnsafeBytes(of: bound) { $0.load(fromByteOffset: 2, as: UInt16.self).bigEndian }
        return (descriptor, .tcp(host: host, port: boundPort))
    }

    private static func openUnix(_ path: String, _ address: HTTPListenAddress) throws(HTTPServerError)
        -> Int32
    {
        var name = sockaddr_un()
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: name.sun_path), !bytes.contains(0) else {
            throw .pathTooLong(path)
        }
        name.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: bytes) }
        var storage = sockaddr_storage()
        memcpy(&storage, &name, MemoryLayout<sockaddr_un>.size)
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        try removeStale(path, storage, length, address)
        let descriptor = try make(AF_UNIX)
        // The file must never be open to others, not even between bind and chmod. Linux applies the mode of the
        // socket's own inode to the file (fchmod before bind), without touching the process-wide umask.
        fchmod(descriptor, 0o600)
        try bindAndListen(descriptor, &storage, length, address)
        chmod(path, 0o600)
        return descriptor
    }

    /// A socket file that nobody listens on is left over from a process that was killed.
    private static func removeStale(
        _ path: String,
        _ storage: sockaddr_storage,
        _ length: socklen_t,
        _ address: HTTPListenAddress
    ) throws(HTTPServerError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path: path) }
        let probe = try make(AF_UNIX)
        defer { close(probe) }
        var storage = storage
        let connected = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(probe, $0, length) }
        }
        guard connected < 0, errno == ECONNREFUSED else {
            errno = EADDRINUSE
            throw .listening(address)
        }
        unlink(path)
    }

    private static func make(_ family: Int32) throws(HTTPServerError) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(family, type, 0)
        guard descriptor >= 0 else { throw .system("socket") }
        return descriptor
    }

    private static func bindAndListen(
        _ descriptor: Int32,
        _ storage: inout sockaddr_storage,
        _ length: socklen_t,
        _ address: HTTPListenAddress
    ) throws(HTTPServerError) {
        let bound = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        guard bound == 0, listen(descriptor, 4096) == 0 else {
            let error = HTTPServerError.listening(address)
            close(descriptor)
            throw error
        }
    }

    static func peer(_ storage: sockaddr_storage) -> PeerAddress {
        withUnsafeBytes(of: storage) { bytes in
            switch Int32(storage.ss_family) {
            case AF_INET:
                return .v4(bytes.load(fromByteOffset: 4, as: UInt32.self).bigEndian)
            case AF_INET6:
                return PeerAddress(
                    groups: (0..<8).map { index in
                        bytes.load(fromByteOffset: 8 + 2 * index, as: UInt16.self).bigEndian
                    }
                )
            default:
                return .unix
            }
        }
    }
}
