/// Where webhooks are sent: the parts of `http://HOST:PORT/PATH?QUERY`.
struct ReplayTarget: Sendable, Hashable {
    /// A name, an IPv4 address, or an IPv6 address without its brackets.
    let host: String
    let port: UInt16
    /// Path and query as they go on the request line.
    let requestTarget: String
    /// Without the question mark.
    let query: String
    /// For the `Host` header.
    let authority: String
    let url: String

    init(_ url: String) throws(CommandFailure) {
        func failure(_ message: String) -> CommandFailure {
            CommandFailure(
                "--to \(printable(url)): \(message)",
                hint: "as in --to http://127.0.0.1:8480/webhooks/stripe",
                exitCode: ExitCode.usage
            )
        }
        let scheme = "http://"
        if url.hasPrefix("https://") {
            throw failure(
                "only plain http is spoken; name the gateway itself, behind the proxy that ends TLS"
            )
        }
        guard url.hasPrefix(scheme) else { throw failure("this is no http URL") }
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }) else {
            throw failure("a URL holds printable ASCII and no fragment")
        }
        let rest = url.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.contains("@") else { throw failure("names and passwords are not sent") }
        let tail = rest[authority.endIndex...]
        let target = tail.hasPrefix("/") ? String(tail) : "/" + tail
        let (host, port) = Self.split(authority)
        guard let host, !host.isEmpty else { throw failure("the host is missing") }
        guard let port, port > 0 else { throw failure("the port is a number from 1 to 65535") }
        self.host = host
        self.port = port
        self.authority = String(authority)
        requestTarget = target
        query = target.firstIndex(of: "?").map { String(target[target.index(after: $0)...]) } ?? ""
        self.url = url
    }

    private static func split(_ authority: Substring) -> (host: String?, port: UInt16?) {
        let afterHost: Substring
        let host: Substring
        if authority.hasPrefix("[") {
            guard let bracket = authority.firstIndex(of: "]") else { return (nil, nil) }
            host = authority[authority.index(after: authority.startIndex)..<bracket]
            afterHost = authority[authority.index(after: bracket)...]
        } else {
            host = authority.prefix { $0 != ":" }
            afterHost = authority[host.endIndex...]
        }
        guard !afterHost.isEmpty else { return (String(host), 80) }
        guard afterHost.hasPrefix(":") else { return (nil, nil) }
        return (String(host), UInt16(afterHost.dropFirst()))
    }
}
