/// Which path is whose.
extension SandboxState {
    mutating func route(_ call: SandboxCall, _ context: CallContext) throws(ProviderError) -> SandboxAnswer {
        var rest = call.segments[...]
        guard rest.popFirst() == "v1", var resource = rest.popFirst() else { throw unknown(call) }
        if resource == "checkout", let second = rest.popFirst() { resource += "/" + second }
        switch resource {
        case "customers": return try customers(call, rest, context)
        case "events": return try events(call, rest, context)
        default: throw unknown(call)
        }
    }

    private mutating func customers(
        _ call: SandboxCall,
        _ rest: ArraySlice<String>,
        _ context: CallContext
    ) throws(ProviderError) -> SandboxAnswer {
        switch (call.method, rest.count, rest.first, rest.last) {
        case ("GET", 0, _, _): return try listCustomers(context)
        case ("POST", 0, _, _): return try createCustomer(context)
        case ("GET", 1, let id?, _): return try customer(id, context)
        case ("POST", 1, let id?, _): return try updateCustomer(id, context)
        case ("DELETE", 1, let id?, _): return try deleteCustomer(id, context)
        default: throw unknown(call)
        }
    }

    private func events(
        _ call: SandboxCall,
        _ rest: ArraySlice<String>,
        _ context: CallContext
    ) throws(ProviderError) -> SandboxAnswer {
        switch (call.method, rest.count, rest.first) {
        case ("GET", 0, _): return try listEvents(context)
        case ("GET", 1, let id?): return try event(id, context)
        default: throw unknown(call)
        }
    }

    func unknown(_ call: SandboxCall) -> ProviderError {
        ProviderError(status: 404, "Unrecognized request URL (\(call.method): \(call.path)).")
    }
}
