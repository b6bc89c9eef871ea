// Purpose:  what a provider's JSON means, in the words of BillingModel, and how it is asked; one folder per provider.
// Owns:     nothing: pure functions.
// May import: BillingModel, Cryptography, JSON, Telemetry, Timing.
// Never:    a database, a socket, a clock; throwing because of odd data of the provider's.
// Start reading at: ProviderEvent.swift, then Stripe/StripeDecoder.swift; Calls/ProviderOperation.swift for what we send.
