package import BillingModel
package import Timing

/// What a key may do. `write` holds `read`, `admin` holds both.
package enum APIScope: String, Sendable, Hashable, CaseIterable {
    case read
    case write
    case admin

    func allows(_ wanted: APIScope) -> Bool {
        switch self {
        case .admin: true
        case .write: wanted != .admin
        case .read: wanted == .read
        }
    }
}

/// A key as it is stored: everything but the key.
package struct APIKey: Sendable, Hashable {
    package let number: Int64
    /// The first characters, by which a person recognises it: `sk_test_4fGh`.
    package let prefix: String
    package let name: String?
    package let sites: [String]
    package let mode: DataMode
    package let scopes: Set<APIScope>
    package let createdAt: Timestamp
    package let revokedAt: Timestamp?
    package let lastUsedAt: Timestamp?

    package func allows(_ scope: APIScope) -> Bool {
        scopes.contains { $0.allows(scope) }
    }
}

/// What a new key shall be.
package struct APIKeyRequest: Sendable, Hashable {
    package var name: String?
    package var sites: [String]
    package var mode: DataMode
    package var scopes: Set<APIScope>

    package init(name: String? = nil, sites: [String], mode: DataMode, scopes: Set<APIScope>) {
        precondition(!sites.isEmpty && !scopes.isEmpty, "a key belongs to a site and may do something")
        self.name = name
        self.sites = sites
        self.mode = mode
        self.scopes = scopes
    }
}
