// Purpose:  the admin REST API: what operators and applications read, and the acts they may do on stored events.
// Owns:     table api_keys; the words of every answer.
// May import: BillingModel, Cryptography, CustomerStore, Database, HTTPServer, Inbox, JSON, Telemetry, Threading,
//           Timing.
// Never:    SQL outside Keys/APIKeysTable.swift; a provider's field name; a secret or an address in a problem.
// Start reading at: RequestPipeline.swift, then Resources/Resource.swift.
