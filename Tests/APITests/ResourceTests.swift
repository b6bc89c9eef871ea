import API
import BillingModel
import CustomerStore
import Database
import HTTPServer
import JSON
import Testing

@Suite struct ResourceTests {
    let harness: Harness
    let rows: StoreRows
    let key: String

    init() throws {
        harness = try Harness()
        rows = StoreRows(harness: harness)
        key = try harness.key()
    }

    private static let lists = [
        "customers", "subscriptions", "products", "prices", "invoices", "checkout_sessions",
        "payment_methods",
    ]

    @Test(arguments: lists)
    func `an empty list is an empty page`(list: String) throws {
        let answer = harness.get("/v1/\(list)", key: key)
        #expect(answer.status == 200)
        #expect(answer.text == #"{"data":[],"has_more":false,"next_cursor":null}"#)
    }

    @Test(arguments: zip(lists, ["cus_1", "sub_1", "prod_1", "price_1", "in_1", "cs_1", "pm_1"]))
    func `every kind is listed, and got by our id and the provider's`(list: String, providerID: String) throws
    {
        try rows.signUp()
        let listed = try harness.get("/v1/\(list)", key: key).json()["data"]
        let only = try #require(listed?.elements.map { $0 }.first)
        #expect(listed?.count == 1)
        let id = try #require(only["id"]?.string)
        for name in [id, providerID] {
            let got = harness.get("/v1/\(list)/\(name)", key: key)
            #expect(got.status == 200)
            #expect(got.body == only.rawBytes)
        }
        #expect(only["live_mode"]?.boolean == false)
        #expect(only["version"]?.integer ?? 0 >= 1)
        let sync = only["sync"]
        #expect(sync?["state"]?.string == "synced")
        #expect(sync?["freshness"]?.string == "chained")
        #expect(sync?["provider"]?.string == "stripe")
        #expect(sync?["provider_id"]?.string == providerID)
        #expect(sync?["connection"]?.string == "stripe-test")
        for filtered in ["?provider_id=\(providerID)", "?created_after=2000-01-01T00:00:00Z"] {
            #expect(try harness.get("/v1/\(list)\(filtered)", key: key).ids() == [id])
        }
        for filtered in ["?provider_id=none", "?created_before=2000-01-01T00:00:00Z"] {
            #expect(try harness.get("/v1/\(list)\(filtered)", key: key).ids() == [])
        }
    }

    @Test(arguments: lists)
    func `another mode and another site see nothing, by list or by id`(list: String) throws {
        try rows.signUp()
        let id = try #require(try harness.get("/v1/\(list)", key: key).ids().first)
        let live = try harness.key(.live)
        let shop = try harness.key(.test, sites: ["shop"])
        for other in [live, shop] {
            #expect(try harness.get("/v1/\(list)", key: other).ids() == [])
            #expect(harness.get("/v1/\(list)/\(id)", key: other).status == 404)
        }
    }

    @Test func `a customer shows itself and what follows from its subscription`() throws {
        try rows.signUp()
        let customer = try harness.get("/v1/customers/cus_1", key: key).json()
        #expect(customer["object"]?.string == "customer")
        #expect(customer["site_id"]?.string == "main")
        #expect(customer["email"]?.string == "jo@example.com")
        #expect(customer["name"]?.string == "Jo \"Doe\"")
        #expect(customer["status"]?.string == "active")
        #expect(customer["metadata"]?["plan"]?.string == "a/b")
        #expect(customer["stripe_customer_id"]?.string == "cus_1")
        #expect(customer["lifetime_revenue"]?["amount"]?.integer == 1700)
        #expect(customer["lifetime_revenue_by_currency"]?["usd"]?.integer == 1700)
        #expect(customer["created_at"]?.string == "2023-11-14T22:13:20Z")
        #expect(customer["product_provider_id"]?.string == "prod_1")
        #expect(customer["default_payment_method_id"]?.string?.hasPrefix("pmt_") == true)
        #expect(customer["subscriptions"] == nil && customer["provider_data"] == nil)
        #expect(customer["current_subscription_id"]?.string?.hasPrefix("sbs_") == true)
    }

    @Test func `a subscription shows its items and names its relations`() throws {
        try rows.signUp()
        let subscription = try harness.get("/v1/subscriptions/sub_1", key: key).json()
        #expect(subscription["status"]?.string == "active")
        #expect(subscription["customer_id"]?.string?.hasPrefix("cst_") == true)
        #expect(subscription["latest_invoice_id"]?.string?.hasPrefix("ivc_") == true)
        #expect(subscription["current_period_end"]?.string == "2023-12-08T01:46:40Z")
        let item = try #require(subscription["items"]?.elements.map { $0 }.first)
        #expect(item["id"]?.string?.hasPrefix("itm_") == true)
        #expect(item["price_provider_id"]?.string == "price_1")
        #expect(item["price_id"]?.string?.hasPrefix("prc_") == true)
        #expect(item["quantity"]?.integer == 2 && item["unit_amount"]?.integer == 1700)
    }

    @Test func `expansion writes relations in full, two deep`() throws {
        try rows.signUp()
        let expanded = try harness.get(
            "/v1/customers/cus_1?expand=subscriptions.latest_invoice,default_payment_method&expand=product,price",
            key: key
        ).json()
        let subscription = try #require(expanded["subscriptions"]?.elements.map { $0 }.first)
        #expect(subscription["object"]?.string == "subscription")
        #expect(subscription["latest_invoice"]?["number"]?.string == "A-1")
        #expect(subscription["customer"] == nil)
        #expect(expanded["default_payment_method"]?["last4"]?.string == "4242")
        #expect(expanded["product"]?["name"]?.string == "Pro")
        #expect(expanded["price"]?["unit_amount"]?.integer == 1700)

        let session = try harness.get(
            "/v1/checkout_sessions/cs_1?expand=customer,subscription,invoice",
            key: key
        ).json()
        #expect(session["customer"]?["email"]?.string == "jo@example.com")
        #expect(session["subscription"]?["status"]?.string == "active")
        #expect(session["invoice"]?["amount_paid"]?.integer == 1700)

        let listed = try harness.get("/v1/subscriptions?expand=customer", key: key).json()
        #expect(listed["data"]?.elements.map { $0 }.first?["customer"]?["object"]?.string == "customer")
    }

    @Test func `provider data is what the provider sent, byte for byte`() throws {
        try rows.signUp()
        let answer = harness.get("/v1/customers/cus_1?expand=provider_data", key: key)
        #expect(answer.text.contains(#""provider_data":{"id": "cus_1",  "exact": 1.50},"#))
        let missing = try harness.get("/v1/invoices/in_1?expand=provider_data", key: key).json()
        #expect(missing["provider_data"]?.isNull == true)
    }

    @Test func `what cannot be expanded is refused with what can`() throws {
        let answer = harness.get("/v1/invoices?expand=charge", key: key)
        #expect(answer.code == "invalid_expand")
        #expect(try answer.field("detail")?.contains("customer, provider_data, subscription") == true)
    }

    @Test func `filters narrow, also by a related object's id of either kind`() throws {
        try rows.signUp()
        try rows.customer("cus_2", created: 1_700_000_100)
        try rows.subscription("sub_2", of: "cus_2") { $0.status = .canceled }
        try rows.invoice("in_2", of: "cus_2", subscription: "sub_2") { $0.status = .open }
        func provider(_ target: String) throws -> [String] {
            try harness.get(target, key: key).json()["data"]?.elements.compactMap {
                $0["sync"]?["provider_id"]?.string
            } ?? []
        }
        let cst = try #require(try harness.get("/v1/customers/cus_2", key: key).field("id"))
        #expect(try provider("/v1/customers?status=active") == ["cus_1"])
        #expect(try provider("/v1/customers?email=JO@example.com") == ["cus_1"])
        #expect(try provider("/v1/subscriptions?customer_id=\(cst)") == ["sub_2"])
        #expect(try provider("/v1/subscriptions?customer_id=cus_1") == ["sub_1"])
        #expect(try provider("/v1/subscriptions?customer_id=cus_none") == [])
        #expect(try provider("/v1/subscriptions?status=canceled") == ["sub_2"])
        #expect(try provider("/v1/invoices?subscription_id=sub_2") == ["in_2"])
        #expect(try provider("/v1/invoices?status=paid") == ["in_1"])
        #expect(try provider("/v1/prices?product_id=prod_1") == ["price_1"])
        #expect(try provider("/v1/prices?active=false") == [])
        #expect(try provider("/v1/customers/cus_2/subscriptions") == ["sub_2"])
        #expect(harness.get("/v1/customers/cus_9/subscriptions", key: key).code == "customer_not_found")
        #expect(harness.get("/v1/customers/cus_9", key: key).code == "customer_not_found")
        #expect(harness.get("/v1/subscriptions?status=odd", key: key).code == "invalid_parameter")
    }

    @Test func `a customer is found by the application's own id`() throws {
        try rows.customer("cus_1") { customer in
            customer.email = "jo@example.com"
        }
        let id = try #require(try harness.get("/v1/customers/cus_1", key: key).field("id"))
        try harness.write { transaction throws(DatabaseError) in
            _ = try transaction.execute(
                Statement("test.external", "UPDATE customers SET external_id = 'user/1'"),
                []
            )
        }
        #expect(try harness.get("/v1/customers/user%2F1", key: key).field("id") == id)
        #expect(try harness.get("/v1/customers?external_id=user/1", key: key).ids() == [id])
    }

    @Test(arguments: [1, 7, 100])
    func `pages join to the whole list while rows of one moment are many`(limit: Int) throws {
        for number in 0..<30 {
            try rows.customer("cus_\(number)", created: 1_700_000_000 + Int64(number / 10))
        }
        var seen: [String] = []
        var cursor: String?
        repeat {
            let answer = harness.get(
                "/v1/customers?limit=\(limit)" + (cursor.map { "&cursor=\($0)" } ?? ""),
                key: key
            )
            seen += try answer.json()["data"]?.elements.compactMap { $0["stripe_customer_id"]?.string } ?? []
            cursor = try answer.field("next_cursor")
        } while cursor != nil && seen.count < 100
        #expect(seen == (0..<30).reversed().map { "cus_\($0)" })
    }

    @Test func `limits and cursors that are none are refused`() throws {
        for limit in ["0", "-1", "101", "x", "1.5", "99999999999999999999"] {
            #expect(harness.get("/v1/customers?limit=\(limit)", key: key).code == "invalid_limit")
        }
        #expect(harness.get("/v1/customers?limit=51&expand=subscriptions", key: key).code == "invalid_limit")
        #expect(harness.get("/v1/customers?cursor=abc", key: key).code == "invalid_cursor")
        for number in 0..<3 { try rows.customer("cus_\(number)") }
        let cursor = try #require(try harness.get("/v1/customers?limit=1", key: key).field("next_cursor"))
        #expect(harness.get("/v1/customers?limit=2&cursor=\(cursor)", key: key).status == 200)
        for target in ["/v1/customers?status=active&cursor=\(cursor)", "/v1/invoices?cursor=\(cursor)"] {
            #expect(harness.get(target, key: key).code == "invalid_cursor")
        }
        let live = try harness.key(.live)
        #expect(harness.get("/v1/customers?cursor=\(cursor)", key: live).code == "invalid_cursor")
    }

    @Test func `what has not changed is not sent again, and what has is`() throws {
        try rows.signUp()
        for target in ["/v1/customers/cus_1", "/v1/customers/cus_1?expand=subscriptions", "/v1/customers"] {
            let first = harness.get(target, key: key)
            let tag = try #require(first.headerValue("ETag"))
            let again = harness.get(target, key: key, ifNoneMatch: tag)
            #expect(again.status == 304 && again.body.isEmpty)
            #expect(harness.get(target, key: key, ifNoneMatch: "\"0\"").status == 200)
        }
        let plain = try #require(harness.get("/v1/customers/cus_1", key: key).headerValue("ETag"))
        let expanded = "/v1/customers/cus_1?expand=subscriptions.latest_invoice"
        let tag = try #require(harness.get(expanded, key: key).headerValue("ETag"))
        // A second subscription that changes nothing of the customer itself.
        try rows.subscription("sub_0", of: "cus_1", created: 1_600_000_000) { $0.status = .expired }
        #expect(harness.get(expanded, key: key, ifNoneMatch: tag).status == 200)
        #expect(plain.hasPrefix("\""))
    }

    @Test func `a key of several sites must name one`() throws {
        try rows.customer("cus_m", connection: 1)
        try rows.customer("cus_s", connection: 3)
        let both = try harness.key(.test, sites: ["main", "shop"])
        #expect(harness.get("/v1/customers", key: both).code == "site_required")
        for (site, customer) in [("main", "cus_m"), ("shop", "cus_s")] {
            let byField = harness.get("/v1/customers", key: both, site: site)
            let byQuery = harness.get("/v1/customers?site_id=\(site)", key: both)
            #expect(byField.text.contains(customer) && byField.text == byQuery.text)
        }
        #expect(
            harness.get("/v1/customers?site_id=main", key: both, site: "shop").code == "invalid_parameter"
        )
        #expect(harness.get("/v1/customers?site_id=other", key: both).status == 404)
        #expect(harness.get("/v1/customers?site_id=shop", key: key).status == 404)
    }

    @Test func `the control socket names site and mode where there are several`() throws {
        try rows.customer("cus_l", connection: 2)
        #expect(harness.call(APICall(.get, "/v1/customers"), through: .socket).code == "site_required")
        #expect(
            harness.call(APICall(.get, "/v1/customers?site_id=main"), through: .socket).code
                == "mode_required"
        )
        let live = harness.call(APICall(.get, "/v1/customers?site_id=main&mode=live"), through: .socket)
        #expect(live.text.contains("cus_l"))
        #expect(harness.call(APICall(.get, "/v1/customers?site_id=shop"), through: .socket).status == 200)
        #expect(harness.get("/v1/customers?mode=live", key: key).code == "unknown_parameter")
    }

    @Test func `one id in two connections of a site wants our id`() throws {
        try rows.subscription("sub_x", of: "cus_1", connection: 1)
        let second = try rows.subscription("sub_x", of: "cus_1", connection: 4)
        #expect(harness.get("/v1/subscriptions/sub_x", key: key).code == "ambiguous_provider_id")
        let got = try harness.get("/v1/subscriptions/\(publicID(.subscription, second))", key: key).json()
        #expect(got["sync"]?["connection"]?.string == "second-test")
    }
}
