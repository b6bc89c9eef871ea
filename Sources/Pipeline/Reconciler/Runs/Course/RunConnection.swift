package import BillingModel

/// A connection whose provider runs may ask.
package struct RunConnection: Sendable, Hashable {
    package let connection: Connection
    /// In which the provider's answers are written.
    package let apiVersion: String?
    /// Local customers are made at the provider on their first write (`provider_customers` is `on_write`).
    package let makesCustomers: Bool

    package init(_ connection: Connection, apiVersion: String?, makesCustomers: Bool) {
        self.connection = connection
        self.apiVersion = apiVersion
        self.makesCustomers = makesCustomers
    }
}
