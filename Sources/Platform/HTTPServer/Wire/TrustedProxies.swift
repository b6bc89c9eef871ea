/// The reverse proxies whose `X-Forwarded-For` is believed.
package struct TrustedProxies: Sendable {
    private struct Network: Sendable {
        let address: PeerAddress
        let prefixBits: Int
    }

    private let networks: [Network]

    package static let none = TrustedProxies(networks: [])

    private init(networks: [Network]) {
        self.networks = networks
    }

    /// Entries are addresses or networks (`10.0.0.0/8`, `fd00::/8`). Throws the first that is neither.
    package init(_ entries: [String]) throws(HTTPServerError) {
        var networks: [Network] = []
        for entry in entries {
            let parts = entry.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            guard parts.count <= 2, let address = PeerAddress(text: String(parts[0]) ?? "") else {
                throw .notAnAddress(entry)
            }
            let bitsMax = if case .v4 = address { 32 } else { 128 }
            var bits = bitsMax
            if parts.count == 2 {
                guard let number = Int(String(parts[1]) ?? ""), (0...bitsMax).contains(number) else {
                    throw .notAnAddress(entry)
                }
                bits = number
            }
            networks.append(Network(address: address, prefixBits: bits))
        }
        self.networks = networks
    }

    package var isEmpty: Bool { networks.isEmpty }

    package func contains(_ peer: PeerAddress) -> Bool {
        networks.contains { network in
            switch (network.address, peer) {
            case (.v4(let left), .v4(let right)):
                network.prefixBits == 0 || (left ^ right) >> UInt32(32 - network.prefixBits) == 0
            case (.v6(let leftHigh, let leftLow), .v6(let rightHigh, let rightLow)):
                Self.sharesPrefix(leftHigh ^ rightHigh, leftLow ^ rightLow, bits: network.prefixBits)
            case (.unix, _), (.v4, _), (.v6, _):
                false
            }
        }
    }

    /// Walks the list from the right, over our proxies, to the first address that is none. An entry that is no
    /// address ends the walk: what stands left of it was written by somebody we do not know.
    package func client(behind peer: PeerAddress, forwardedFor values: [String]) -> PeerAddress {
        var nearest = peer
        for value in values.reversed() {
            for entry in value.split(separator: ",", omittingEmptySubsequences: false).reversed() {
                let trimmed = entry.drop { $0 == " " || $0 == "\t" }
                let end = trimmed.lastIndex { $0 != " " && $0 != "\t" }
                guard let end, let address = PeerAddress(text: String(trimmed[...end])) else {
                    return nearest
                }
                nearest = address
                if !contains(address) { return nearest }
            }
        }
        return nearest
    }

    private static func sharesPrefix(_ high: UInt64, _ low: UInt64, bits: Int) -> Bool {
        if bits == 0 { return true }
        if bits <= 64 { return high >> UInt64(64 - bits) == 0 }
        return high == 0 && low >> UInt64(128 - bits) == 0
    }
}
