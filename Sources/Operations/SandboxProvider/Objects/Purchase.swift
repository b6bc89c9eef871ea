import Timing

/// What a buyer does on the payment page.
struct Purchase {
    enum Outcome: String {
        /// Paid at once.
        case paid
        /// Completed; the money comes later, or does not.
        case delayed
        /// The delayed money came.
        case settled
        case failed
    }

    var email: String?
    var name: String?
    var outcome = Outcome.paid
}

extension SandboxState {
    /// Carries it out; the session as it is then, or what speaks against it.
    mutating func purchase(
        _ id: String,
        _ purchase: Purchase,
        now: Timestamp,
        baseURL: String
    ) throws(ProviderError) -> WireObject {
        let session = try named(.checkoutSession, id)
        // Events of a purchase bear a key of Stripe's own, and no request (provider_api 1.5).
        let origin = EventOrigin(requestID: nil, idempotencyKey: identifiers.foreignKey())
        let context = CallContext.automatic(now: now, origin: origin, baseURL: baseURL)
        switch (purchase.outcome, session.text("status")) {
        case (.paid, "open"), (.delayed, "open"): return complete(session, purchase, context)
        case (.settled, "complete"), (.failed, "complete"):
            guard session.text("payment_status") == "unpaid" else {
                throw ProviderError("The session owes no money.")
            }
            return settle(session, purchase, context)
        case (_, let status):
            throw ProviderError("The session is \(status ?? "unknown").")
        }
    }

    private mutating func complete(
        _ session: WireObject,
        _ purchase: Purchase,
        _ context: CallContext
    ) -> WireObject {
        var session = session
        let id = session.text("id") ?? ""
        let plan = sessionPlans[id] ?? SessionPlan()
        let buyer = session.text("customer").flatMap { self[.customer].live($0) }
        let email = purchase.email ?? session.text("customer_email") ?? buyer?.text("email")
        let name = purchase.name ?? buyer?.text("name")
        var customer = session.text("customer")
        if customer == nil, session.text("customer_creation") == "always" {
            customer = createBuyer(email: email, name: name, context)
        }
        session["customer"] = WireValue(customer)
        session["customer_details"] = .object(SessionShape.details(email: email, name: name))
        session["status"] = "complete"
        session["url"] = .null
        switch session.text("mode") {
        case "subscription": subscribe(&session, plan, email: email, name: name, context)
        case "payment" where purchase.outcome == .paid: payOnce(&session, plan, context)
        case "setup":
            if let customer { _ = attachCard(to: customer, email: email, name: name, context) }
        case _: break
        }
        self[.checkoutSession].replace(session)
        deadlines.set(id, nil)
        emit("checkout.session.completed", session, context)
        return session
    }

    private mutating func createBuyer(email: String?, name: String?, _ context: CallContext) -> String {
        let id = identifiers.id(.customer, now: context.now)
        var customer = CustomerShape.fresh(
            id: id,
            created: context.now.seconds,
            invoicePrefix: identifiers.characters(8)
        )
        customer["email"] = WireValue(email)
        customer["name"] = WireValue(name)
        create(.customer, customer, context)
        return id
    }

    private mutating func subscribe(
        _ session: inout WireObject,
        _ plan: SessionPlan,
        email: String?,
        name: String?,
        _ context: CallContext
    ) {
        guard let customer = session.text("customer") else { return }
        let isOnTrial = plan.trialDays != nil || plan.trialEnd != nil
        let wantsCard = !isOnTrial || session.text("payment_method_collection") != "if_required"
        let method = wantsCard ? attachCard(to: customer, email: email, name: name, context) : nil
        let subscription = startSubscription(customer: customer, plan, method: method, context)
        session["subscription"] = subscription["id"]
        session["invoice"] = subscription["latest_invoice"]
        session["payment_status"] = isOnTrial ? "no_payment_required" : "paid"
    }

    private mutating func payOnce(_ session: inout WireObject, _ plan: SessionPlan, _ context: CallContext) {
        let amount = session.integer("amount_total") ?? 0
        session["payment_status"] = amount > 0 ? "paid" : "no_payment_required"
        guard amount > 0 else { return }
        let payment = pay(
            amount: amount,
            currency: session.text("currency") ?? "usd",
            customer: session.text("customer"),
            method: nil,
            metadata: plan.paymentMetadata,
            context
        )
        session["payment_intent"] = .text(payment.intent)
    }

    private mutating func settle(
        _ session: WireObject,
        _ purchase: Purchase,
        _ context: CallContext
    ) -> WireObject {
        var session = session
        let plan = sessionPlans[session.text("id") ?? ""] ?? SessionPlan()
        if purchase.outcome == .settled {
            payOnce(&session, plan, context)
            replaceSilently(.checkoutSession, session)
            emit("checkout.session.async_payment_succeeded", session, context)
        } else {
            emit("checkout.session.async_payment_failed", session, context)
        }
        return session
    }
}
