// Purpose:  turns one POST into one verified event in the inbox, and the inbox's word into one answer.
// Owns:     the path /webhooks/{endpoint} of the public listener.
// May import: BillingModel, Cryptography, HTTPServer, Inbox, JSON, Providers, Telemetry, Threading, Timing,
//           WebhookVerifier.
// Never:    SQL; a decision about an object's state; anything that blocks an event loop.
// Start reading at: WebhookHandler.swift.
