import Timing

/// `/v1/checkout/sessions`
extension SandboxState {
    mutating func createSession(_ context: CallContext) throws(ProviderError) -> SandboxAnswer {
        let expand = try context.parameters.expansions()
        let request = try SessionRequest(context.parameters, now: context.now)
        try context.parameters.finish()
        let buyer = try request.customer.map { id throws(ProviderError) in
            guard let customer = self[.customer].live(id) else {
                throw ProviderError.noSuch("customer", id, parameter: "customer")
            }
            return customer
        }
        try checkPrices(request)

        // From here on nothing fails.
        let id = identifiers.id(.checkoutSession, now: context.now)
        let expires = request.expires ?? context.now.seconds + 24 * 3600
        var session = SessionShape.fresh(
            id: id,
            mode: request.mode,
            created: context.now.seconds,
            expires: expires,
            url: "\(context.baseURL)/pay/\(id)"
        )
        session.merge(request.members)
        var plan = request.plan
        var rows: [WireObject] = []
        for line in request.lines {
            let price = price(of: line, context)
            plan.lines.append(.init(price: price.text("id") ?? "", quantity: line.quantity))
            let name = price.text("product").flatMap { self[.product].live($0)?.text("name") }
            rows.append(
                SessionShape.line(
                    id: "li_" + identifiers.characters(24),
                    price: price,
                    description: name ?? "",
                    quantity: line.quantity
                )
            )
        }
        describe(&session, request, rows, buyer)
        sessionPlans[id] = plan
        sessionLines[id] = ListShape.list(rows, url: "/v1/checkout/sessions/\(id)/line_items")
        // Stripe tells of no new session: there is no such event (provider_api 1.5).
        self[.checkoutSession].insert(session)
        deadlines.set(id, expires)
        return .json(try expanded(session, expand))
    }

    private func checkPrices(_ request: SessionRequest) throws(ProviderError) {
        var hasRecurring = false
        var currencies: Set<String> = []
        for line in request.lines {
            switch line.price {
            case .known(let id):
                guard let price = self[.price].live(id) else {
                    throw .noSuch("price", id, parameter: line.parameter)
                }
                guard price["active"]?.boolean == true else {
                    throw .invalid(line.parameter, "The price is not active: \(id)")
                }
                hasRecurring = hasRecurring || price.text("type") == "recurring"
                currencies.insert(price.text("currency") ?? "")
            case .made(let terms, let product, _):
                if let product, self[.product].live(product) == nil {
                    throw .noSuch("product", product, parameter: line.parameter)
                }
                hasRecurring = hasRecurring || terms.recurrence != nil
                currencies.insert(terms.currency)
            }
        }
        if request.mode == "subscription", !hasRecurring {
            throw .invalid("line_items", "A session in subscription mode needs a recurring price.")
        }
        if request.mode == "payment", hasRecurring {
            throw .invalid("line_items", "A session in payment mode takes no recurring price.")
        }
        guard currencies.count <= 1 else {
            throw .invalid("line_items", "All prices of a session have one currency.")
        }
    }

    private mutating func price(of line: SessionRequest.Line, _ context: CallContext) -> WireObject {
        switch line.price {
        case .known(let id): return self[.price].live(id) ?? [:]
        case .made(let terms, let product, let name):
            let product = product ?? createProduct(named: name ?? "", context)
            return createPrice(terms, product: product, context)
        }
    }

    private func describe(
        _ session: inout WireObject,
        _ request: SessionRequest,
        _ rows: [WireObject],
        _ buyer: WireObject?
    ) {
        let total = rows.reduce(0) { $0 + ($1.integer("amount_total") ?? 0) }
        if let first = rows.first {
            session["currency"] = first["currency"]
            session["amount_subtotal"] = .integer(total)
            let isOnTrial = request.plan.trialDays != nil || request.plan.trialEnd != nil
            session["amount_total"] = .integer(isOnTrial ? 0 : total)
        }
        session["customer"] = WireValue(request.customer)
        session["customer_email"] = WireValue(request.email)
        if let email = request.email ?? buyer?.text("email") {
            session["customer_details"] = .object(
                SessionShape.details(email: email, name: buyer?.text("name"))
            )
        }
        if request.customer == nil, session["customer_creation"]?.isNull != false {
            session["customer_creation"] = request.mode == "payment" ? "if_required" : "always"
        }
        if request.mode == "subscription", session["payment_method_collection"]?.isNull != false {
            session["payment_method_collection"] = "always"
        }
        if request.mode == "setup" { session["payment_status"] = "no_payment_required" }
    }

    func session(_ id: String, _ context: CallContext) throws(ProviderError) -> SandboxAnswer {
        let session = try named(.checkoutSession, id)
        let expand = try context.parameters.expansions()
        try context.parameters.finish()
        return .json(try expanded(session, expand))
    }

    mutating func updateSession(_ id: String, _ context: CallContext) throws(ProviderError) -> SandboxAnswer {
        var session = try named(.checkoutSession, id)
        let expand = try context.parameters.expansions()
        try Members.metadata(context.parameters, &session)
        try context.parameters.finish()
        // No event tells of it.
        replaceSilently(.checkoutSession, session)
        return .json(try expanded(session, expand))
    }

    mutating func expireSession(_ id: String, _ context: CallContext) throws(ProviderError) -> SandboxAnswer {
        let session = try named(.checkoutSession, id)
        let expand = try context.parameters.expansions()
        try context.parameters.finish()
        guard session.text("status") == "open" else {
            throw ProviderError(
                "Only open sessions can be expired; this one is \(session.text("status") ?? "")."
            )
        }
        return .json(try expanded(expire(session, context), expand))
    }

    @discardableResult
    mutating func expire(_ session: WireObject, _ context: CallContext) -> WireObject {
        var session = session
        session["status"] = "expired"
        session["url"] = .null
        replaceSilently(.checkoutSession, session)
        deadlines.set(session.text("id") ?? "", nil)
        emit("checkout.session.expired", session, context)
        return session
    }

    func sessionLineItems(_ id: String, _ context: CallContext) throws(ProviderError) -> SandboxAnswer {
        _ = try named(.checkoutSession, id)
        let page = try ListPage(context.parameters, createdFilter: false)
        let expand = try context.parameters.expansions()
        try context.parameters.finish()
        let rows = (sessionLines[id]?["data"]?.list ?? []).compactMap(\.object)
        return try list(
            page.select(inner: rows, noun: "item"),
            url: "/v1/checkout/sessions/\(id)/line_items",
            expand: expand
        )
    }

    func listSessions(_ context: CallContext) throws(ProviderError) -> SandboxAnswer {
        let parameters = context.parameters
        let page = try ListPage(parameters)
        let customer = try parameters.text("customer")
        let subscription = try parameters.text("subscription")
        let payment = try parameters.text("payment_intent")
        let status = try parameters.word("status", among: ["complete", "expired", "open"])
        let buyer = try parameters.object("customer_details").map { reader throws(ProviderError) in
            try reader.required("email")
        }
        let expand = try parameters.expansions()
        try parameters.finish()
        let rows = try self.page(
            .checkoutSession,
            page,
            indexed: customer,
            matches: { session in
                (customer == nil || session.text("customer") == customer)
                    && (subscription == nil || session.text("subscription") == subscription)
                    && (payment == nil || session.text("payment_intent") == payment)
                    && (status == nil || session.text("status") == status)
                    && (buyer == nil || session["customer_details"]?.object?.text("email") == buyer)
            }
        )
        return try list(rows, url: "/v1/checkout/sessions", expand: expand)
    }
}
