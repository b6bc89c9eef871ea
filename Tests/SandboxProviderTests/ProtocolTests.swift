import HTTPServer
import JSON
import SandboxProvider
import Testing

@Suite struct `The sandbox's protocol` {
    @Test func `wants a key that it knows`() throws {
        let sandbox = try TestSandbox()
        var client = sandbox.client
        client.key = nil
        #expect(try client.get("/v1/customers").status == 401)
        client.key = "sk_test_of_somebody_else"
        let refused = try client.get("/v1/customers")
        #expect(refused.status == 401)
        #expect(try refused.error.type == "invalid_request_error")
        #expect(!refused.text.contains("sk_test_of_somebody_else"))
        #expect(refused.headers["request-id"]?.hasPrefix("req_") == true)
        #expect(refused.headers["date"]?.hasSuffix("GMT") == true)
    }

    @Test func `says the version that was asked for, and its own otherwise`() throws {
        let client = try TestSandbox().client
        #expect(try client.get("/v1/customers").headers["stripe-version"] == "2026-06-24.dahlia")
        let asked = try client.get("/v1/customers", headers: ["Stripe-Version": "2025-10-29.clover"])
        #expect(asked.headers["stripe-version"] == "2025-10-29.clover")
        #expect(try client.get("/v1/customers", headers: ["Stripe-Version": "latest"]).status == 400)
    }

    @Test func `dates its answers by its own clock`() throws {
        let sandbox = try TestSandbox()
        #expect(try sandbox.client.get("/v1/customers").headers["date"] == "Fri, 02 Jan 2026 03:04:05 GMT")
        sandbox.provider.advanceClock(milliseconds: 86_400_000)
        #expect(try sandbox.client.get("/v1/customers").headers["date"] == "Sat, 03 Jan 2026 03:04:05 GMT")
    }

    @Test(arguments: [
        "name", "=x", "na%2", "name=%zz", "name=%ff", "a[b=1", "a]b=1", "[a]=1", "a[][b]=1",
        "metadata[k][0]=1",
        "address[line1]=a&address=b", "preferred_locales[]=a&preferred_locales[0]=b", "a[b]c=1", "&name=x",
    ])
    func `reads forms strictly`(form: String) throws {
        let answer = try TestSandbox().client.post("/v1/customers", form)
        #expect(answer.status == 400, "\(form): \(answer.text)")
    }

    @Test func `takes no other body than a form`() throws {
        let client = try TestSandbox().client
        let answer = try client.post("/v1/customers", "{}", headers: ["Content-Type": "application/json"])
        #expect(answer.status == 400)
        #expect(try client.post("/v1/customers").status == 200)
    }

    @Test func `knows no other paths and methods`() throws {
        let client = try TestSandbox().client
        #expect(try client.get("/v1/refunds").status == 404)
        #expect(try client.get("/v1/customers/cus_1/cards").status == 404)
        #expect(try client.delete("/v1/customers").status == 404)
        #expect(try client.send("PUT", "/v1/customers").status == 404)
        #expect(try client.get("/elsewhere").status == 404)
        let missing = try client.get("/v1/customers/cus_1")
        #expect(try missing.error == ("invalid_request_error", "resource_missing", "id"))
    }

    @Test func `expands what it knows, and refuses what it does not`() throws {
        let client = try TestSandbox().client
        let product = try client.post("/v1/products", "name=Plan").id
        let form = "currency=eur&unit_amount=1&product=\(product)&expand[0]=product"
        #expect(try client.post("/v1/prices", form).json["product"]?["name"]?.string == "Plan")
        let listed = try client.get("/v1/prices?expand[]=data.product")
        #expect(try listed.json["data"]?.elements.first { _ in true }?["product"]?["id"]?.string == product)
        #expect(try client.get("/v1/prices?expand[]=product").status == 400)
        #expect(try client.get("/v1/products/\(product)?expand[]=colour").status == 400)
        #expect(try client.get("/v1/products/\(product)?expand[]=a.b.c.d.e").status == 400)
    }

    @Test func `keeps products and prices`() throws {
        let client = try TestSandbox().client
        let form = "name=Plan&default_price_data[currency]=EUR&default_price_data[unit_amount]=900"
        let product = try client.post("/v1/products", form + "&default_price_data[recurring][interval]=year")
        let price = try #require(try product.json["default_price"]?.string)
        #expect(try client.get("/v1/prices/\(price)").json["currency"]?.string == "eur")
        let archived = try client.post("/v1/prices/\(price)", "active=false&nickname=Old")
        #expect(try archived.json["nickname"]?.string == "Old")
        #expect(try client.get("/v1/prices?active=true").ids == [])
        #expect(try client.get("/v1/prices?product=\(try product.id)&type=recurring").ids == [price])
        #expect(try client.delete("/v1/products/\(try product.id)").status == 400)
        let other = try client.post("/v1/products", "name=Other").id
        #expect(try client.delete("/v1/products/\(other)").json["deleted"]?.boolean == true)
        // Unlike a customer, a deleted product is not found.
        #expect(try client.get("/v1/products/\(other)").status == 404)
    }

    @Test func `lists events by type, time and delivery`() throws {
        let sandbox = try TestSandbox()
        let client = sandbox.client
        let id = try client.post("/v1/customers", "name=A").id
        sandbox.provider.advanceClock(milliseconds: 2000)
        _ = try client.post("/v1/customers/\(id)", "name=B")
        _ = try client.post("/v1/products", "name=P")
        let all = try client.get("/v1/events")
        #expect(try all.ids == sandbox.provider.events.reversed().map(\.id))
        #expect(try client.get("/v1/events?type=customer.updated").ids.count == 1)
        #expect(try client.get("/v1/events?types[0]=customer.created&types[1]=product.*").ids.count == 2)
        #expect(try client.get("/v1/events?type=customer.*&created[gt]=\(TestSandbox.start)").ids.count == 1)
        let ids = try all.ids
        #expect(try client.get("/v1/events?ending_before=\(ids[2])").ids == Array(ids[..<2]))
        #expect(try client.get("/v1/events?starting_after=\(ids[0])&limit=1").ids == [ids[1]])
        #expect(try client.get("/v1/events/\(ids[0])").json["type"]?.string == "product.created")
        #expect(try client.get("/v1/events?starting_after=evt_1").status == 400)
        // Ids are in the order of time, as Stripe's are.
        #expect(ids[2] < ids[1])
        sandbox.provider.advanceClock(milliseconds: 30 * 86_400_000)
        #expect(try client.get("/v1/events").ids.count == 2)
    }

    @Test func `limits the rate before anything else, with and without a reason`() throws {
        let sandbox = try TestSandbox { $0.rateLimit = .init(perSecond: 2) }
        let client = sandbox.client
        #expect(try client.post("/v1/customers", "name=A", key: "a").status == 200)
        #expect(try client.post("/v1/customers", "name=A", key: "a").status == 200)
        let limited = try client.post("/v1/customers", "name=A", key: "b")
        #expect(limited.status == 429)
        #expect(limited.headers["stripe-rate-limited-reason"] == "global-rate")
        #expect(limited.headers["retry-after"] == nil)
        sandbox.provider.advanceClock(milliseconds: 500)
        let again = try client.post("/v1/customers", "name=A", key: "b")
        #expect(again.status == 200)
        #expect(again.headers["idempotent-replayed"] == nil)
        #expect(sandbox.provider.effects.countByStatus == [200: 3, 429: 1])

        let silent = try TestSandbox { $0.rateLimit = .init(perSecond: 1, tellsReason: false) }
        _ = try silent.client.get("/v1/customers")
        let refused = try silent.client.get("/v1/customers")
        #expect(refused.status == 429 && refused.headers["stripe-rate-limited-reason"] == nil)
    }
}
