import HTTPServer
import JSON

/// Reads `listen`.
struct ListenDecoder {
    let report: ConfigurationReport

    func listen(_ section: ConfigurationSection) -> ListenConfiguration {
        var listen = ListenConfiguration()
        let publicAddress = address("public", of: section, fallback: listen.publicAddress)
        let adminAddress = address("admin", of: section, fallback: listen.adminAddress)
        listen.publicAddress = publicAddress
        listen.adminAddress = adminAddress
        checkApart(publicAddress, adminAddress, section)
        if case .tcp(let host, _) = adminAddress, PeerAddress(text: host)?.isLoopback == false {
            report.warning(
                section.path(of: "admin"),
                found: "\(adminAddress), reachable from other machines",
                wanted: "an address on loopback",
                hint: "keys would travel in the clear: put a TLS proxy in front, see the README"
            )
        }
        listen.trustedProxies = trustedProxies(section)
        section.finish()
        return listen
    }

    private func address(
        _ key: String,
        of section: ConfigurationSection,
        fallback: HTTPListenAddress
    ) -> HTTPListenAddress {
        let wanted = "ADDRESS:PORT, as 127.0.0.1:8480 or [::1]:8480"
        guard let text = section.optionalText(key, wanted: wanted) else { return fallback }
        guard let address = Self.address(text) else {
            report.problem(
                section.path(of: key),
                found: ConfigurationReport.shown(text),
                wanted: wanted,
                hint: text.hasPrefix("localhost")
                    ? "names are not looked up; localhost is 127.0.0.1" : "the port lies between 0 and 65535"
            )
            return fallback
        }
        return address
    }

    /// `1.2.3.4:80` or `[2001:db8::1]:80`.
    static func address(_ text: String) -> HTTPListenAddress? {
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else { return nil }
        let portText = text[text.utf8.index(after: colon)...]
        var host = text[..<colon]
        guard (1...5).contains(portText.utf8.count),
            portText.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
            let port = UInt16(portText)
        else { return nil }
        let isBracketed = host.utf8.first == UInt8(ascii: "[") && host.utf8.last == UInt8(ascii: "]")
        if isBracketed { host = host.dropFirst().dropLast() }
        guard host.utf8.contains(UInt8(ascii: ":")) == isBracketed, PeerAddress(text: String(host)) != nil
        else { return nil }
        return .tcp(host: String(host), port: port)
    }

    private func checkApart(
        _ publicAddress: HTTPListenAddress,
        _ adminAddress: HTTPListenAddress,
        _ section: ConfigurationSection
    ) {
        guard case .tcp(let publicHost, let publicPort) = publicAddress,
            case .tcp(let adminHost, let adminPort) = adminAddress,
            publicPort == adminPort, publicPort != 0
        else { return }
        let everywhere = ["0.0.0.0", "::"].compactMap { PeerAddress(text: $0) }
        let hosts = [publicHost, adminHost].compactMap { PeerAddress(text: $0) }
        guard hosts[0] == hosts[1] || everywhere.contains(where: hosts.contains) else { return }
        report.problem(
            section.path(of: "admin"),
            found: "\(adminAddress), which is taken by listen.public",
            wanted: "an address of its own",
            hint: "the API and the metrics are not for the Internet"
        )
    }

    private func trustedProxies(_ section: ConfigurationSection) -> TrustedProxies {
        let wanted = "an address or a network, as 10.0.0.0/8"
        var entries: [String] = []
        for (path, value) in section.list("trusted_proxies", wanted: "a list of addresses") {
            // Only whether it parses counts: the problem below says what was wanted.
            guard let text = value.string, (try? TrustedProxies([text])) != nil else {
                // The error only names the entry, which the problem does too.
                report.problem(path, found: ConfigurationReport.shown(value), wanted: wanted)
                continue
            }
            entries.append(text)
        }
        // Every entry was accepted above.
        return (try? TrustedProxies(entries)) ?? .none
    }
}
