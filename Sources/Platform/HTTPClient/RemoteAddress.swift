import Glibc

/// An IP address that a connection leads to, as the system or libcurl tells it.
struct RemoteAddress {
    let scope: AddressScope
    /// As people write it; `an unknown address` when it is neither IPv4 nor IPv6.
    let text: String

    /// `sockaddr_in` or `sockaddr_in6`; anything else is reserved.
    init(socketAddress: UnsafeRawBufferPointer) {
        guard socketAddress.count >= MemoryLayout<sockaddr_in>.size else {
            self.init(bytes: [])
            return
        }
        let family = Int32(socketAddress.loadUnaligned(as: sa_family_t.self))
        if family == AF_INET {
            let offset = MemoryLayout<sockaddr_in>.offset(of: \.sin_addr) ?? 0
            self.init(bytes: Array(socketAddress[offset..<(offset + 4)]))
        } else if family == AF_INET6, socketAddress.count >= MemoryLayout<sockaddr_in6>.size {
            let offset = MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr) ?? 0
            self.init(bytes: Array(socketAddress[offset..<(offset + 16)]))
        } else {
            self.init(bytes: [])
        }
    }

    init(numeric: UnsafePointer<CChar>) {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, numeric, &bytes) == 1 {
            self.init(bytes: Array(bytes[..<4]))
        } else if inet_pton(AF_INET6, numeric, &bytes) == 1 {
            self.init(bytes: bytes)
        } else {
            self.init(bytes: [])
        }
    }

    private init(bytes: [UInt8]) {
        scope = AddressScope(bytes: bytes)
        guard bytes.count == 4 || bytes.count == 16 else {
            text = "an unknown address"
            return
        }
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        inet_ntop(family, bytes, &buffer, socklen_t(buffer.count))
        text = buffer.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    }
}
