// Purpose:  the durable queue of verified webhook events: dedupe, group commit, states, retries, dead letters.
// Owns:     tables inbox and inbox_bodies; catch_up_positions, which says how far the provider's own list was read.
// May import: BillingModel, Database, Packing, Telemetry, Threading, Timing.
// Never:    JSON, HTTP, or what an event means.
// Start reading at: InboxIntake.swift (in), DueEventsTable.swift (out), InboxState.swift (states).
