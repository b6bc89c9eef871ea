/// What a server has seen since it started, for `/metrics`.
package struct HTTPCounters: Sendable {
    package var openConnections = 0
    package var acceptedConnections: UInt64 = 0
    /// Requests handed to the handler.
    package var requests: UInt64 = 0
    package var answers: UInt64 = 0
    /// Indexed by `HTTPRefusal.rawValue`; see `refused(_:)`.
    package var refusals = [UInt64](repeating: 0, count: HTTPRefusal.allCases.count)
    /// Connections that the peer or a deadline ended while an answer was owed.
    package var abandoned: UInt64 = 0
    package var bytesReceived: UInt64 = 0
    package var bytesSent: UInt64 = 0

    package init() {}

    package func refused(_ refusal: HTTPRefusal) -> UInt64 {
        refusals[Int(refusal.rawValue)]
    }

    mutating func add(_ other: HTTPCounters) {
        openConnections += other.openConnections
        acceptedConnections += other.acceptedConnections
        requests += other.requests
        answers += other.answers
        for index in refusals.indices { refusals[index] += other.refusals[index] }
        abandoned += other.abandoned
        bytesReceived += other.bytesReceived
        bytesSent += other.bytesSent
    }
}
