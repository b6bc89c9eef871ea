import BillingModel
import JSON
import Providers
import SandboxProvider
import Testing

/// What the sandbox says is what the gateway's decoders expect of the real one.
@Suite struct `Objects of the sandbox` {
    @Test func `are read by the gateway's decoders without a problem, in events and in answers`() throws {
        let sandbox = try TestSandbox()
        let client = sandbox.client
        let price = try client.post(
            "/v1/prices",
            "currency=eur&unit_amount=1500&recurring[interval]=month&product_data[name]=Plan"
        ).id
        for rest in ["", "&subscription_data[trial_period_days]=7"] {
            let form = "mode=subscription&success_url=x&line_items[0][price]=\(price)" + rest
            let session = try client.post("/v1/checkout/sessions", form).id
            _ = try client.post("/pay/\(session)", "email=a%40b.c&name=A")
        }
        sandbox.provider.advanceClock(milliseconds: 40 * 86_400_000)

        var types: Set<String> = []
        for event in sandbox.provider.events {
            let reading = StripeDecoder.envelope(try JSONDocument.parse(event.json).root)
            guard case .event(let told) = reading, let object = told.object, let type = told.objectType else {
                Issue.record("\(event.type) cannot be read")
                continue
            }
            #expect(told.id == event.id)
            #expect(told.second == event.created)
            #expect(told.apiVersion == "2026-06-24.dahlia")
            #expect(told.objectID == ProviderID(event.objectID))
            types.insert(type.rawValue)
            check(StripeDecoder.decode(type: type.rawValue, object), event.type)
        }
        #expect(
            types.isSuperset(of: [
                "charge", "checkout.session", "customer", "invoice", "invoice_payment", "payment_method",
                "price",
                "product", "subscription",
            ])
        )
        let lists = [
            "checkout/sessions": "checkout.session", "customers": "customer", "invoices": "invoice",
            "prices": "price", "subscriptions": "subscription",
        ]
        for (path, type) in lists {
            let rows = try #require(try client.get("/v1/\(path)?limit=100").json["data"])
            #expect(rows.count > 0)
            for row in rows.elements { check(StripeDecoder.decode(type: type, row), path) }
        }
    }

    private func check(_ decoded: DecodedObject, _ place: String) {
        #expect(decoded.problems.isEmpty, "\(place)")
        if case .unusable = decoded.content { Issue.record("\(place) is unusable") }
    }

    @Test func `link each update to the state before it`() throws {
        let sandbox = try TestSandbox()
        let id = try sandbox.client.post("/v1/customers", "name=0&metadata[n]=0").id
        for number in 1...20 {
            let parity = number.isMultiple(of: 3) ? "&metadata[n]=" : "&metadata[n]=\(number)"
            _ = try sandbox.client.post("/v1/customers/\(id)", "name=\(number)" + parity)
        }
        var last: JSONValue?
        for event in sandbox.provider.events {
            let data = try #require(try JSONDocument.parse(event.json).root["data"])
            let object = try #require(data["object"])
            if let last, let former = data["previous_attributes"] {
                #expect(former["name"]?.string == last["name"]?.string)
                let before = former["metadata"]?["n"]
                #expect(
                    before?.isNull == true
                        ? last["metadata"]?["n"] == nil : before?.string == last["metadata"]?["n"]?.string
                )
            }
            last = object
        }
    }
}
