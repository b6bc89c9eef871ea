/// Which addresses a host's name may lead to, looked at after it was resolved (reliability O11).
package enum AddressPolicy: String, Sendable, CaseIterable {
    /// Global unicast only, and `https` only.
    case publicOnly = "public_only"
    /// Also private networks, shared (carrier) networks and this machine, for a provider of one's own.
    case allowPrivate = "allow_private"
    /// This machine only, for the sandbox.
    case loopbackOnly = "loopback_only"

    /// Whether `http://` may be asked for at all; to public addresses it never goes.
    package var allowsPlainHTTP: Bool {
        switch self {
        case .publicOnly: false
        case .allowPrivate, .loopbackOnly: true
        }
    }

    /// `isPlain`: without TLS. Link-local addresses (169.254.169.254 hands out a cloud machine's secrets) are
    /// allowed by no policy.
    package func allows(_ scope: AddressScope, isPlain: Bool) -> Bool {
        if isPlain && !allowsPlainHTTP { return false }
        return switch (scope, self) {
        case (.global, .publicOnly), (.global, .allowPrivate): !isPlain
        case (.privateNetwork, .allowPrivate), (.sharedNetwork, .allowPrivate), (.loopback, .allowPrivate):
            true
        case (.loopback, .loopbackOnly): true
        case (.global, .loopbackOnly): false
        case (.privateNetwork, _), (.sharedNetwork, _), (.loopback, _): false
        case (.linkLocal, _), (.multicast, _), (.unspecified, _), (.reserved, _): false
        }
    }
}
