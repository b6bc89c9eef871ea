import JSON
import Timing

/// `/v1/customers`
extension SandboxState {
    mutating func createCustomer(_ context: CallContext) throws(ProviderError) -> SandboxAnswer {
        var customer = CustomerShape.fresh(
            id: identifiers.id(.customer, now: context.now),
            created: context.now.seconds,
            invoicePrefix: identifiers.characters(8)
        )
        let expand = try context.parameters.expansions()
        let clock = try context.parameters.text("test_clock")
        try apply(context.parameters, toCustomer: &customer)
        try context.parameters.finish()
        customer["test_clock"] = WireValue(clock)
        create(.customer, customer, context)
        return .json(try expanded(customer, expand))
    }

    func customer(_ id: String, _ context: CallContext) throws(ProviderError) -> SandboxAnswer {
        let expand = try context.parameters.expansions()
        try context.parameters.finish()
        switch self[.customer].lookup(id) {
        case .live(let customer): return .json(try expanded(customer, expand))
        case .deleted: return .json(CustomerShape.deleted(id))
        case .unknown: throw .notFound("customer", id)
        }
    }

    mutating func updateCustomer(_ id: String, _ context: CallContext) throws(ProviderError) -> SandboxAnswer
    {
        var customer = try named(.customer, id)
        let expand = try context.parameters.expansions()
        try apply(context.parameters, toCustomer: &customer)
        if case .set(let source) = try context.parameters.clearable("default_source") {
            customer["default_source"] = .text(source)
        }
        try context.parameters.finish()
        update(.customer, customer, context)
        return .json(try expanded(customer, expand))
    }

    /// Cancels what runs, then deletes for good.
    mutating func deleteCustomer(_ id: String, _ context: CallContext) throws(ProviderError) -> SandboxAnswer
    {
        let customer = try named(.customer, id)
        try context.parameters.finish()
        cancelAll(of: id, context)
        self[.customer].delete(id)
        // Its last full form, without a mark of the deletion (provider_api 2).
        emit("customer.deleted", customer, context)
        return .json(CustomerShape.deleted(id))
    }

    func listCustomers(_ context: CallContext) throws(ProviderError) -> SandboxAnswer {
        let parameters = context.parameters
        let page = try ListPage(parameters)
        let email = try parameters.text("email", max: 512)
        let clock = try parameters.text("test_clock")
        let expand = try parameters.expansions()
        try parameters.finish()
        if email == nil, clock == nil, expand.isEmpty { return try listAllCustomers(page) }
        let rows = try self.page(
            .customer,
            page,
            indexed: email,
            // Objects on a test clock are listed only with it (provider_api 1.8).
            isListed: { $0.text("test_clock") == clock },
            // The filter is case-sensitive.
            matches: { email == nil || $0.text("email") == email }
        )
        return try list(rows, url: "/v1/customers", expand: expand)
    }

    private enum CustomerRow {
        case object(WireObject)
        case untouched(rank: Int)
    }

    /// The list that a large account is paged through: untouched customers are written without being made.
    private func listAllCustomers(_ page: ListPage) throws(ProviderError) -> SandboxAnswer {
        let customers = self[.customer]
        let bounds = try bounds(.customer, page, isListed: { $0.text("test_clock") == nil })
        func take(_ rank: Int) -> CustomerRow? {
            if customers.isUntouched(rank) { return .untouched(rank: rank) }
            guard let object = customers.object(atRank: rank), object.text("test_clock") == nil else {
                return nil
            }
            return .object(object)
        }
        var (rows, hasMore) =
            page.endingBefore == nil
            ? page.select(newestFirst: bounds.reversed(), take) : page.select(newestFirst: bounds, take)
        if page.endingBefore != nil { rows.reverse() }
        var writer = JSONWriter(capacity: 800 * rows.count + 100)
        writer.beginObject()
        writer.field("object", "list")
        writer.key("data")
        writer.beginArray()
        var text: [UInt8] = []
        for row in rows {
            switch row {
            case .object(let object): object.write(to: &writer)
            case .untouched(let rank):
                text.removeAll(keepingCapacity: true)
                customers.append(untouched: rank, to: &text)
                writer.raw(text)
            }
        }
        writer.endArray()
        writer.field("has_more", hasMore)
        writer.field("url", "/v1/customers")
        writer.endObject()
        return SandboxAnswer(status: 200, body: writer.bytes)
    }

    // MARK: Parameters

    private func apply(_ parameters: Parameters, toCustomer customer: inout WireObject) throws(ProviderError)
    {
        try Members.text("name", max: 256, parameters, &customer)
        try Members.text("phone", max: 20, parameters, &customer)
        try Members.text("description", parameters, &customer)
        let email = try parameters.clearable("email", max: 512)
        if case .set(let address) = email, !Members.isAddress(address) {
            throw .invalid("email", "Invalid email address: \(address)", code: "email_invalid")
        }
        Members.set("email", email, &customer)
        try Members.metadata(parameters, &customer)
        try Members.address("address", parameters, &customer)
        try shipping(parameters, &customer)
        if let balance = try parameters.integer("balance") { customer["balance"] = .integer(balance) }
        if case .cleared = try parameters.clearable("tax_exempt") {
            customer["tax_exempt"] = "none"
        } else if let word = try parameters.word("tax_exempt", among: ["exempt", "none", "reverse"]) {
            customer["tax_exempt"] = .text(word)
        }
        if let prefix = try parameters.text("invoice_prefix", max: 12) {
            customer["invoice_prefix"] = .text(prefix)
        }
        switch try parameters.texts("preferred_locales") {
        case .absent: break
        case .cleared: customer["preferred_locales"] = []
        case .set(let locales): customer["preferred_locales"] = .list(locales.map { .text($0) })
        }
        try invoiceSettings(parameters, &customer)
    }

    private func shipping(_ parameters: Parameters, _ customer: inout WireObject) throws(ProviderError) {
        switch try parameters.clearableObject("shipping") {
        case .absent: return
        case .cleared: customer["shipping"] = .null
        case .set(let reader):
            var shipping = customer["shipping"]?.object ?? ["address": nil, "name": nil, "phone": nil]
            shipping["name"] = .text(try reader.required("name"))
            try Members.text("phone", max: 20, reader, &shipping)
            try Members.address("address", reader, &shipping)
            guard shipping["address"]?.object != nil else { throw .missing("shipping[address]") }
            customer["shipping"] = .object(shipping)
        }
    }

    private func invoiceSettings(_ parameters: Parameters, _ customer: inout WireObject) throws(ProviderError)
    {
        guard let reader = try parameters.object("invoice_settings") else { return }
        var settings = customer["invoice_settings"]?.object ?? [:]
        let method = try reader.clearable("default_payment_method")
        if case .set(let id) = method, self[.paymentMethod].live(id) == nil {
            throw .noSuch("PaymentMethod", id, parameter: "invoice_settings[default_payment_method]")
        }
        Members.set("default_payment_method", method, &settings)
        try Members.text("footer", reader, &settings)
        customer["invoice_settings"] = .object(settings)
    }
}
