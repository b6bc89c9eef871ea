import BillingModel
import Mirror
import Reconciler

/// How calls of each connection go, for whoever asks its provider beside the mirror.
extension ProviderMirrors {
    /// Those that have an API key, in the order of the configuration.
    var connections: [Connection] { loops.map(\.connection.connection) }

    func standing(of connection: ConnectionID) -> CatchUpLinks.Standing {
        guard let loop = loops.first(where: { $0.connection.connection.id == connection }) else {
            return CatchUpLinks.Standing(isDown: true, failed: 0)
        }
        let statistics = loop.statistics
        return CatchUpLinks.Standing(
            isDown: statistics.breaker != .closed || statistics.pause != nil,
            failed: statistics.uselessCalls
        )
    }
}
