// Purpose:  carries outbox rows to the billing provider, and reads objects back to be sure of them.
// Owns:     pace, circuit breaker and retry budget of each connection, in memory; no table.
// May import: BillingModel, Cryptography, Database, HTTPClient, JSON, Lanes, Outbox, Providers, Telemetry,
//           Threading, Timing.
// Never:    a network call inside a transaction, or before the commit that says it is made; an answer of an
//           earlier execution stored as the present state.
// Start reading at: MirrorLoop.swift (waits), MirrorDriver.swift (one turn), Dispatching/Dispatcher.swift (decides).
