package import BillingModel

/// A connection whose provider we may call, because the configuration gives a key for it.
package struct WritableConnection: Sendable {
    package let connection: Connection
    /// `provider_customers: on_write`; else the first billing call makes a customer there.
    package let makesCustomersOnWrite: Bool

    package init(_ connection: Connection, makesCustomersOnWrite: Bool) {
        self.connection = connection
        self.makesCustomersOnWrite = makesCustomersOnWrite
    }
}

extension Surroundings {
    func writable(in scope: DataScope) -> [WritableConnection] {
        writable.filter { $0.connection.scope == scope }
    }

    /// The connection that a write goes to: the one that `name` says, else the only one of the scope. Nil when the
    /// scope has none, so that the write stays here.
    func connection(
        named name: String?,
        in scope: DataScope,
        _ errors: FieldErrors
    ) -> WritableConnection? {
        let candidates = writable(in: scope)
        if let name {
            if let named = candidates.first(where: { $0.connection.name == name }) { return named }
            errors.add(
                "/connection",
                "unknown_connection",
                "No connection of this site and mode has this name and an API key."
            )
            return nil
        }
        if candidates.count > 1 {
            let names = candidates.map(\.connection.name).joined(separator: ", ")
            errors.add("/connection", "required", "This site and mode has several: \(names).")
            return nil
        }
        return candidates.first
    }
}
