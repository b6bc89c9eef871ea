import Glibc

package enum HTTPListenAddress: Sendable, CustomStringConvertible {
    /// `host` is a numeric IPv4 or IPv6 address. Port 0 lets the system choose: see `HTTPServer.boundPort`.
    case tcp(host: String, port: UInt16)
    /// Mode 0600: whoever may open the file is let in.
    case unix(path: String)

    package var description: String {
        switch self {
        case .tcp(let host, let port):
            host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): path
        }
    }
}

package struct HTTPServerConfiguration: Sendable {
    package var address: HTTPListenAddress
    package var limits = HTTPLimits()
    /// Event-loop threads.
    package var loopCount = HTTPServerConfiguration.loopCountDefault
    package var trustedProxies = TrustedProxies.none
    /// First part of the threads' names; at most 12 bytes are seen.
    package var name = "http"

    package init(address: HTTPListenAddress) {
        self.address = address
    }

    /// One per core, at most four.
    package static var loopCountDefault: Int {
        min(max(Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), 1), 4)
    }
}
