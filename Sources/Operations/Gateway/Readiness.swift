import Threading

/// Whether the gateway takes webhooks, for the listener and for `/readyz`.
package final class Readiness: Sendable {
    package enum State: String, Sendable {
        case starting
        case ready
        case draining
    }

    private let state = Lock(State.starting)

    package init() {}

    package func set(_ newState: State) {
        state.withLock { $0 = newState }
    }

    package var current: State {
        state.withLock { $0 }
    }
}
