package import BillingModel

/// Our operations and reads as Stripe's requests. Pure; throws where no valid request can be made.
package enum StripeCalls {
    /// `operationID` names the operation as no other store does (`tg_<epoch>_<number>`): it is the mark on what
    /// has no other name yet, and stays the same when the idempotency key has to change.
    package static func request(
        for operation: ProviderOperation,
        operationID: String
    ) throws(ProviderCallError) -> ProviderRequest {
        switch operation {
        case .createCustomer(let draft):
            return post("/v1/customers", try StripeCustomerForm.form(creating: draft))
        case .updateCustomer(let target, let patch):
            return post(try path(.customer, target), try StripeCustomerForm.form(updating: patch))
        case .deleteCustomer(let target):
            return ProviderRequest(method: .delete, path: try path(.customer, target))
        case .createCheckoutSession(let draft):
            let form = try StripeCheckoutForm.form(creating: draft, operationID: operationID)
            return post("/v1/checkout/sessions", form)
        case .updateCheckoutSession(let target, let patch):
            guard !patch.isEmpty else { throw ProviderCallError(.empty, "metadata") }
            var form = StripeFormBuilder()
            form.add("metadata", try StripeMetadataForm.form(changing: patch))
            return post(try path(.checkoutSession, target), form)
        case .expireCheckoutSession(let target):
            return post(try path(.checkoutSession, target) + "/expire", StripeFormBuilder())
        case .cancelSubscription(let target, let cancellation):
            var form = StripeFormBuilder()
            form.add("invoice_now", cancellation.invoicesNow.map { .boolean($0) })
            form.add("prorate", cancellation.prorates.map { .boolean($0) })
            return ProviderRequest(
                method: .delete,
                path: try path(.subscription, target),
                query: form.form.query()
            )
        }
    }

    package static func request(for read: ProviderRead) throws(ProviderCallError) -> ProviderRequest {
        var form = StripeFormBuilder()
        let place: String
        switch read {
        case .object(let type, let id):
            return ProviderRequest(method: .get, path: try path(type, .provider(id)))
        case .customersByEmail(let email, let page):
            guard !email.isEmpty else { throw ProviderCallError(.empty, "email") }
            place = "/v1/customers"
            form.add("email", text: email)
            add(page, to: &form)
        case .checkoutSessions(let customer, let createdFrom, let page):
            place = "/v1/checkout/sessions"
            form.add("customer", text: customer?.rawValue)
            add(created: createdFrom, through: nil, to: &form)
            add(page, to: &form)
        case .events(let createdFrom, let types, let page):
            guard types.count <= CallLimits.eventTypesMax else { throw ProviderCallError(.tooMany, "types") }
            place = "/v1/events"
            add(created: createdFrom, through: nil, to: &form)
            if !types.isEmpty { form.add("types", .list(types.map { .text($0) })) }
            add(page, to: &form)
        case .list(let type, let createdFrom, let createdThrough, let page):
            place = try collection(type)
            // Without it canceled ones are left out, and a cursor dies when its subscription is canceled.
            if type == .subscription { form.add("status", .text("all")) }
            add(created: createdFrom, through: createdThrough, to: &form)
            add(page, to: &form)
        case .listOfCustomer(.paymentMethod, let customer, let page):
            place = try path(.customer, .provider(customer)) + "/payment_methods"
            add(page, to: &form)
        case .listOfCustomer(let type, let customer, let page):
            place = try collection(type)
            form.add("customer", text: customer.rawValue)
            if type == .subscription { form.add("status", .text("all")) }
            add(page, to: &form)
        case .invoiceLines(let invoice, let page):
            place = try path(.invoice, .provider(invoice)) + "/lines"
            add(page, to: &form)
        case .subscriptionItems(let subscription, let page):
            place = "/v1/subscription_items"
            form.add("subscription", text: subscription.rawValue)
            add(page, to: &form)
        }
        return ProviderRequest(method: .get, path: place, query: form.form.query())
    }

    private static func post(_ path: String, _ form: StripeFormBuilder) -> ProviderRequest {
        ProviderRequest(method: .post, path: path, body: form.form.encoded())
    }

    private static func add(created from: Int64?, through: Int64?, to form: inout StripeFormBuilder) {
        var range = StripeFormBuilder()
        range.add("gte", from.map { .integer($0) })
        range.add("lte", through.map { .integer($0) })
        form.add("created", range)
    }

    private static func add(_ page: PageRequest, to form: inout StripeFormBuilder) {
        form.add("limit", .integer(Int64(page.count)))
        switch page.place {
        case .first: break
        case .after(let id): form.add("starting_after", .text(id.rawValue))
        case .before(let id): form.add("ending_before", .text(id.rawValue))
        }
    }

    // MARK: Paths

    /// Whether objects of the type can be read one by one.
    package static func canRead(_ type: ObjectType) -> Bool { collections[type.rawValue] != nil }

    /// Whether objects of the type are read to be sure of them: those that have a typed row. All others are mirrored
    /// from their events (provider_api 3.6).
    package static func confirms(_ type: ObjectType) -> Bool {
        confirmed.contains(type.rawValue) && canRead(type)
    }

    private static let confirmed: Set<String> = [
        "charge", "checkout.session", "coupon", "customer", "dispute", "invoice", "invoice_payment",
        "payment_method", "price", "product", "refund", "subscription",
    ]

    private static func path(
        _ type: ObjectType,
        _ reference: ObjectReference
    ) throws(ProviderCallError) -> String {
        guard let id = reference.providerID else { throw ProviderCallError(.unbound, type.rawValue) }
        guard let segment = PercentText.segment(id) else {
            throw ProviderCallError(.invalidID, type.rawValue)
        }
        return try collection(type) + "/" + segment
    }

    private static func collection(_ type: ObjectType) throws(ProviderCallError) -> String {
        guard let collection = collections[type.rawValue] else {
            throw ProviderCallError(.unsupported, type.rawValue)
        }
        return collection
    }

    // Discounts have no address of their own: they are read with what they stand on.
    private static let collections = [
        "charge": "/v1/charges",
        "checkout.session": "/v1/checkout/sessions",
        "coupon": "/v1/coupons",
        "credit_note": "/v1/credit_notes",
        "customer": "/v1/customers",
        "dispute": "/v1/disputes",
        "event": "/v1/events",
        "invoice": "/v1/invoices",
        "invoice_payment": "/v1/invoice_payments",
        "payment_intent": "/v1/payment_intents",
        "payment_method": "/v1/payment_methods",
        "price": "/v1/prices",
        "product": "/v1/products",
        "promotion_code": "/v1/promotion_codes",
        "refund": "/v1/refunds",
        "setup_intent": "/v1/setup_intents",
        "subscription": "/v1/subscriptions",
        "subscription_schedule": "/v1/subscription_schedules",
    ]
}
