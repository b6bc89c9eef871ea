// Purpose:  a built-in billing provider with Stripe's API, for tests, the demo and the bench; wrong on order.
// Owns:     its account in memory, its listener, one timer thread, its deliveries.
// May import: Cryptography, HTTPClient, HTTPServer, JSON, Threading, Timing.
// Never:    the gateway's rooms: it is the other side, and knows of us only what a stranger would.
// Start reading at: SandboxHandler.swift, then Wire/CallHandling.swift, then Objects/Customers.swift.
package import HTTPServer
import Threading
package import Timing

/// One running provider. State is in memory and ends with it.
package final class SandboxProvider: Sendable {
    private let core: SandboxCore
    private let server: HTTPServer

    /// `sender` carries webhooks; without one, or without a target in the configuration, none are sent.
    package init(
        configuration: SandboxConfiguration = SandboxConfiguration(),
        sender: (any WebhookSender)? = nil,
        wallClock: WallClock = .system,
        monotonicClock: MonotonicClock = .system,
        random: RandomSource? = nil
    ) {
        core = SandboxCore(
            configuration: configuration,
            sender: sender,
            wallClock: wallClock,
            monotonicClock: monotonicClock,
            random: random ?? RandomSource(seed: configuration.seed)
        )
        var listener = HTTPServerConfiguration(address: configuration.address)
        listener.name = "sandbox"
        listener.loopCount = configuration.loopCount
        // Held answers must not turn into a 503 of the listener.
        listener.limits.answerDeadline = .seconds(3600)
        listener.limits.writeDeadline = .seconds(600)
        server = HTTPServer(
            configuration: listener,
            handler: SandboxHandler(core),
            monotonicClock: monotonicClock,
            wallClock: core.clock.asWallClock
        )
    }

    deinit {
        stop()
    }

    /// Listens from now on. Call once. Throws when the address cannot be had.
    package func start() throws(HTTPServerError) {
        try server.start()
        core.baseURL = "http://\(server.boundAddress)"
        core.delayed.start()
    }

    package var port: UInt16 { server.boundPort }

    /// `http://127.0.0.1:PORT`
    package var url: String { core.baseURL }

    /// Cuts what is under way. Does nothing the second time.
    package func stop() {
        core.webhooks?.stop()
        server.drain(deadline: .milliseconds(200))
        core.delayed.stop()
    }

    // MARK: What tests ask and order

    /// A moment's copy of what happened.
    package var effects: EffectsLedger { core.state.withLock { $0.effects } }

    package func clearEffects() { core.state.withLock { $0.effects.clear() } }

    package func addFaults(_ rules: [FaultRule]) {
        core.visit { state, now in state.faults.add(rules, now: now) }
    }

    package func clearFaults() { core.state.withLock { $0.faults.clear() } }

    /// A live object of any type; nil for a deleted one.
    package func object(_ id: String) -> WireObject? { core.state.withLock { $0.find(id) } }

    /// Ids of the objects that were made in this process, the oldest first, deleted ones included.
    package func ids(_ kind: ObjectKind) -> [String] { core.state.withLock { $0[kind].ids } }

    /// All events that are kept, the oldest first.
    package var events: [SandboxEvent] { core.state.withLock { $0.events.events } }

    package var webhookStatistics: WebhookStatistics { core.webhooks?.statistics ?? WebhookStatistics() }

    /// An edit in the provider's dashboard: objects merge, anything else is replaced. False without such an object.
    @discardableResult
    package func edit(_ id: String, _ patch: WireObject, telling: ChangeTelling = .webhook) -> Bool {
        core.edit(id, patch, telling: telling) != nil
    }

    /// The buyer pays on the session's page. False when the session is not open.
    @discardableResult
    package func pay(_ session: String, email: String? = nil, name: String? = nil) -> Bool {
        core.purchase(session, Purchase(email: email, name: name))
    }

    /// A deletion in the provider's dashboard.
    @discardableResult
    package func remove(_ id: String, telling: ChangeTelling = .webhook) -> Bool {
        core.remove(id, telling: telling)
    }

    package var now: Timestamp { core.clock.now() }

    package func advanceClock(milliseconds: Int64) {
        core.clock.advance(milliseconds: milliseconds)
        core.passTime()
    }

    package func stopClock() { core.clock.stop() }
    package func runClock() { core.clock.run() }
}
