// Purpose:  the durable queue of what is owed to the provider: order, coalescing, frozen requests, retries.
// Owns:     tables outbox and connection_lanes.
// May import: BillingModel, Database, JSON, Lanes, Providers, Timing.
// Never:    HTTP, or what an answer means.
// Start reading at: OperationState.swift (states), OutboxTable.swift (in), OutboxClaimsTable.swift (out).
