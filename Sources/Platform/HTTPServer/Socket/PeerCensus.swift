import Threading

/// Counts open connections, in all and by address; decides who may stay.
package final class PeerCensus: Sendable {
    private struct Counts {
        var open = 0
        var byAddress: [PeerAddress: Int] = [:]
    }

    private let connectionsMax: Int
    /// Nil behind proxies, whose address all clients share.
    private let perAddressMax: Int?
    private let counts = Lock(Counts())

    package init(connectionsMax: Int, perAddressMax: Int?) {
        self.connectionsMax = connectionsMax
        self.perAddressMax = perAddressMax
    }

    /// Nil: admitted, and `leave` is owed.
    package func enter(_ peer: PeerAddress) -> HTTPRefusal? {
        let perAddressMax = isLimited(peer) ? perAddressMax : nil
        return counts.withLock { counts in
            guard counts.open < connectionsMax else { return .tooManyConnections }
            if let perAddressMax {
                let count = counts.byAddress[peer, default: 0]
                guard count < perAddressMax else { return .tooManyConnectionsOfAddress }
                counts.byAddress[peer] = count + 1
            }
            counts.open += 1
            return nil
        }
    }

    package func leave(_ peer: PeerAddress) {
        let isCounted = isLimited(peer)
        counts.withLock { counts in
            counts.open -= 1
            guard isCounted, let count = counts.byAddress[peer] else { return }
            counts.byAddress[peer] = count > 1 ? count - 1 : nil
        }
    }

    package var openCount: Int {
        counts.withLock { $0.open }
    }

    private func isLimited(_ peer: PeerAddress) -> Bool {
        perAddressMax != nil && !peer.isLoopback
    }
}
