import JSON
import SandboxProvider
import Testing

@Suite struct `Subscriptions of the sandbox` {
    let sandbox: TestSandbox
    let client: SandboxClient
    let customer: String
    let subscription: String

    init() throws {
        sandbox = try TestSandbox()
        client = sandbox.client
        customer = try client.post("/v1/customers", "email=a%40b.c").id
        let price = try client.post(
            "/v1/prices",
            "currency=eur&unit_amount=1500&recurring[interval]=month&product_data[name]=Plan"
        ).id
        let form = "mode=subscription&customer=\(customer)&line_items[0][price]=\(price)&success_url=x"
        let session = try client.post("/v1/checkout/sessions", form).id
        _ = try client.post("/pay/\(session)")
        subscription = try #require(try client.get("/v1/subscriptions").ids.first)
    }

    private func since(_ count: Int) -> [String] { sandbox.provider.events[count...].map(\.type) }

    @Test func `end with their period when they are told to`() throws {
        let before = sandbox.provider.events.count
        let told = try client.post("/v1/subscriptions/\(subscription)", "cancel_at_period_end=true", key: "k")
        let end = try told.json["items"]?["data"]?.elements.first { _ in true }?["current_period_end"]?
            .integer
        #expect(try told.json["cancel_at"]?.integer == end)
        #expect(try told.json["status"]?.string == "active")
        let event = try JSONDocument.parse(sandbox.provider.events[before].json).root
        #expect(
            event["data"]?["previous_attributes"].map { String(decoding: $0.rawBytes, as: UTF8.self) }
                == "{\"cancel_at\":null,\"cancel_at_period_end\":false,\"canceled_at\":null,"
                + "\"cancellation_details\":{\"reason\":null}}"
        )
        sandbox.provider.advanceClock(milliseconds: 32 * 86_400_000)
        #expect(since(before) == ["customer.subscription.updated", "customer.subscription.deleted"])
        #expect(sandbox.provider.events.last?.created == end)
        #expect(try client.get("/v1/subscriptions/\(subscription)").json["status"]?.string == "canceled")
    }

    @Test func `renew as time passes`() throws {
        let before = sandbox.provider.events.count
        sandbox.provider.advanceClock(milliseconds: 70 * 86_400_000)
        #expect(since(before).filter { $0 == "invoice.paid" }.count == 2)
        #expect(since(before).filter { $0 == "customer.subscription.updated" }.count == 2)
        #expect(try client.get("/v1/invoices?subscription=\(subscription)").ids.count == 3)
        let seconds = sandbox.provider.events.map(\.created)
        #expect(seconds == seconds.sorted())
    }

    @Test func `are left out of lists once canceled, and end a walk that stands on them`() throws {
        let canceled = try client.delete("/v1/subscriptions/\(subscription)")
        #expect(try canceled.json["status"]?.string == "canceled")
        #expect(try canceled.json["ended_at"]?.integer == TestSandbox.start)
        #expect(sandbox.provider.events.last?.type == "customer.subscription.deleted")
        #expect(sandbox.provider.events.last?.idempotencyKey == nil)
        #expect(try client.get("/v1/subscriptions").ids == [])
        #expect(try client.get("/v1/subscriptions?status=all").ids == [subscription])
        #expect(try client.get("/v1/subscriptions?status=canceled").ids == [subscription])
        let dead = try client.get("/v1/subscriptions?starting_after=\(subscription)")
        #expect(dead.status == 400)
        #expect(try dead.error == ("invalid_request_error", "resource_missing", "starting_after"))
        #expect(try client.get("/v1/subscriptions?status=all&starting_after=\(subscription)").status == 200)
        #expect(try client.delete("/v1/subscriptions/\(subscription)").status == 404)
    }

    @Test func `end when their customer is deleted`() throws {
        let before = sandbox.provider.events.count
        _ = try client.delete("/v1/customers/\(customer)")
        #expect(since(before) == ["customer.subscription.deleted", "customer.deleted"])
        #expect(try client.get("/v1/subscriptions/\(subscription)").json["status"]?.string == "canceled")
    }

    @Test func `change in the dashboard, and tell it without a key`() throws {
        #expect(sandbox.provider.edit(subscription, ["status": "past_due", "metadata": ["by": "hand"]]))
        let event = try #require(sandbox.provider.events.last)
        #expect(event.type == "customer.subscription.updated")
        #expect(event.idempotencyKey == nil)
        let told = try JSONDocument.parse(event.json).root["data"]?["previous_attributes"]
        #expect(told?["status"]?.string == "active")
        #expect(told?["metadata"]?["by"]?.isNull == true)
        #expect(!sandbox.provider.edit("sub_unknown", ["status": "x"]))
    }
}
