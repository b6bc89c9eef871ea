import HTTPServer

/// What an address that we call, or that a provider calls, must look like. Parsed by hand: `serve` links no
/// Foundation.
enum URLRule {
    static let wanted = "https://HOST[:PORT][/PATH]; http only for 127.0.0.1 and [::1]"

    /// The URL without a slash at its end; nil after reporting. Nothing of it is shown: it may hold a password.
    static func checked(_ text: String, path: String, report: ConfigurationReport) -> String? {
        if let reason = reasonAgainst(text) {
            report.problem(path, found: reason, wanted: wanted)
            return nil
        }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    /// Whether the host of a checked URL is an address of this machine.
    static func isLoopback(_ url: String) -> Bool {
        let rest = url.dropFirst(url.hasPrefix("http://") ? 7 : 8)
        guard let host = host(of: rest.prefix { $0 != "/" }) else { return false }
        return PeerAddress(text: host)?.isLoopback == true
    }

    private static func reasonAgainst(_ text: String) -> String? {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            return "a URL with forbidden characters"
        }
        let isPlain = text.hasPrefix("http://")
        guard isPlain || text.hasPrefix("https://") else { return "a text that does not begin with https://" }
        let rest = text.dropFirst(isPlain ? 7 : 8)
        guard !rest.contains("?"), !rest.contains("#") else { return "a URL with a query or a fragment" }
        let authority = rest.prefix { $0 != "/" }
        guard !authority.contains("@") else { return "a URL with a user or a password in it" }
        guard let host = host(of: authority) else { return "a URL without a proper host and port" }
        if isPlain, PeerAddress(text: host)?.isLoopback != true { return "a URL without TLS" }
        return nil
    }

    private static func host(of authority: Substring) -> String? {
        var host = authority
        if host.hasPrefix("[") {
            guard let end = host.firstIndex(of: "]") else { return nil }
            let tail = host[host.index(after: end)...]
            guard tail.isEmpty || isPort(tail), PeerAddress(text: String(host[..<end].dropFirst())) != nil
            else { return nil }
            return String(host[..<end].dropFirst())
        }
        if let colon = host.firstIndex(of: ":") {
            guard isPort(host[colon...]) else { return nil }
            host = host[..<colon]
        }
        let isHost = host.utf8.allSatisfy { byte in
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
                || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || byte == UInt8(ascii: ".")
                || byte == UInt8(ascii: "-")
        }
        return isHost && (1...253).contains(host.utf8.count) ? String(host) : nil
    }

    private static func isPort(_ text: Substring) -> Bool {
        guard text.hasPrefix(":"), let port = UInt16(text.dropFirst()) else { return false }
        return port > 0 && text.dropFirst().utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    }
}
