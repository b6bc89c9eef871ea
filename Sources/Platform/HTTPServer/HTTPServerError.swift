import Glibc

/// Why a server cannot start. `description` is fit for an operator.
package enum HTTPServerError: Error, Sendable, CustomStringConvertible {
    /// `reason` is the system's text for the error, such as "Address already in use".
    case cannotListen(address: String, errorNumber: Int32, reason: String)
    case notAnAddress(String)
    /// A Unix socket path must fit 107 bytes.
    case pathTooLong(String)
    /// A file stands there that is no socket; it is left alone.
    case notASocket(path: String)
    /// A system call failed for want of descriptors or memory.
    case systemCall(name: String, errorNumber: Int32, reason: String)

    package var description: String {
        switch self {
        case .cannotListen(let address, _, let reason): "cannot listen on \(address): \(reason)"
        case .notAnAddress(let text): "not an IP address: \(text)"
        case .pathTooLong(let path): "socket path longer than 107 bytes: \(path)"
        case .notASocket(let path): "a file that is no socket stands at \(path)"
        case .systemCall(let name, _, let reason): "\(name): \(reason)"
        }
    }

    /// From `errno`; call right after the failure.
    static func system(_ name: String) -> HTTPServerError {
        let number = errno
        return .systemCall(name: name, errorNumber: number, reason: String(cString: strerror(number)))
    }

    /// From `errno`; call right after the failure.
    static func listening(_ address: HTTPListenAddress) -> HTTPServerError {
        let number = errno
        return .cannotListen(
            address: address.description,
            errorNumber: number,
            reason: String(cString: strerror(number))
        )
    }
}
