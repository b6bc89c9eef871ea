import HTTPServer
import Threading
import Timing

/// What the listener, the timer, the webhooks and the Swift face share.
final class SandboxCore: Sendable {
    let configuration: SandboxConfiguration
    let state: Lock<SandboxState>
    let clock: SandboxClock
    let delayed: DelayedWork
    let webhooks: WebhookDispatcher?
    private let base = Lock("")

    init(
        configuration: SandboxConfiguration,
        sender: (any WebhookSender)?,
        wallClock: WallClock,
        monotonicClock: MonotonicClock,
        random: RandomSource
    ) {
        self.configuration = configuration
        clock = SandboxClock(base: wallClock)
        delayed = DelayedWork(clock: monotonicClock)
        state = Lock(SandboxState(configuration: configuration, random: random))
        if let target = configuration.webhook, let sender {
            webhooks = WebhookDispatcher(
                target: target,
                sender: sender,
                clock: clock,
                delayed: delayed,
                random: random,
                delivered: { [state] id in state.withLock { $0.events.delivered(id) } }
            )
        } else {
            webhooks = nil
        }
    }

    /// `http://127.0.0.1:8482`
    var baseURL: String {
        get { base.withLock { $0 } }
        set { base.withLock { $0 = newValue } }
    }

    /// One visit to the state, and deliveries for the events that it made.
    func visit<Result>(_ body: (inout sending SandboxState, Timestamp) -> sending Result) -> Result {
        let base = baseURL
        let (result, hasDue) = state.withLock { state in
            // Read inside the lock: objects are in the order of their times.
            let now = clock.now()
            state.passTime(now: now, baseURL: base)
            let result = body(&state, now)
            let due = state.takeDeliveries(now: now)
            // Inside the lock, so that two visits cannot swap their events; it takes a place in a line, no more.
            if !due.isEmpty { webhooks?.line(up: due) }
            return (result, !due.isEmpty)
        }
        if hasDue { webhooks?.sendNext() }
        return result
    }
}
