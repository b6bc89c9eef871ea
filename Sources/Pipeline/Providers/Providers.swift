// Purpose:  what a provider's JSON means, in the words of BillingModel; one folder per provider.
// Owns:     nothing: pure functions.
// May import: BillingModel, JSON, Timing.
// Never:    a database, a socket, a clock; throwing because of odd data.
// Start reading at: ProviderEvent.swift, then Stripe/StripeDecoder.swift.
