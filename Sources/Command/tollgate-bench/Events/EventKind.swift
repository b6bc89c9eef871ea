/// What a synthetic event tells; the raw value is the file name of its template.
package enum EventKind: String, Sendable, CaseIterable {
    case subscriptionCreated = "customer.subscription.created"
    case subscriptionUpdated = "customer.subscription.updated"
    case invoicePaid = "invoice.paid"
}
