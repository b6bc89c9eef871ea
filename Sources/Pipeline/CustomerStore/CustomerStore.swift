// Purpose:  what the application wants to know: customers, subscriptions, invoices, money; as typed rows.
// Owns:     tables customers, customer_identities, subscriptions, subscription_items, products, prices, coupons,
//           discounts, invoices, checkout_sessions, payment_methods, charges, refunds, disputes,
//           invoice_payment_references, revenue_entries.
// May import: BillingModel, Database, JSON, Lanes, Outbox, Packing, Providers, Timing.
// Never:    a provider's field names; a comparison of events (the Reconciler decides what is visible).
// Start reading at: StoreUpdate.swift for writing, Reading/StoreReader.swift for reading.
