package import Telemetry

/// What the gateway takes upon itself before it refuses.
package struct LimitsConfiguration: Sendable, Hashable {
    /// Verified events that may wait for a commit; the next one gets 503.
    package var intakeQueueEvents = 16_384
    /// Bytes of body that may wait for a commit; more get 503.
    package var intakeQueueBytes = 64 << 20
    /// Longest webhook body; a longer one gets 413.
    package var webhookBodyBytes = 2 << 20
    /// Open connections of the public listener.
    package var connections = 10_000
    /// Open connections of one address; not counted on loopback or behind a trusted proxy.
    package var connectionsPerAddress = 256
    /// How long a stopping gateway waits for requests in flight.
    package var drainSeconds = 20

    package init() {}
}

/// How long stored events are kept, counted from the day they were settled. Dead letters stay until a person
/// decides.
package struct RetentionConfiguration: Sendable, Hashable {
    /// The raw signed bytes.
    package var eventBodiesDays = 14
    /// The event ids, by which a late copy is known. Never fewer than `eventBodiesDays`.
    package var eventIDsDays = 45

    package init() {}
}

package struct LogConfiguration: Sendable, Equatable {
    /// The lowest level that is written.
    package var level = LogLevel.info

    package init() {}
}
