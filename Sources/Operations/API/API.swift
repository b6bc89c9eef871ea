// Purpose:  the admin REST API: what applications read and write, and the acts of operators on what is stored.
// Owns:     tables api_keys, audit_log and idempotency_keys; the words of every answer.
// May import: BillingModel, Cryptography, CustomerStore, Database, HTTPServer, Inbox, JSON, Lanes, Outbox, Providers,
//           Reconciler, Telemetry, Threading, Timing.
// Never:    SQL outside *Table.swift; a call to a provider; a provider's field name in an answer; a secret or an
//           address in a problem.
// Start reading at: RequestPipeline.swift, then Resources/Resource.swift and Customers/CustomerWriter.swift.
