package import BillingModel

/// All configured connections, to send a Connect event to the account that it belongs to.
package struct ConnectionDirectory: Sendable {
    private let byAccount: [AccountKey: Connection]

    private struct AccountKey: Hashable {
        let provider: String
        let account: [UInt8]
        let mode: DataMode
    }

    package init(_ connections: [Connection]) {
        var byAccount: [AccountKey: Connection] = [:]
        for connection in connections {
            guard let account = connection.account else { continue }
            let key = AccountKey(
                provider: connection.provider,
                account: Array(account.utf8),
                mode: connection.scope.mode
            )
            // The configuration refuses a second connection of one account and mode.
            byAccount[key] = connection
        }
        self.byAccount = byAccount
    }

    package enum Route: Sendable {
        case apply(ConnectionID)
        /// Kept under the endpoint's connection, without effect.
        case ignore(reason: String)
    }

    /// Where an event goes that arrived at an endpoint of `connection` (DESIGN section 4).
    package func route(isLive: Bool?, account: String?, arrivedAt connection: Connection) -> Route {
        if let isLive, isLive != connection.scope.mode.isLive { return .ignore(reason: "livemode_mismatch") }
        guard let account else { return .apply(connection.id) }
        if let own = connection.account, Array(own.utf8) == Array(account.utf8) {
            return .apply(connection.id)
        }
        let key = AccountKey(
            provider: connection.provider,
            account: Array(account.utf8),
            mode: connection.scope.mode
        )
        guard let owner = byAccount[key] else { return .ignore(reason: "account_not_configured") }
        return .apply(owner.id)
    }
}
