import JSON
import SandboxProvider
import Testing

@Suite struct `Checkout sessions of the sandbox` {
    let sandbox: TestSandbox
    let client: SandboxClient

    init() throws {
        sandbox = try TestSandbox()
        client = sandbox.client
    }

    private func price(recurring: Bool = true) throws -> String {
        let form = "currency=eur&unit_amount=1500&product_data[name]=Plan"
        return try client.post("/v1/prices", form + (recurring ? "&recurring[interval]=month" : "")).id
    }

    private func terms(_ price: String, _ rest: String = "") -> String {
        "mode=subscription&line_items[0][price]=\(price)&line_items[0][quantity]=2"
            + "&success_url=https%3A%2F%2Fshop.example%2Fok%3Fs%3D%7BCHECKOUT_SESSION_ID%7D" + rest
    }

    @Test func `lead from the page to customer, subscription and paid invoice, each told`() throws {
        let session = try client.post(
            "/v1/checkout/sessions",
            terms(try price(), "&subscription_data[metadata][o]=1")
        )
        #expect(session.status == 200)
        let id = try session.id
        #expect(id.hasPrefix("cs_test_") && id.utf8.count == 66)
        #expect(try session.json["amount_total"]?.integer == 3000)
        #expect(try session.json["url"]?.string == "\(sandbox.provider.url)/pay/\(id)")
        let page = try client.get("/pay/\(id)")
        #expect(page.status == 200 && page.text.contains("2 × Plan: 30.00 EUR"))

        let before = sandbox.provider.events.count
        let paid = try client.post("/pay/\(id)", "email=new%40buyer.example&name=Nora&outcome=paid")
        #expect(paid.status == 303)
        #expect(paid.headers["location"] == "https://shop.example/ok?s=\(id)")

        let events = sandbox.provider.events[before...]
        #expect(Set(events.map(\.idempotencyKey)).count == 1)
        #expect(events.allSatisfy { $0.requestID == nil && $0.idempotencyKey != nil })
        #expect(
            Set(events.map(\.type)) == [
                "charge.succeeded", "checkout.session.completed", "customer.created",
                "customer.subscription.created", "customer.updated", "invoice.created", "invoice.finalized",
                "invoice.paid", "invoice.payment_succeeded", "invoice_payment.paid",
                "payment_intent.succeeded",
                "payment_method.attached",
            ]
        )
        let done = try client.get(
            "/v1/checkout/sessions/\(id)?expand[0]=subscription&expand[1]=invoice.payments"
        ).json
        #expect(done["status"]?.string == "complete")
        #expect(done["payment_status"]?.string == "paid")
        #expect(done["url"]?.isNull == true)
        #expect(done["subscription"]?["status"]?.string == "active")
        #expect(done["subscription"]?["metadata"]?["o"]?.string == "1")
        #expect(done["invoice"]?["status"]?.string == "paid")
        #expect(done["invoice"]?["amount_paid"]?.integer == 3000)
        let parent = done["invoice"]?["parent"]?["subscription_details"]
        #expect(parent?["subscription"]?.string == done["subscription"]?["id"]?.string)
        #expect(done["invoice"]?["payments"]?["data"]?.elements.map { $0["status"]?.string } == ["paid"])
        let item = try #require(done["subscription"]?["items"]?["data"]?.elements.first { _ in true })
        #expect(item["current_period_start"]?.integer == TestSandbox.start)
        // 2026-02-02T03:04:05Z
        #expect(item["current_period_end"]?.integer == TestSandbox.start + 31 * 86_400)
        let customer = try #require(done["customer"]?.string)
        #expect(try client.get("/v1/customers/\(customer)").json["email"]?.string == "new@buyer.example")
        #expect(try client.get("/v1/customers/\(customer)/payment_methods").ids.count == 1)
        #expect(try client.get("/v1/payment_methods?customer=\(customer)&type=card").ids.count == 1)
        #expect(try client.get("/v1/charges?customer=\(customer)").ids.count == 1)
        #expect(try client.get("/v1/invoices?customer=\(customer)&status=paid").ids.count == 1)
        #expect(try client.post("/pay/\(id)", "email=x%40y.z").status == 409)
    }

    @Test func `cost nothing during a trial`() throws {
        let rest = "&customer_email=t%40u.v&subscription_data[trial_period_days]=14"
        let id = try client.post("/v1/checkout/sessions", terms(try price(), rest)).id
        #expect(sandbox.provider.pay(id))
        #expect(!sandbox.provider.pay(id))
        let done = try client.get("/v1/checkout/sessions/\(id)?expand[]=subscription&expand[]=invoice").json
        #expect(done["payment_status"]?.string == "no_payment_required")
        #expect(done["subscription"]?["status"]?.string == "trialing")
        #expect(done["invoice"]?["amount_paid"]?.integer == 0)
        #expect(!sandbox.provider.events.contains { $0.type == "charge.succeeded" })

        sandbox.provider.advanceClock(milliseconds: 14 * 86_400_000)
        let subscription = try #require(done["subscription"]?["id"]?.string)
        #expect(try client.get("/v1/subscriptions/\(subscription)").json["status"]?.string == "active")
        #expect(sandbox.provider.events.filter { $0.type == "charge.succeeded" }.count == 1)
    }

    @Test func `take money once, now or later`() throws {
        let form =
            "mode=payment&success_url=https%3A%2F%2Fa.b&line_items[0][price_data][currency]=usd"
            + "&line_items[0][price_data][unit_amount]=500&line_items[0][price_data][product_data][name]=Book"
        let now = try client.post("/v1/checkout/sessions", form)
        _ = try client.post("/pay/\(try now.id)", "email=a%40b.c")
        let paid = try client.get("/v1/checkout/sessions/\(try now.id)?expand[]=payment_intent.latest_charge")
            .json
        #expect(paid["payment_intent"]?["latest_charge"]?["amount"]?.integer == 500)
        #expect(paid["customer"]?.isNull == true)

        let later = try client.post("/v1/checkout/sessions", form).id
        _ = try client.post("/pay/\(later)", "email=a%40b.c&outcome=delayed")
        #expect(try client.get("/v1/checkout/sessions/\(later)").json["payment_status"]?.string == "unpaid")
        _ = try client.post("/pay/\(later)", "outcome=settled")
        #expect(try client.get("/v1/checkout/sessions/\(later)").json["payment_status"]?.string == "paid")
        #expect(sandbox.provider.events.last?.type == "checkout.session.async_payment_succeeded")
    }

    @Test func `change in metadata only, expire on order and by themselves`() throws {
        let price = try price()
        let ids = try (0..<3).map { _ in try client.post("/v1/checkout/sessions", terms(price)).id }
        #expect(sandbox.provider.events.allSatisfy { !$0.type.hasPrefix("checkout.") })
        let changed = try client.post("/v1/checkout/sessions/\(ids[0])", "metadata[a]=b")
        #expect(try changed.json["metadata"]?["a"]?.string == "b")
        #expect(try client.post("/v1/checkout/sessions/\(ids[0])", "success_url=x").status == 400)
        #expect(try client.post("/v1/checkout/sessions/\(ids[0])/expire").json["status"]?.string == "expired")
        #expect(try client.post("/v1/checkout/sessions/\(ids[0])/expire").status == 400)
        sandbox.provider.advanceClock(milliseconds: 24 * 3_600_000 - 1000)
        #expect(try client.get("/v1/checkout/sessions?status=open").ids == [ids[2], ids[1]])
        sandbox.provider.advanceClock(milliseconds: 1000)
        #expect(try client.get("/v1/checkout/sessions?status=open").ids == [])
        #expect(
            sandbox.provider.events.suffix(2).map(\.type)
                == Array(repeating: "checkout.session.expired", count: 2)
        )
        #expect(try client.get("/pay/\(ids[1])").status == 410)
    }

    @Test(
        arguments: [
            ("", "parameter_missing", "mode"),
            ("mode=loan", nil, "mode"),
            ("mode=payment", "parameter_missing", "success_url"),
            ("mode=payment&success_url=x", "parameter_missing", "line_items"),
            (
                "mode=payment&success_url=x&line_items[0][price]=price_1", "resource_missing",
                "line_items[0][price]"
            ),
            (
                "mode=payment&success_url=x&line_items[0][quantity]=1", "parameter_missing",
                "line_items[0][price]"
            ),
            (
                "mode=payment&success_url=x&line_items[0][price]=p&line_items[0][size]=1",
                "parameter_unknown", "line_items[0][size]"
            ),
            ("mode=setup&success_url=x&expires_at=1", nil, "expires_at"),
            ("mode=setup&success_url=x&customer=cus_1", "resource_missing", "customer"),
            ("mode=setup&success_url=x&customer=cus_1&customer_email=a%40b.c", nil, "customer_email"),
            ("mode=setup&success_url=x&subscription_data[description]=x", nil, "subscription_data"),
        ] as [(String, String?, String)]
    )
    func `are refused with the parameter's name`(form: String, code: String?, parameter: String) throws {
        let answer = try client.post("/v1/checkout/sessions", form)
        #expect(answer.status == 400)
        #expect(try answer.error.code == code)
        #expect(try answer.error.parameter == parameter)
        #expect(sandbox.provider.ids(.checkoutSession).isEmpty)
    }

    @Test func `want prices that fit their mode`() throws {
        let once = try price(recurring: false)
        #expect(try client.post("/v1/checkout/sessions", terms(once)).error.parameter == "line_items")
        let form = "mode=payment&success_url=x&line_items[0][price]="
        #expect(try client.post("/v1/checkout/sessions", form + once).status == 200)
        #expect(try client.post("/v1/checkout/sessions", form + (try price())).status == 400)
    }
}
