import BillingModel
import Cryptography
import Providers
import Testing
import Timing

private func body(_ operation: ProviderOperation) throws -> String {
    let request = try StripeCalls.request(for: operation, operationID: "tg_1_7")
    #expect(request.method == .post && request.query.isEmpty)
    return String(decoding: try #require(request.body), as: UTF8.self)
}

private func refusal(_ operation: ProviderOperation) -> ProviderCallError? {
    do throws(ProviderCallError) {
        _ = try StripeCalls.request(for: operation, operationID: "tg_1_7")
        return nil
    } catch {
        return error
    }
}

private let customer = ObjectReference.provider(ProviderID("cus_1"))

struct StripeCallsTests {
    @Test func `a new customer carries our mark`() throws {
        var fields = CustomerFields()
        fields.email = "jo@example.com"
        fields.name = "Jo"
        var address = PostalAddress()
        address.city = "Köln"
        address.country = "DE"
        fields.address = address
        fields.preferredLocales = ["de", "en"]
        fields.metadata = Metadata([Metadata.Entry(key: "plan", value: "pro")])
        let operation = ProviderOperation.createCustomer(CustomerDraft(localID: "cst_1", fields: fields))
        #expect(
            try body(operation)
                == "email=jo%40example.com&name=Jo&address[city]=K%C3%B6ln&address[country]=DE"
                + "&preferred_locales[0]=de&preferred_locales[1]=en&metadata[plan]=pro"
                + "&metadata[gw_customer_id]=cst_1"
        )
        #expect(try StripeCalls.request(for: operation, operationID: "x").target == "/v1/customers")
    }

    @Test func `an update sends only what changed and clears with nothing`() throws {
        var patch = CustomerPatch()
        patch.email = .set("a@example.com")
        patch.phone = .clear
        patch.address[.line2] = .clear
        patch.address[.city] = .set("Ulm")
        patch.preferredLocales = .clear
        patch.metadata.set("a", to: "1")
        patch.metadata.set("b", to: nil)
        patch.defaultPaymentMethod = .clear
        #expect(
            try body(.updateCustomer(customer, patch))
                == "email=a%40example.com&phone=&address[line2]=&address[city]=Ulm&preferred_locales="
                + "&invoice_settings[default_payment_method]=&metadata[a]=1&metadata[b]="
        )
        var clearing = CustomerPatch()
        clearing.address = AddressPatch(replacingWith: nil)
        clearing.shipping = .clear
        clearing.taxExempt = TaxExempt.none
        #expect(try body(.updateCustomer(customer, clearing)) == "address=&shipping=&tax_exempt=none")
    }

    @Test func `shipping is replaced whole`() throws {
        var address = PostalAddress()
        address.line1 = "1 Road"
        var patch = CustomerPatch()
        patch.shipping = .set(Shipping(name: "Jo", address: address))
        #expect(
            try body(.updateCustomer(customer, patch))
                == "shipping[name]=Jo&shipping[phone]=&shipping[address][line1]=1%20Road"
                + "&shipping[address][line2]=&shipping[address][city]=&shipping[address][state]="
                + "&shipping[address][postal_code]=&shipping[address][country]="
        )
    }

    @Test func `a checkout session says all that was asked for`() throws {
        var draft = CheckoutSessionDraft(localID: "chs_1", mode: .subscription)
        draft.customer = customer
        let month = CheckoutSessionDraft.InlinePrice.Recurrence(interval: "month")
        draft.lineItems = [
            .init(price: .existing(ProviderID("price_1")), quantity: 2),
            .init(
                price: .inline(
                    .init(
                        unit: Money(amount: 990, currency: "eur"),
                        product: .named("Pro"),
                        recurrence: month
                    )
                ),
                quantity: nil
            ),
        ]
        draft.clientReference = "u 1"
        draft.successURL = "https://example.com/ok"
        draft.cancelURL = "https://example.com/no"
        draft.allowsPromotionCodes = true
        draft.billingAddress = .required
        draft.collectsPhoneNumber = true
        draft.paymentMethodCollection = .ifRequired
        draft.trial = .days(14)
        draft.locale = "auto"
        draft.expiresAt = Timestamp(milliseconds: 1_790_000_000_999)
        draft.subscriptionMetadata = Metadata([Metadata.Entry(key: "plan", value: "pro")])
        #expect(
            try body(.createCheckoutSession(draft))
                == "mode=subscription&customer=cus_1&client_reference_id=u%201"
                + "&success_url=https%3A%2F%2Fexample.com%2Fok&cancel_url=https%3A%2F%2Fexample.com%2Fno"
                + "&line_items[0][price]=price_1&line_items[0][quantity]=2"
                + "&line_items[1][price_data][currency]=eur&line_items[1][price_data][product_data][name]=Pro"
                + "&line_items[1][price_data][unit_amount]=990"
                + "&line_items[1][price_data][recurring][interval]=month"
                + "&line_items[1][price_data][recurring][interval_count]=1"
                + "&allow_promotion_codes=true&billing_address_collection=required"
                + "&phone_number_collection[enabled]=true&payment_method_collection=if_required"
                + "&subscription_data[trial_period_days]=14&subscription_data[metadata][plan]=pro"
                + "&locale=auto&expires_at=1790000000&metadata[gw_session_id]=chs_1&metadata[gw_op]=tg_1_7"
        )
    }

    @Test func `the other operations have their method and path`() throws {
        let session = ObjectReference.provider(ProviderID("cs_test_1"))
        func request(_ operation: ProviderOperation) throws -> ProviderRequest {
            try StripeCalls.request(for: operation, operationID: "tg_1_7")
        }
        let expiry = try request(.expireCheckoutSession(session))
        #expect(expiry.target == "/v1/checkout/sessions/cs_test_1/expire" && expiry.body == [])
        #expect(expiry.contentType == ProviderRequest.formContentType)
        let deletion = try request(.deleteCustomer(customer))
        #expect(
            deletion.method == .delete && deletion.target == "/v1/customers/cus_1" && deletion.body == nil
        )
        let cancellation = try request(
            .cancelSubscription(
                .provider(ProviderID("sub_1")),
                SubscriptionCancellation(invoicesNow: true, prorates: false)
            )
        )
        #expect(cancellation.method == .delete)
        #expect(cancellation.target == "/v1/subscriptions/sub_1?invoice_now=true&prorate=false")
        var patch = MetadataPatch()
        patch.set("a", to: "1")
        #expect(try body(.updateCheckoutSession(session, patch)) == "metadata[a]=1")
    }

    @Test func `reads ask for one object or a page`() throws {
        func target(_ read: ProviderRead) throws -> String {
            let request = try StripeCalls.request(for: read)
            #expect(request.method == .get && request.body == nil)
            return request.target
        }
        #expect(try target(.object(.checkoutSession, ProviderID("cs_1"))) == "/v1/checkout/sessions/cs_1")
        #expect(try target(.object(.paymentMethod, ProviderID("pm_1"))) == "/v1/payment_methods/pm_1")
        #expect(try target(.object(.product, ProviderID("a/../b?c"))) == "/v1/products/a%2F..%2Fb%3Fc")
        #expect(
            try target(.customersByEmail("Jo+x@example.com", page: PageRequest()))
                == "/v1/customers?email=Jo%2Bx%40example.com&limit=100"
        )
        let after = PageRequest(.after(ProviderID("cs_9")), count: 10)
        #expect(
            try target(.checkoutSessions(customer: ProviderID("cus_1"), createdFrom: 5, page: after))
                == "/v1/checkout/sessions?customer=cus_1&created[gte]=5&limit=10&starting_after=cs_9"
        )
        #expect(
            try target(.events(createdFrom: 5, types: ["customer.created"], page: PageRequest()))
                == "/v1/events?created[gte]=5&types[0]=customer.created&limit=100"
        )
        #expect(
            try target(.list(.subscription, createdFrom: nil, createdThrough: 9, page: PageRequest()))
                == "/v1/subscriptions?status=all&created[lte]=9&limit=100"
        )
        let cus = ProviderID("cus_1")
        #expect(
            try target(.listOfCustomer(.paymentMethod, cus, page: after))
                == "/v1/customers/cus_1/payment_methods?limit=10&starting_after=cs_9"
        )
        #expect(
            try target(.listOfCustomer(.subscription, cus, page: PageRequest()))
                == "/v1/subscriptions?customer=cus_1&status=all&limit=100"
        )
        #expect(
            try target(.invoiceLines(ProviderID("in_1"), page: after))
                == "/v1/invoices/in_1/lines?limit=10&starting_after=cs_9"
        )
        #expect(
            try target(.subscriptionItems(ProviderID("sub_1"), page: PageRequest()))
                == "/v1/subscription_items?subscription=sub_1&limit=100"
        )
    }

    @Test(arguments: ["", ".", ".."])
    func `an id that a path would not carry is refused`(id: String) {
        #expect(refusal(.deleteCustomer(.provider(ProviderID(id))))?.reason == .invalidID)
    }

    @Test func `what cannot be right is refused with the field's name`() {
        func create(_ change: (inout CheckoutSessionDraft) -> Void) -> ProviderCallError? {
            var draft = CheckoutSessionDraft(localID: "chs_1", mode: .payment)
            draft.lineItems = [.init(price: .existing(ProviderID("price_1")))]
            change(&draft)
            return refusal(.createCheckoutSession(draft))
        }
        #expect(create { _ in } == nil)
        #expect(create { $0.lineItems = [] } == ProviderCallError(.missing, "line_items"))
        #expect(create { $0.mode = .setup } == ProviderCallError(.conflicting, "line_items"))
        #expect(create { $0.trial = .days(3) } == ProviderCallError(.conflicting, "subscription_data"))
        #expect(create { $0.customer = .local("cst_1") } == ProviderCallError(.unbound, "customer"))
        #expect(create { $0.lineItems[0].quantity = 0 }?.reason == .outOfRange)
        #expect(create { $0.clientReference = String(repeating: "x", count: 201) }?.reason == .tooLong)
        #expect(create { ($0.mode, $0.trial) = (.subscription, .days(731)) }?.reason == .outOfRange)
        #expect(create { ($0.customer, $0.customerEmail) = (customer, "x") }?.reason == .conflicting)
        #expect(refusal(.updateCustomer(.local("cst_1"), CustomerPatch()))?.reason == .unbound)
        #expect(refusal(.updateCustomer(customer, CustomerPatch()))?.reason == .empty)
    }

    @Test(arguments: [
        ("a[b", "1", ProviderCallError.Reason.brackets), ("a]", "1", .brackets),
        (String(repeating: "k", count: 41), "1", .tooLong),
        ("k", String(repeating: "v", count: 501), .tooLong),
        ("", "1", .empty), ("gw_customer_id", "cst_2", .reserved), ("gw_op", "x", .reserved),
    ])
    func `metadata has limits`(key: String, value: String, reason: ProviderCallError.Reason) {
        var patch = CustomerPatch()
        patch.metadata.set(key, to: value)
        #expect(refusal(.updateCustomer(customer, patch)) == ProviderCallError(reason, "metadata"))
    }

    @Test func `metadata at the limits is accepted, and our mark counts`() {
        func create(keys: Int) -> ProviderCallError? {
            var fields = CustomerFields()
            fields.metadata = Metadata(
                (0..<keys).map { number in
                    let key = String(repeating: "k", count: 38) + (number < 10 ? "0\(number)" : "\(number)")
                    return Metadata.Entry(key: key, value: String(repeating: "é", count: 500))
                }
            )
            return refusal(.createCustomer(CustomerDraft(localID: "cst_1", fields: fields)))
        }
        #expect(create(keys: 49) == nil)
        #expect(create(keys: 50) == ProviderCallError(.tooMany, "metadata"))
    }

    @Test func `one operation has one sequence of bytes`() throws {
        for seed in UInt64(0)..<200 {
            func draw() -> ProviderRequest? {
                let operation = CallGenerator(random: RandomSource(seed: seed)).operation()
                    .bound { _ in ProviderID("cus_1") }
                // What is refused has no bytes.
                return try? StripeCalls.request(for: operation, operationID: "tg_1_7")
            }
            #expect(draw() == draw(), "seed \(seed)")
        }
    }
}

struct StripeHeadersTests {
    private let headers = StripeHeaders(
        apiKey: RedactedText("sk_test_123"),
        version: "2026-10-28.endive",
        account: "acct_1"
    )

    @Test func `a POST carries key, version, account and its body's type`() throws {
        let request = ProviderRequest(method: .post, path: "/v1/customers", body: [])
        let list = try headers.list(for: request, idempotencyKey: "tg_1_7", trigger: nil)
        #expect(
            Set(list) == [
                ProviderHeader("Authorization", "Bearer sk_test_123"),
                ProviderHeader("Stripe-Version", "2026-10-28.endive"),
                ProviderHeader("Stripe-Account", "acct_1"),
                ProviderHeader("User-Agent", "Tollgate"),
                ProviderHeader("Content-Type", "application/x-www-form-urlencoded"),
                ProviderHeader("Content-Length", "0"),
                ProviderHeader("Idempotency-Key", "tg_1_7"),
            ]
        )
        #expect(!"\(list)".contains("sk_test_123"))
        var dumped = ""
        dump(headers, to: &dumped)
        dump(list, to: &dumped)
        #expect(!dumped.contains("sk_test_123"))
    }

    @Test func `a GET carries no key and no body headers, but what caused it`() throws {
        let request = ProviderRequest(method: .get, path: "/v1/customers/cus_1")
        let list = try headers.list(for: request, idempotencyKey: "tg_1_7", trigger: "evt_1")
        let names = Set(list.map(\.name))
        #expect(names.isDisjoint(with: ["Idempotency-Key", "Content-Type", "Content-Length"]))
        #expect(names.contains("Stripe-Version"))
        #expect(list.contains(ProviderHeader("Stripe-Request-Trigger", "event=evt_1")))
    }

    @Test(arguments: [
        ("", ProviderCallError.Reason.empty), (String(repeating: "k", count: 256), .tooLong),
        ("a\r\nX: y", .outOfRange), ("ké", .outOfRange),
    ])
    func `a key that cannot be sent is refused`(key: String, reason: ProviderCallError.Reason) {
        let request = ProviderRequest(method: .post, path: "/v1/customers", body: [])
        #expect(throws: ProviderCallError(reason, "Idempotency-Key")) {
            try headers.list(for: request, idempotencyKey: key)
        }
    }
}
