package import HTTPServer

/// Everything that a gateway is told from outside, checked and with secrets resolved.
///
/// Made by `ConfigurationDecoder` from the operator's file, or by hand in the demo and in tests. The defaults
/// here are the file's defaults.
package struct GatewayConfiguration: Sendable {
    package var database: DatabaseLocation
    package var listen: ListenConfiguration
    /// At least one; names are unique.
    package var connections: [ConnectionConfiguration]
    /// At least one; names are unique, and each names one of `connections`.
    package var endpoints: [EndpointConfiguration]
    package var retention: RetentionConfiguration
    package var limits: LimitsConfiguration
    package var log: LogConfiguration

    package init(
        database: DatabaseLocation = DatabaseLocation(path: "tollgate.db"),
        listen: ListenConfiguration = ListenConfiguration(),
        connections: [ConnectionConfiguration],
        endpoints: [EndpointConfiguration],
        retention: RetentionConfiguration = RetentionConfiguration(),
        limits: LimitsConfiguration = LimitsConfiguration(),
        log: LogConfiguration = LogConfiguration()
    ) {
        self.database = database
        self.listen = listen
        self.connections = connections
        self.endpoints = endpoints
        self.retention = retention
        self.limits = limits
        self.log = log
    }
}

/// `sqlite:PATH`. Beside the file stand `PATH-wal`, `PATH-shm`, `PATH.lock` and the control socket `PATH.sock`.
package struct DatabaseLocation: Sendable, Hashable {
    /// Relative paths count from the working directory.
    package let path: String

    package init(path: String) {
        self.path = path
    }

    /// Where the server answers the CLI on the same machine.
    package var controlSocketPath: String { path + ".sock" }
}

package struct ListenConfiguration: Sendable {
    /// Webhooks and health.
    package var publicAddress = HTTPListenAddress.tcp(host: "127.0.0.1", port: 8480)
    /// API, metrics and health.
    package var adminAddress = HTTPListenAddress.tcp(host: "127.0.0.1", port: 8481)
    /// Whose `X-Forwarded-For` is believed.
    package var trustedProxies = TrustedProxies.none

    package init() {}
}
