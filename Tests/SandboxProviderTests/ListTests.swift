import JSON
import SandboxProvider
import Testing

@Suite struct `Lists of the sandbox` {
    let json = ["Content-Type": "application/json"]

    private func price(_ client: SandboxClient) throws -> String {
        try client.post(
            "/v1/prices",
            "currency=eur&unit_amount=1500&recurring[interval]=month&product_data[name]=Plan"
        ).id
    }

    private func elements(_ list: JSONValue?) -> [JSONValue] {
        list?["data"].map { Array($0.elements) } ?? []
    }

    private func ids(_ list: JSONValue?) -> [String] { elements(list).compactMap { $0["id"]?.string } }

    /// All ids of a list, page by page.
    private func walk(_ client: SandboxClient, _ target: String) throws -> [String] {
        var all: [String] = []
        while true {
            let after = all.last.map { "&starting_after=\($0)" } ?? ""
            let page = try client.get(target + after)
            try #require(page.status == 200)
            all += try page.ids
            guard try page.json["has_more"]?.boolean == true else { return all }
        }
    }

    @Test func `show ten rows inside an object, and all of them at their own address`() throws {
        let sandbox = try TestSandbox()
        let client = sandbox.client
        let price = try price(client)
        let customer = try client.post("/v1/customers", "name=A").id
        let items = (0..<25).map { "items[\($0)][price]=\(price)&items[\($0)][quantity]=\($0 + 1)" }
        let made = try client.post(
            "/v1/subscriptions",
            "customer=\(customer)&trial_period_days=3&" + items.joined(separator: "&")
        )
        let id = try made.id
        let shown = try made.json["items"]
        #expect(ids(shown).count == 10)
        #expect(shown?["has_more"]?.boolean == true)
        #expect(shown?["total_count"]?.integer == 25)
        #expect(shown?["url"]?.string == "/v1/subscription_items?subscription=\(id)")

        let all = try walk(client, "/v1/subscription_items?subscription=\(id)&limit=7")
        #expect(all.count == 25 && Set(all).count == 25)
        #expect(Array(all[..<10]) == ids(shown))
        let backwards = try client.get(
            "/v1/subscription_items?subscription=\(id)&limit=3&ending_before=\(all[5])"
        )
        #expect(try backwards.ids == Array(all[2..<5]))
        #expect(try backwards.json["has_more"]?.boolean == true)
        #expect(
            try client.get("/v1/subscription_items?subscription=\(id)&starting_after=si_1").status == 400
        )
        #expect(try client.get("/v1/subscription_items").error.parameter == "subscription")

        let listed = try client.get("/v1/subscriptions").json
        #expect(ids(elements(listed)[0]["items"]) == Array(all[..<10]))
        let invoice = try #require(try made.json["latest_invoice"]?.string)
        let bill = try client.get("/v1/invoices/\(invoice)").json
        #expect(ids(bill["lines"]).count == 10 && bill["lines"]?["has_more"]?.boolean == true)
        let lines = try walk(client, "/v1/invoices/\(invoice)/lines?limit=10")
        #expect(lines.count == 25 && Array(lines[..<10]) == ids(bill["lines"]))
        let expanded = try client.get("/v1/subscriptions/\(id)?expand[0]=latest_invoice").json
        #expect(ids(expanded["latest_invoice"]?["lines"]).count == 10)

        let told = try JSONDocument.parse(
            try #require(sandbox.provider.events.first { $0.type == "customer.subscription.created" }).json
        ).root
        #expect(ids(told["data"]?["object"]?["items"]).count == 10)
    }

    @Test func `tell of a change to a row that the object does not show`() throws {
        let sandbox = try TestSandbox()
        let client = sandbox.client
        let price = try price(client)
        let customer = try client.post("/v1/customers", "name=A").id
        let items = (0..<12).map { "items[\($0)][price]=\(price)" }
        let id = try client.post(
            "/v1/subscriptions",
            "customer=\(customer)&trial_period_days=3&" + items.joined(separator: "&")
        ).id
        var rows = try #require(sandbox.provider.object(id)?["items"]?.object?["data"]?.list)
        var last = try #require(rows[11].object)
        last["quantity"] = 7
        rows[11] = .object(last)
        let before = sandbox.provider.events.count
        #expect(sandbox.provider.edit(id, ["items": ["data": .list(rows)]]))
        let event = try #require(sandbox.provider.events.last)
        #expect(sandbox.provider.events.count == before + 1)
        let told = try JSONDocument.parse(event.json).root
        #expect(told["data"]?["previous_attributes"] == nil)
        let page = try client.get("/v1/subscription_items?subscription=\(id)&limit=100").json
        #expect(elements(page)[11]["quantity"]?.integer == 7)
    }

    @Test func `write made-up customers as they are read one by one`() throws {
        let sandbox = try TestSandbox { configuration in
            configuration.customers = 100_003
            configuration.seed = 7
        }
        let client = sandbox.client
        let page = try client.get("/v1/customers?limit=100")
        #expect(elements(try page.json).count == 100)
        for customer in elements(try page.json) {
            let id = try #require(customer["id"]?.string)
            #expect(try client.get("/v1/customers/\(id)").body == Array(customer.rawBytes))
        }
        let ids = try page.ids
        // Deleted, edited, put on a test clock: each as any other list would have it.
        #expect(sandbox.provider.remove(ids[3]))
        #expect(sandbox.provider.edit(ids[5], ["name": "Touched"]))
        #expect(sandbox.provider.edit(ids[7], ["test_clock": "clock_1"]))
        let rest = ids.enumerated().filter { $0.offset != 3 && $0.offset != 7 }.map(\.element)
        let again = try client.get("/v1/customers?limit=98")
        #expect(try again.ids == rest)
        #expect(elements(try again.json)[4]["name"]?.string == "Touched")
        #expect(try again.json["has_more"]?.boolean == true)
        #expect(try client.get("/v1/customers?test_clock=clock_1").ids == [ids[7]])
        #expect(
            try client.get("/v1/customers?limit=5&ending_before=\(ids[8])").ids
                == [1, 2, 4, 5, 6].map { ids[$0] }
        )
        for gone in [3, 7] {
            let dead = try client.get("/v1/customers?starting_after=\(ids[gone])")
            #expect(dead.status == 400)
            #expect(try dead.error.parameter == "starting_after")
        }
    }

    @Test func `page a large account from one end to the other, within a range of time`() throws {
        let sandbox = try TestSandbox { $0.customers = 2_500 }
        let client = sandbox.client
        let all = try walk(client, "/v1/customers?limit=100")
        #expect(all.count == 2_500 && Set(all).count == 2_500)
        let middle = try #require(try client.get("/v1/customers/\(all[1_200])").json["created"]?.integer)
        let newer = try walk(client, "/v1/customers?limit=100&created[gt]=\(middle)")
        let older = try walk(client, "/v1/customers?limit=100&created[lte]=\(middle)")
        #expect(newer + older == all)
    }

    @Test func `leave out what is on a test clock, unless asked for it or its customer`() throws {
        let sandbox = try TestSandbox()
        let client = sandbox.client
        let price = try price(client)
        let customer = try client.post("/v1/customers", "name=A&test_clock=clock_1").id
        let id = try client.post(
            "/v1/subscriptions",
            "customer=\(customer)&trial_period_days=3&items[0][price]=\(price)"
        ).id
        #expect(try client.get("/v1/customers").ids.isEmpty)
        #expect(try client.get("/v1/customers?test_clock=clock_1").ids == [customer])
        #expect(try client.get("/v1/subscriptions?status=all").ids.isEmpty)
        #expect(try client.get("/v1/subscriptions?test_clock=clock_1").ids == [id])
        #expect(try client.get("/v1/subscriptions?customer=\(customer)").ids == [id])
        #expect(try client.get("/v1/invoices").ids.isEmpty)
        #expect(try client.get("/v1/invoices?customer=\(customer)").ids.count == 1)
        #expect(try client.get("/v1/customers/\(customer)").json["test_clock"]?.string == "clock_1")
    }

    @Test func `show events for thirty days, and know no older one as a cursor`() throws {
        let sandbox = try TestSandbox()
        let client = sandbox.client
        for number in 0..<3 {
            _ = try client.post("/v1/customers", "name=\(number)")
            sandbox.provider.advanceClock(milliseconds: 86_400_000)
        }
        let ids = sandbox.provider.events.map(\.id)
        #expect(try client.get("/v1/events?ending_before=\(ids[0])").ids == [ids[2], ids[1]])
        sandbox.provider.advanceClock(milliseconds: 28 * 86_400_000)
        #expect(try client.get("/v1/events").ids == [ids[2], ids[1]])
        let dead = try client.get("/v1/events?ending_before=\(ids[0])")
        #expect(dead.status == 400)
        #expect(try dead.error == ("invalid_request_error", "resource_missing", "ending_before"))
        #expect(try client.get("/v1/events?ending_before=\(ids[1])").ids == [ids[2]])
    }
}
