package import BillingModel
package import Database

/// The configured provider accounts, with the numbers that every mirrored row carries.
package enum ConnectionsTable {
    private static let find = Statement(
        "connections.find",
        "SELECT id, site, mode, provider, account FROM connections WHERE name = $1"
    )
    private static let insert = Statement(
        "connections.insert",
        """
        INSERT INTO connections (name, site, mode, provider, account)
        VALUES ($1, $2, $3, $4, $5)
        """
    )
    private static let setAccount = Statement(
        "connections.set_account",
        "UPDATE connections SET account = $2 WHERE id = $1"
    )
    private static let all = Statement(
        "connections.all",
        "SELECT id, name, site, mode, provider, account FROM connections ORDER BY id"
    )

    package enum Registration: Sendable {
        case registered(Connection)
        /// The name belongs to other data; the stored site, mode and provider are given.
        case conflict(stored: Connection)
    }

    /// Finds the connection's row or makes it. A known name keeps its site, mode and provider for ever, because
    /// rows in the store have that meaning; the account may be told later.
    package static func register(
        name: String,
        scope: DataScope,
        provider: String,
        account: String?,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Registration {
        func connection(_ id: Int64) -> Connection {
            Connection(
                id: ConnectionID(rawValue: id),
                name: name,
                scope: scope,
                provider: provider,
                account: account
            )
        }
        let stored = try transaction.first(find, [.text(name)]) { row in
            Connection(
                id: ConnectionID(rawValue: row.integer(0)),
                name: name,
                scope: DataScope(site: row.text(1), mode: DataMode(rawValue: row.text(2)) ?? .test),
                provider: row.text(3),
                account: row.optionalText(4)
            )
        }
        if let stored {
            guard stored.scope == scope, stored.provider == provider else { return .conflict(stored: stored) }
            if stored.account != account {
                guard stored.account == nil else { return .conflict(stored: stored) }
                try transaction.execute(setAccount, [.integer(stored.id.rawValue), .optional(account)])
            }
            return .registered(connection(stored.id.rawValue))
        }
        let values: [SQLValue] = [
            .text(name), .text(scope.site), .text(scope.mode.rawValue), .text(provider), .optional(account),
        ]
        return .registered(connection(try transaction.insert(insert, values)))
    }

    /// Every connection that ever was configured.
    package static func all(in transaction: any ReadTransaction) throws(DatabaseError) -> [Connection] {
        try transaction.rows(all) { row in
            Connection(
                id: ConnectionID(rawValue: row.integer(0)),
                name: row.text(1),
                scope: DataScope(site: row.text(2), mode: DataMode(rawValue: row.text(3)) ?? .test),
                provider: row.text(4),
                account: row.optionalText(5)
            )
        }
    }
}
