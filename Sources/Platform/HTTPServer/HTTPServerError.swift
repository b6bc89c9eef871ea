/// Why a server cannot start. `description` is fit for an operator.
package enum HTTPServerError: Error, Sendable, CustomStringConvertible {
    /// `reason` is the system's text for the error, such as "Address already in use".
    case cannotListen(address: String, errorNumber: Int32, reason: String)
    case notAnAddress(String)
    /// A Unix socket path must fit 107 bytes.
    case pathTooLong(String)
    /// A file stands there that is no socket; it is left alone.
    case notASocket(path: String)

    package var description: String {
        switch self {
        case .cannotListen(let address, _, let reason): "cannot listen on \(address): \(reason)"
        case .notAnAddress(let text): "not an IP address: \(text)"
        case .pathTooLong(let path): "socket path longer than 107 bytes: \(path)"
        case .notASocket(let path): "a file that is no socket stands at \(path)"
        }
    }
}
