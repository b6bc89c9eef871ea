import JSON
import SandboxProvider
import Testing

@Suite struct `Customers of the sandbox` {
    let sandbox: TestSandbox
    let client: SandboxClient

    init() throws {
        sandbox = try TestSandbox()
        client = sandbox.client
    }

    @Test func `are created, read, changed, cleared and deleted`() throws {
        let created = try client.post(
            "/v1/customers",
            "email=ada%40example.com&name=Ada+L&metadata[a]=1&metadata[b]=2&address[line1]=Street+1"
                + "&preferred_locales[0]=de&preferred_locales[1]=en"
        )
        #expect(created.status == 200)
        let id = try created.id
        #expect(id.hasPrefix("cus_") && id.utf8.count == 18)
        #expect(try created.json["created"]?.integer == TestSandbox.start)
        #expect(try created.json["name"]?.string == "Ada L")
        #expect(try created.json["address"]?["line1"]?.string == "Street 1")
        #expect(try created.json["address"]?["line2"]?.isNull == true)
        #expect(try created.json["preferred_locales"]?.elements.compactMap(\.string) == ["de", "en"])

        let changed = try client.post(
            "/v1/customers/\(id)",
            "name=&metadata[a]=&metadata[c]=3&address[line2]=Back"
        )
        #expect(try changed.json["name"]?.isNull == true)
        #expect(try changed.json["email"]?.string == "ada@example.com")
        #expect(try changed.json["metadata"]?.members.map(\.key) == ["b", "c"])
        #expect(try changed.json["address"]?["line1"]?.string == "Street 1")
        #expect(try client.get("/v1/customers/\(id)").body == changed.body)

        let without = try client.post("/v1/customers/\(id)", "metadata=&address=")
        #expect(try without.json["metadata"]?.count == 0)
        #expect(try without.json["address"]?.isNull == true)

        let deleted = try client.delete("/v1/customers/\(id)")
        #expect(deleted.text == "{\"id\":\"\(id)\",\"object\":\"customer\",\"deleted\":true}")
        let gone = try client.get("/v1/customers/\(id)")
        #expect(gone.status == 200)
        #expect(gone.body == deleted.body)
        #expect(try client.post("/v1/customers/\(id)", "name=x").status == 404)
        #expect(try client.delete("/v1/customers/\(id)").status == 404)
    }

    @Test func `tell each change with what was before, and with the request's key`() throws {
        let id = try client.post("/v1/customers", "email=a%40b.c&metadata[k]=1", key: "key-1").id
        let update = try client.post(
            "/v1/customers/\(id)",
            "email=&metadata[k]=2&metadata[n]=x",
            key: "key-2"
        )
        try client.post("/v1/customers/\(id)", "metadata[k]=2", key: "key-3").id.isEmpty ? () : ()
        _ = try client.delete("/v1/customers/\(id)")

        let events = sandbox.provider.events
        #expect(events.map(\.type) == ["customer.created", "customer.updated", "customer.deleted"])
        #expect(events.map(\.idempotencyKey) == ["key-1", "key-2", nil])
        let told = try JSONDocument.parse(events[1].json).root
        #expect(told["request"]?["id"]?.string == update.headers["request-id"])
        let former = try #require(told["data"]?["previous_attributes"])
        #expect(
            String(decoding: former.rawBytes, as: UTF8.self)
                == "{\"email\":\"a@b.c\",\"metadata\":{\"k\":\"1\",\"n\":null}}"
        )
        let last = try JSONDocument.parse(events[2].json).root
        #expect(last["data"]?["object"]?["deleted"] == nil)
        #expect(last["data"]?["object"]?["metadata"]?["k"]?.string == "2")
    }

    @Test func `are listed newest first, page by page, in both directions`() throws {
        var made: [String] = []
        for number in 1...7 {
            made.append(try client.post("/v1/customers", "email=c\(number)%40b.c").id)
            sandbox.provider.advanceClock(milliseconds: 1000)
        }
        let newest = Array(made.reversed())
        let first = try client.get("/v1/customers?limit=3")
        #expect(try first.ids == Array(newest[..<3]))
        #expect(try first.json["has_more"]?.boolean == true)
        #expect(try first.json["url"]?.string == "/v1/customers")
        let second = try client.get("/v1/customers?limit=3&starting_after=\(newest[2])")
        #expect(try second.ids == Array(newest[3..<6]))
        let third = try client.get("/v1/customers?limit=3&starting_after=\(newest[5])")
        #expect(try third.ids == [newest[6]])
        #expect(try third.json["has_more"]?.boolean == false)
        let back = try client.get("/v1/customers?limit=2&ending_before=\(newest[3])")
        #expect(try back.ids == Array(newest[1..<3]))
        #expect(try back.json["has_more"]?.boolean == true)

        let start = TestSandbox.start
        let range = "/v1/customers?created%5Bgt%5D=\(start)&created[lte]=\(start + 2)"
        #expect(try client.get(range).ids == [made[2], made[1]])
        #expect(try client.get("/v1/customers?created=\(start + 3)").ids == [made[3]])
        #expect(try client.get("/v1/customers?email=c5%40b.c").ids == [made[4]])
        #expect(try client.get("/v1/customers?email=C5%40b.c").ids == [])
    }

    @Test func `end a walk whose cursor was deleted, and leave the deleted out of lists`() throws {
        let ids = try (1...3).map { try client.post("/v1/customers", "name=\($0)").id }
        _ = try client.delete("/v1/customers/\(ids[1])")
        #expect(try client.get("/v1/customers").ids == [ids[2], ids[0]])
        let dead = try client.get("/v1/customers?starting_after=\(ids[1])")
        #expect(dead.status == 400)
        #expect(try dead.error == ("invalid_request_error", "resource_missing", "starting_after"))
        #expect(
            try client.get("/v1/customers?starting_after=\(ids[0])&ending_before=\(ids[2])").status == 400
        )
    }

    @Test(
        arguments: [
            ("colour=red", "parameter_unknown", "colour"),
            ("metadata[a]=1&address[street]=x", "parameter_unknown", "address[street]"),
            ("email=nobody", "email_invalid", "email"),
            ("balance=1.5", "parameter_invalid_integer", "balance"),
            ("tax_exempt=maybe", nil, "tax_exempt"),
            ("address=x", nil, "address"),
            ("name[0]=x", nil, "name"),
            ("preferred_locales[1]=de", nil, "preferred_locales"),
            ("name=a&name=b", nil, "name"),
            ("shipping[phone]=1", "parameter_missing", "shipping[name]"),
            ("balance=", "parameter_invalid_empty", "balance"),
            (
                "invoice_settings[default_payment_method]=pm_1", "resource_missing",
                "invoice_settings[default_payment_method]"
            ),
        ] as [(String, String?, String)]
    )
    func `are refused with the parameter's name`(form: String, code: String?, parameter: String) throws {
        let answer = try client.post("/v1/customers", form)
        #expect(answer.status == 400)
        let error = try answer.error
        #expect(error.type == "invalid_request_error")
        #expect(error.code == code)
        #expect(error.parameter == parameter)
        #expect(sandbox.provider.ids(.customer).isEmpty)
    }

    @Test(arguments: ["limit=0", "limit=101", "limit=x", "page=2", "created[after]=1"])
    func `are not listed by parameters that nobody knows`(query: String) throws {
        #expect(try client.get("/v1/customers?\(query)").status == 400)
    }

    @Test func `number a million without being stored`() throws {
        let large = try TestSandbox { configuration in
            configuration.customers = 1_000_000
            configuration.seed = 42
        }
        let page = try large.client.get("/v1/customers?limit=100")
        let ids = try page.ids
        #expect(ids.count == 100)
        let again = try TestSandbox { configuration in
            configuration.customers = 1_000_000
            configuration.seed = 42
        }
        #expect(try again.client.get("/v1/customers?limit=100").ids == ids)
        let id = ids[50]
        let customer = try large.client.get("/v1/customers/\(id)")
        let email = try #require(try customer.json["email"]?.string)
        #expect(try large.client.get("/v1/customers?email=\(email)").ids == [id])
        let created = try #require(try customer.json["created"]?.integer)
        #expect(try large.client.get("/v1/customers?created=\(created)").ids.contains(id))

        #expect(try large.client.post("/v1/customers/\(id)", "name=Touched").status == 200)
        #expect(try large.client.get("/v1/customers?limit=100").ids == ids)
        _ = try large.client.delete("/v1/customers/\(ids[10])")
        let rest = try large.client.get("/v1/customers?limit=100").ids
        #expect(Array(rest[..<99]) == ids.filter { $0 != ids[10] })
        let made = try large.client.post("/v1/customers", "name=New").id
        #expect(try large.client.get("/v1/customers?limit=1").ids == [made])
        #expect(try large.client.get("/v1/customers?limit=1&starting_after=\(made)").ids == [ids[0]])
        #expect(large.provider.ids(.customer) == [made])
    }
}
