import API
import BillingModel
import CustomerStore
import Database
import DatabaseSQLite
import HTTPServer
import JSON
import Outbox
import Providers
import Testing
import Timing

/// What the outbox holds, oldest first, as words that a test can read.
func queued(in harness: Harness) throws -> [String] {
    try harness.database.read { transaction throws(DatabaseError) in
        try OutboxAdministration.list(StoredOperationFilter(), before: nil, limit: 100, in: transaction)
    }.reversed().map { "\($0.kind.rawValue) \($0.connection.rawValue) \($0.state.rawValue)" }
}

@Suite struct CustomerWriteTests {
    let harness: Harness
    let key: String

    init() throws {
        harness = try Harness()
        key = try harness.key(scopes: [.write])
    }

    private func create(_ body: String) -> APIAnswer {
        harness.send(.post, "/v1/customers", key: key, body: body)
    }

    private func patch(_ id: String, _ body: String, ifMatch: String? = nil) -> APIAnswer {
        harness.send(.patch, "/v1/customers/\(id)", key: key, body: body, ifMatch: ifMatch)
    }

    // MARK: Making

    @Test func `a new customer is shown as GET shows it, and its creation is queued in the same commit`()
        throws
    {
        let made = create(
            #"{"external_id":"user_1","email":" Jo@Example.com ","name":"Jo","phone":"+1 (555) 5555-555","language":"en","metadata":{"plan":"pro","seats":3}}"#
        )
        #expect(made.status == 201)
        let id = try #require(try made.field("id"))
        #expect(made.headerValue("Location") == "/v1/customers/\(id)")
        #expect(try made.field("email") == "Jo@Example.com")
        #expect(try made.field("phone") == "+15555555555")
        #expect(try made.json()["metadata"]?["seats"]?.string == "3")
        #expect(try made.json()["sync"]?["state"]?.string == "pending")
        let shown = harness.get("/v1/customers/\(id)", key: key)
        #expect(shown.body == made.body && shown.headerValue("ETag") == made.headerValue("ETag"))
        #expect(harness.get("/v1/customers/user_1", key: key).body == made.body)
        #expect(try harness.get("/v1/customers?email=jo@example.com", key: key).ids() == [id])
        #expect(try queued(in: harness) == ["create_customer 1 queued"])
    }

    @Test func `the same external id again is the same customer, with its blanks filled`() throws {
        let first = create(#"{"external_id":"user_1","name":"Jo"}"#)
        let again = create(#"{"external_id":"user_1","name":"Other","email":"jo@example.com"}"#)
        #expect(first.status == 201 && again.status == 200)
        #expect(try again.field("id") == first.field("id"))
        #expect(try again.field("name") == "Jo")
        #expect(try again.field("email") == "jo@example.com")
        #expect(try queued(in: harness) == ["create_customer 1 queued"])
        let unchanged = create(#"{"external_id":"user_1"}"#)
        #expect(unchanged.body == again.body)
    }

    @Test func `a customer made in advance without an id is claimed by its address`() throws {
        let made = create(#"{"email":"ceo@acme.co","name":"Acme"}"#)
        let met = create(#"{"email":"CEO@acme.co"}"#)
        let claimed = create(#"{"external_id":"u7","email":"CEO@acme.co "}"#)
        #expect([made, met, claimed].map(\.status) == [201, 200, 200])
        #expect(try claimed.field("id") == made.field("id"))
        #expect(try claimed.field("external_id") == "u7")
        #expect(try claimed.field("email") == "ceo@acme.co")
        let taken = create(#"{"external_id":"u8","email":"ceo@acme.co"}"#)
        #expect(taken.status == 409 && taken.code == "customer_email_taken")
        #expect(!taken.text.contains("acme.co"))
        #expect(try harness.get("/v1/customers", key: key).ids().count == 1)
    }

    @Test func `an address that only an event told of links and blocks nothing`() throws {
        try StoreRows(harness: harness).customer("cus_1") { $0.email = "jo@example.com" }
        let made = create(#"{"external_id":"u1","email":"jo@example.com"}"#)
        #expect(made.status == 201)
        #expect(try harness.get("/v1/customers", key: key).ids().count == 2)
    }

    @Test func `with on_billing nothing is queued until something is billed`() throws {
        let shop = try harness.key(sites: ["shop"], scopes: [.write])
        let made = harness.send(
            .post,
            "/v1/customers",
            key: shop,
            body: #"{"external_id":"u1","email":"a@b.co"}"#
        )
        #expect(made.status == 201)
        #expect(try made.json()["sync"]?["state"]?.string == "not_mirrored")
        let id = try #require(try made.field("id"))
        let changed = harness.send(.patch, "/v1/customers/\(id)", key: shop, body: #"{"name":"Jo"}"#)
        #expect(try changed.field("name") == "Jo" && changed.field("email") == "a@b.co")
        #expect(try queued(in: harness) == [])
    }

    @Test func `without a connection that may be called a customer is local`() throws {
        let alone = try Harness(writable: [])
        let key = try alone.key(scopes: [.write])
        let made = alone.send(.post, "/v1/customers", key: key, body: #"{"external_id":"u1"}"#)
        #expect(made.status == 201)
        #expect(try made.json()["sync"]?["state"]?.string == "not_mirrored")
    }

    @Test func `of several connections one must be named`() throws {
        let both = [Harness.connections[0], Harness.connections[3]].map {
            WritableConnection($0, makesCustomersOnWrite: true)
        }
        let several = try Harness(writable: both)
        let key = try several.key(scopes: [.write])
        let unnamed = several.send(.post, "/v1/customers", key: key, body: #"{"external_id":"u1"}"#)
        #expect(unnamed.status == 422)
        #expect(unnamed.text.contains(#""pointer":"/connection","code":"required""#))
        #expect(unnamed.text.contains("stripe-test, second-test"))
        let wrong = several.send(
            .post,
            "/v1/customers",
            key: key,
            body: #"{"external_id":"u1","connection":"stripe-live"}"#
        )
        #expect(wrong.status == 422 && wrong.text.contains("unknown_connection"))
        let named = several.send(
            .post,
            "/v1/customers",
            key: key,
            body: #"{"external_id":"u1","connection":"second-test"}"#
        )
        #expect(named.status == 201)
        #expect(try named.json()["sync"]?["connection"]?.string == "second-test")
        #expect(try queued(in: several) == ["create_customer 4 queued"])
    }

    // MARK: Changing

    @Test func `a change before the first send joins the creation`() throws {
        create(#"{"external_id":"u1","name":"Jo","metadata":{"a":"1","b":"2"}}"#).expect(201)
        let changed = patch("u1", #"{"name":null,"email":"a@b.co","metadata":{"a":null,"c":true}}"#)
        #expect(changed.status == 200)
        #expect(try changed.json()["name"]?.isNull == true)
        #expect(try changed.field("email") == "a@b.co")
        #expect(changed.text.contains(#""metadata":{"b":"2","c":"true"}"#))
        #expect(try queued(in: harness) == ["create_customer 1 queued"])
        #expect(harness.get("/v1/customers/u1", key: key).body == changed.body)
    }

    @Test func `a change of a linked customer waits in the outbox and is shown over what the provider said`()
        throws
    {
        let number = try StoreRows(harness: harness).customer("cus_1") { customer in
            customer.email = "jo@example.com"
            customer.name = "Jo"
        }
        _ = number
        let changed = patch("cus_1", #"{"name":"Jo Doe","address":{"country":"de"}}"#)
        #expect(changed.status == 200)
        #expect(try changed.field("name") == "Jo Doe")
        #expect(try changed.json()["sync"]?["state"]?.string == "pending")
        #expect(try queued(in: harness) == ["update_customer 1 queued"])
        // An inbound snapshot cannot erase the unsent edit.
        #expect(try harness.get("/v1/customers/cus_1", key: key).field("name") == "Jo Doe")
        let moved = patch("cus_1", #"{"email":"new@example.com"}"#)
        #expect(try moved.field("email") == "new@example.com")
        #expect(try queued(in: harness) == ["update_customer 1 queued"])
        #expect(try harness.get("/v1/customers?email=new@example.com", key: key).ids().count == 1)
    }

    @Test func `a change that says what is so keeps the version and sends nothing`() throws {
        try StoreRows(harness: harness).customer("cus_1") { customer in
            customer.name = "Jo"
            customer.metadata = Metadata([Metadata.Entry(key: "a", value: "1")])
        }
        let before = harness.get("/v1/customers/cus_1", key: key)
        let same = patch("cus_1", #"{"name":"Jo","email":null,"metadata":{"a":1,"z":null}}"#)
        #expect(same.status == 200 && same.body == before.body)
        #expect(try queued(in: harness) == [])
    }

    @Test func `an external id is set once and never changed`() throws {
        let made = create(#"{"email":"a@b.co"}"#)
        create(#"{"external_id":"u2"}"#).expect(201)
        let id = try #require(try made.field("id"))
        #expect(patch(id, #"{"external_id":"u2"}"#).code == "external_id_taken")
        #expect(patch(id, #"{"external_id":"u1"}"#).status == 200)
        #expect(patch(id, #"{"external_id":"u1"}"#).status == 200)
        #expect(patch(id, #"{"external_id":"u3"}"#).code == "external_id_immutable")
        #expect(patch(id, #"{"external_id":null}"#).code == "external_id_immutable")
    }

    @Test func `of two changes with one ETag exactly one is made`() throws {
        let made = create(#"{"external_id":"u1","name":"Jo"}"#)
        let tag = try #require(made.headerValue("ETag"))
        let first = patch("u1", #"{"name":"One"}"#, ifMatch: tag)
        let second = patch("u1", #"{"name":"Two"}"#, ifMatch: tag)
        #expect(first.status == 200)
        #expect(second.status == 412 && second.code == "version_mismatch")
        #expect(try harness.get("/v1/customers/u1", key: key).field("name") == "One")
        let third = patch("u1", #"{"name":"Three"}"#, ifMatch: "\"x\", " + (first.headerValue("ETag") ?? ""))
        #expect(third.status == 200)
        #expect(patch("u1", #"{"name":"Four"}"#, ifMatch: "*").status == 200)
        let gone = harness.send(.delete, "/v1/customers/u1", key: key, ifMatch: tag)
        #expect(gone.status == 412)
    }

    // MARK: Deleting

    @Test func `a deleted customer is gone here at once, and what it pays for is owed an end`() throws {
        try StoreRows(harness: harness).signUp()
        let gone = harness.send(.delete, "/v1/customers/cus_1?provider_customer=delete", key: key)
        #expect(gone.status == 204 && gone.body.isEmpty)
        #expect(harness.get("/v1/customers/cus_1", key: key).status == 404)
        #expect(harness.send(.delete, "/v1/customers/cus_1", key: key).status == 404)
        #expect(patch("cus_1", "{}").code == "customer_archived")
        #expect(try queued(in: harness) == ["cancel_subscription 1 queued", "delete_customer 1 queued"])
        let admin = try harness.key(scopes: [.admin])
        let archived = harness.get("/v1/customers/cus_1?include_archived=true", key: admin)
        #expect(archived.status == 200)
        #expect(try archived.field("archived_at") != nil)
    }

    @Test func `a customer that the provider never heard of leaves nothing to be told there`() throws {
        create(#"{"external_id":"u1"}"#).expect(201)
        #expect(harness.send(.delete, "/v1/customers/u1", key: key).status == 204)
        #expect(try queued(in: harness) == ["create_customer 1 done"])
        let again = create(#"{"external_id":"u1"}"#)
        #expect(again.status == 409 && again.code == "customer_archived")
    }

    @Test func `an address is free again once its customer is deleted`() throws {
        create(#"{"external_id":"u1","email":"a@b.co"}"#).expect(201)
        #expect(create(#"{"external_id":"u2","email":"a@b.co"}"#).status == 409)
        #expect(harness.send(.delete, "/v1/customers/u1", key: key).status == 204)
        #expect(create(#"{"external_id":"u2","email":"a@b.co"}"#).status == 201)
    }

    // MARK: Whose

    @Test func `nothing is written across sites, modes and scopes`() throws {
        create(#"{"external_id":"u1"}"#).expect(201)
        let read = try harness.key(scopes: [.read])
        let live = try harness.key(.live, scopes: [.write])
        let shop = try harness.key(sites: ["shop"], scopes: [.write])
        let both = try harness.key(sites: ["main", "shop"], scopes: [.write])
        #expect(harness.send(.post, "/v1/customers", key: read, body: #"{"external_id":"x"}"#).status == 403)
        #expect(harness.send(.post, "/v1/customers", key: nil, body: #"{"external_id":"x"}"#).status == 401)
        for key in [live, shop] {
            #expect(harness.send(.patch, "/v1/customers/u1", key: key, body: #"{"name":"x"}"#).status == 404)
            #expect(harness.send(.delete, "/v1/customers/u1", key: key).status == 404)
            #expect(
                harness.send(.post, "/v1/customers", key: key, body: #"{"external_id":"u1"}"#).status == 201
            )
        }
        #expect(
            harness.send(.post, "/v1/customers", key: both, body: #"{"external_id":"u1"}"#).code
                == "site_required"
        )
        let named = harness.send(
            .post,
            "/v1/customers",
            key: both,
            body: #"{"external_id":"u1"}"#,
            site: "shop"
        )
        #expect(named.status == 200)
    }
}

extension APIAnswer {
    @discardableResult
    func expect(_ status: Int, sourceLocation: SourceLocation = #_sourceLocation) -> APIAnswer {
        #expect(self.status == status, "\(text)", sourceLocation: sourceLocation)
        return self
    }
}
