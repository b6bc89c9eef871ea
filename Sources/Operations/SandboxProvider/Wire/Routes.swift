/// Which path is whose.
extension SandboxState {
    mutating func route(_ call: SandboxCall, _ context: CallContext) throws(ProviderError) -> SandboxAnswer {
        var path = call.segments[...]
        guard path.popFirst() == "v1", var resource = path.popFirst() else { throw unknown(call) }
        if resource == "checkout", let second = path.popFirst() { resource += "/" + second }
        let rest = Array(path)
        guard let answer = try answer(call.method, resource, rest, context) else { throw unknown(call) }
        return answer
    }

    /// Nil for a path or a method that nobody answers.
    private mutating func answer(
        _ method: String,
        _ resource: String,
        _ rest: [String],
        _ context: CallContext
    ) throws(ProviderError) -> SandboxAnswer? {
        switch resource {
        case "customers": try customers(method, rest, context)
        case "products": try products(method, rest, context)
        case "prices": try prices(method, rest, context)
        case "checkout/sessions": try sessions(method, rest, context)
        case "subscriptions": try subscriptions(method, rest, context)
        default: method == "GET" ? try readings(resource, rest, context) : nil
        }
    }

    private mutating func customers(
        _ method: String,
        _ rest: [String],
        _ context: CallContext
    ) throws(ProviderError) -> SandboxAnswer? {
        switch (method, rest.count) {
        case ("GET", 0): return try listCustomers(context)
        case ("POST", 0): return try createCustomer(context)
        case ("GET", 1): return try customer(rest[0], context)
        case ("POST", 1): return try updateCustomer(rest[0], context)
        case ("DELETE", 1): return try deleteCustomer(rest[0], context)
        case ("GET", 2) where rest[1] == "payment_methods":
            let url = "/v1/customers/\(rest[0])/payment_methods"
            return try listPaymentMethods(of: rest[0], url: url, context)
        default: return nil
        }
    }

    private mutating func products(
        _ method: String,
        _ rest: [String],
        _ context: CallContext
    ) throws(ProviderError) -> SandboxAnswer? {
        switch (method, rest.count) {
        case ("GET", 0): return try listProducts(context)
        case ("POST", 0): return try createProduct(context)
        case ("GET", 1): return try read(.product, rest[0], context)
        case ("POST", 1): return try updateProduct(rest[0], context)
        case ("DELETE", 1): return try deleteProduct(rest[0], context)
        default: return nil
        }
    }

    private mutating func prices(
        _ method: String,
        _ rest: [String],
        _ context: CallContext
    ) throws(ProviderError) -> SandboxAnswer? {
        switch (method, rest.count) {
        case ("GET", 0): return try listPrices(context)
        case ("POST", 0): return try createPrice(context)
        case ("GET", 1): return try read(.price, rest[0], context)
        case ("POST", 1): return try updatePrice(rest[0], context)
        default: return nil
        }
    }

    private mutating func sessions(
        _ method: String,
        _ rest: [String],
        _ context: CallContext
    ) throws(ProviderError) -> SandboxAnswer? {
        switch (method, rest.count) {
        case ("GET", 0): return try listSessions(context)
        case ("POST", 0): return try createSession(context)
        case ("GET", 1): return try session(rest[0], context)
        case ("POST", 1): return try updateSession(rest[0], context)
        case ("POST", 2) where rest[1] == "expire": return try expireSession(rest[0], context)
        case ("GET", 2) where rest[1] == "line_items": return try sessionLineItems(rest[0], context)
        default: return nil
        }
    }

    private mutating func subscriptions(
        _ method: String,
        _ rest: [String],
        _ context: CallContext
    ) throws(ProviderError) -> SandboxAnswer? {
        switch (method, rest.count) {
        case ("GET", 0): return try listSubscriptions(context)
        case ("POST", 0): return try createSubscription(context)
        case ("GET", 1): return try subscription(rest[0], context)
        case ("POST", 1): return try updateSubscription(rest[0], context)
        case ("DELETE", 1): return try cancelSubscription(rest[0], context)
        default: return nil
        }
    }

    private func readings(
        _ resource: String,
        _ rest: [String],
        _ context: CallContext
    ) throws(ProviderError) -> SandboxAnswer? {
        let url = "/v1/" + resource
        switch (resource, rest.count) {
        case ("events", 0): return try listEvents(context)
        case ("events", 1): return try event(rest[0], context)
        case ("invoices", 0): return try listInvoices(context)
        case ("invoices", 1): return try read(.invoice, rest[0], context)
        case ("invoices", 2) where rest[1] == "lines": return try listInvoiceLines(rest[0], context)
        case ("subscription_items", 0): return try listSubscriptionItems(context)
        case ("invoice_payments", 0): return try listInvoicePayments(context)
        case ("invoice_payments", 1): return try read(.invoicePayment, rest[0], context)
        case ("payment_methods", 0): return try listPaymentMethods(of: nil, url: url, context)
        case ("payment_methods", 1): return try read(.paymentMethod, rest[0], context)
        case ("payment_intents", 0): return try listPayments(.paymentIntent, url: url, context)
        case ("payment_intents", 1): return try read(.paymentIntent, rest[0], context)
        case ("charges", 0): return try listPayments(.charge, url: url, context)
        case ("charges", 1): return try read(.charge, rest[0], context)
        default: return nil
        }
    }

    private func unknown(_ call: SandboxCall) -> ProviderError {
        ProviderError(status: 404, "Unrecognized request URL (\(call.method): \(call.path)).")
    }
}
