/// What is only read: invoices, their payments, payment methods, intents and charges.
extension SandboxState {
    func read(_ kind: ObjectKind, _ id: String, _ context: CallContext) throws(ProviderError) -> SandboxAnswer
    {
        let object = try named(kind, id)
        let expand = try context.parameters.expansions()
        try context.parameters.finish()
        return .json(try expanded(object, expand))
    }

    func listInvoices(_ context: CallContext) throws(ProviderError) -> SandboxAnswer {
        let parameters = context.parameters
        let page = try ListPage(parameters)
        let customer = try parameters.text("customer")
        let subscription = try parameters.text("subscription")
        let status = try parameters.word("status", among: ["draft", "open", "paid", "uncollectible", "void"])
        let method = try parameters.word(
            "collection_method",
            among: ["charge_automatically", "send_invoice"]
        )
        let expand = try parameters.expansions()
        try parameters.finish()
        let rows = try self.page(
            .invoice,
            page,
            indexed: customer,
            isListed: { $0.text("test_clock") == nil || customer != nil || subscription != nil },
            matches: { invoice in
                let parent = invoice["parent"]?.object?["subscription_details"]?.object
                return (customer == nil || invoice.text("customer") == customer)
                    && (subscription == nil || parent?.text("subscription") == subscription)
                    && (status == nil || invoice.text("status") == status)
                    && (method == nil || invoice.text("collection_method") == method)
            }
        )
        return try list(rows, url: "/v1/invoices", expand: expand)
    }

    func listInvoicePayments(_ context: CallContext) throws(ProviderError) -> SandboxAnswer {
        let page = try ListPage(context.parameters)
        let invoice = try context.parameters.text("invoice")
        let status = try context.parameters.word("status", among: ["canceled", "open", "paid"])
        let expand = try context.parameters.expansions()
        try context.parameters.finish()
        let rows = try self.page(
            .invoicePayment,
            page,
            indexed: invoice,
            matches: { payment in
                (invoice == nil || payment.text("invoice") == invoice)
                    && (status == nil || payment.text("status") == status)
            }
        )
        return try list(rows, url: "/v1/invoice_payments", expand: expand)
    }

    /// `customer` from the path, else from the parameters.
    func listPaymentMethods(
        of customer: String?,
        url: String,
        _ context: CallContext
    ) throws(ProviderError) -> SandboxAnswer {
        let page = try ListPage(context.parameters, createdFilter: false)
        let asked = customer == nil ? try context.parameters.text("customer") : customer
        let type = try context.parameters.text("type")
        let expand = try context.parameters.expansions()
        try context.parameters.finish()
        if let customer { _ = try named(.customer, customer) }
        guard let asked else { throw .missing("customer") }
        let rows = try self.page(
            .paymentMethod,
            page,
            indexed: asked,
            matches: { $0.text("customer") == asked && (type == nil || $0.text("type") == type) }
        )
        return try list(rows, url: url, expand: expand)
    }

    /// Charges and payment intents.
    func listPayments(
        _ kind: ObjectKind,
        url: String,
        _ context: CallContext
    ) throws(ProviderError) -> SandboxAnswer {
        let page = try ListPage(context.parameters)
        let customer = try context.parameters.text("customer")
        let intent = kind == .charge ? try context.parameters.text("payment_intent") : nil
        let expand = try context.parameters.expansions()
        try context.parameters.finish()
        let rows = try self.page(
            kind,
            page,
            indexed: customer,
            matches: { payment in
                (customer == nil || payment.text("customer") == customer)
                    && (intent == nil || payment.text("payment_intent") == intent)
            }
        )
        return try list(rows, url: url, expand: expand)
    }
}
