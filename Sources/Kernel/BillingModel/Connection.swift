/// Number of a row of table `connections`; stable for the life of the store.
package struct ConnectionID: RawRepresentable, Sendable, Hashable, Comparable {
    package let rawValue: Int64

    package init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    package static func < (left: ConnectionID, right: ConnectionID) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// Test and live are disjoint data sets; nothing of one is ever seen from the other.
package enum DataMode: String, Sendable, Hashable, CaseIterable {
    case test
    case live

    package var isLive: Bool { self == .live }
}

/// Whose data a reader may see: one site, in one mode.
package struct DataScope: Sendable, Hashable {
    package let site: String
    package let mode: DataMode

    package init(site: String, mode: DataMode) {
        self.site = site
        self.mode = mode
    }
}

/// One provider account as we see it. Provider ids are unique only within one connection.
package struct Connection: Sendable, Hashable {
    package let id: ConnectionID
    /// As configured, unique: `"stripe-test"`.
    package let name: String
    package let scope: DataScope
    /// `"stripe"`.
    package let provider: String
    /// The provider's account id; nil when the connection's key belongs to only one.
    package let account: String?

    package init(id: ConnectionID, name: String, scope: DataScope, provider: String, account: String?) {
        self.id = id
        self.name = name
        self.scope = scope
        self.provider = provider
        self.account = account
    }
}
