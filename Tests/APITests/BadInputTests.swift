import API
import Database
import HTTPServer
import JSON
import Testing
import Timing

/// One body that is wrong, and what is to be said about it.
struct BadBody: Sendable, CustomTestStringConvertible {
    let body: String
    /// Pointer and code of each error.
    let errors: [String]
    var code = "validation_failed"

    init(_ body: String, _ errors: String..., code: String = "validation_failed") {
        self.body = body
        self.errors = errors
        self.code = code
    }

    var testDescription: String { String(body.prefix(60)) }
}

@Suite struct BadInputTests {
    let harness: Harness
    let key: String

    init() throws {
        harness = try Harness()
        key = try harness.key(scopes: [.write])
    }

    private func check(_ answer: APIAnswer, _ bad: BadBody) throws {
        #expect(answer.code == bad.code, "\(answer.text)")
        let errors = try answer.json()["errors"]?.elements.map { error in
            (error["pointer"]?.string ?? "") + " " + (error["code"]?.string ?? "")
        }
        #expect(errors == bad.errors, "\(answer.text)")
        #expect(answer.headerValue("Request-Id") != nil)
        #expect(try queued(in: harness) == [])
    }

    private static let customers = [
        BadBody("{}", "/external_id required"),
        BadBody(#"{"name":"Jo"}"#, "/external_id required"),
        BadBody(#"{"external_id":5}"#, "/external_id not_a_string"),
        BadBody(#"{"external_id":""}"#, "/external_id invalid_external_id", code: "invalid_external_id"),
        BadBody(#"{"external_id":"a/b"}"#, "/external_id invalid_external_id", code: "invalid_external_id"),
        BadBody(#"{"external_id":"a?b"}"#, "/external_id invalid_external_id", code: "invalid_external_id"),
        BadBody(#"{"external_id":"a b"}"#, "/external_id invalid_external_id", code: "invalid_external_id"),
        BadBody(#"{"external_id":"é"}"#, "/external_id invalid_external_id", code: "invalid_external_id"),
        BadBody(#"{"external_id":".."}"#, "/external_id invalid_external_id", code: "invalid_external_id"),
        BadBody(#"{"external_id":"merge"}"#, "/external_id invalid_external_id", code: "invalid_external_id"),
        BadBody(#"{"external_id":"cst_1"}"#, "/external_id invalid_external_id", code: "invalid_external_id"),
        BadBody(#"{"external_id":"a\u0001"}"#, "/external_id control_character"),
        BadBody(
            "{\"external_id\":\"\(String(repeating: "x", count: 256))\"}",
            "/external_id too_long"
        ),
        BadBody(#"{"email":"jo"}"#, "/email invalid_email", code: "invalid_email"),
        BadBody(#"{"email":"@b.co"}"#, "/email invalid_email", code: "invalid_email"),
        BadBody(#"{"email":"a@b"}"#, "/email invalid_email", code: "invalid_email"),
        BadBody(#"{"email":"a@b..co"}"#, "/email invalid_email", code: "invalid_email"),
        BadBody(#"{"email":"a b@c.co"}"#, "/email invalid_email", code: "invalid_email"),
        BadBody(#"{"external_id":"u","name":"a\nb"}"#, "/name control_character"),
        BadBody(
            "{\"external_id\":\"u\",\"name\":\"\(String(repeating: "x", count: 257))\"}",
            "/name too_long"
        ),
        BadBody(#"{"external_id":"u","phone":"123"}"#, "/phone invalid_phone"),
        BadBody(#"{"external_id":"u","phone":"call me"}"#, "/phone invalid_phone"),
        BadBody(#"{"external_id":"u","language":"english please"}"#, "/language invalid_language"),
        BadBody(#"{"external_id":"u","address":"Street 1"}"#, "/address not_an_object"),
        BadBody(#"{"external_id":"u","address":{"country":"Germany"}}"#, "/address/country invalid_country"),
        BadBody(
            #"{"external_id":"u","address":{"street":"x"}}"#,
            "/address/street unknown",
            code: "unknown_field"
        ),
        BadBody(
            #"{"external_id":"u","shipping":{"address":{}}}"#,
            "/shipping/name required",
            "/shipping/address required"
        ),
        BadBody(#"{"external_id":"u","tax_exempt":"yes"}"#, "/tax_exempt unknown_word"),
        BadBody(#"{"external_id":"u","metadata":[]}"#, "/metadata not_an_object"),
        BadBody(#"{"external_id":"u","metadata":null}"#, "/metadata not_an_object"),
        BadBody(#"{"external_id":"u","metadata":{"a b":"1"}}"#, "/metadata/a b invalid_key"),
        BadBody(#"{"external_id":"u","metadata":{"a":{}}}"#, "/metadata/a not_a_scalar"),
        BadBody(
            #"{"external_id":"u","metadata":{"gw_customer_id":"x"}}"#,
            "/metadata/gw_customer_id reserved",
            code: "reserved_metadata_key"
        ),
        BadBody(
            "{\"external_id\":\"u\",\"metadata\":{\"a\":\"\(String(repeating: "x", count: 501))\"}}",
            "/metadata/a too_long"
        ),
        BadBody(#"{"external_id":"u","nmae":"x"}"#, "/nmae unknown", code: "unknown_field"),
        BadBody(#"{"external_id":"u","a/b~c":"x"}"#, "/a~1b~0c unknown", code: "unknown_field"),
        BadBody(#"{"external_id":"u","live_mode":true}"#, "/live_mode read_only", code: "read_only_field"),
        BadBody(#"{"external_id":"u","balance":0}"#, "/balance read_only", code: "read_only_field"),
        BadBody(#"{"external_id":"u","delinquent":false}"#, "/delinquent read_only", code: "read_only_field"),
        BadBody(#"{"external_id":"u","connection":"other"}"#, "/connection unknown_connection"),
        BadBody(
            #"{"external_id":"a b","email":"x","phone":"1","status":"active","what":1}"#,
            "/external_id invalid_external_id",
            "/email invalid_email",
            "/phone invalid_phone",
            "/status read_only",
            "/what unknown"
        ),
    ]

    @Test(arguments: customers)
    func `everything wrong with a customer is told at once, and nothing is queued`(bad: BadBody) throws {
        try check(harness.send(.post, "/v1/customers", key: key, body: bad.body), bad)
    }

    @Test func `more metadata than a provider takes is refused, ours counted`() throws {
        func body(_ count: Int) -> String {
            let entries = (0..<count).map { "\"k\($0)\":1" }.joined(separator: ",")
            return "{\"external_id\":\"u\(count)\",\"metadata\":{\(entries)}}"
        }
        let answer = harness.send(.post, "/v1/customers", key: key, body: body(50))
        #expect(answer.status == 422 && answer.text.contains("too_many_keys"))
        #expect(try queued(in: harness) == [])
        harness.send(.post, "/v1/customers", key: key, body: body(49)).expect(201)
        harness.send(.patch, "/v1/customers/u49", key: key, body: #"{"metadata":{"more":1}}"#).expect(422)
        harness.send(.patch, "/v1/customers/u49", key: key, body: #"{"metadata":{"k1":null,"more":1}}"#)
            .expect(200)
    }

    @Test(arguments: ["[]", "1", "", "{", #"{"a":1,"a":2}"#])
    func `what is no JSON object is refused`(body: String) {
        let answer = harness.send(.post, "/v1/customers", key: key, body: body)
        #expect([400, 422].contains(answer.status))
    }

    @Test func `query parameters that are not known are refused`() {
        let answer = harness.send(
            .post,
            "/v1/customers?dry_run=true",
            key: key,
            body: #"{"external_id":"u"}"#
        )
        #expect(answer.code == "unknown_parameter")
    }

    // MARK: Checkout sessions

    private static let price = #""line_items":[{"price":"price_x"}],"success_url":"https://shop.example/ok""#

    private static let sessions = [
        BadBody("{}", "/mode required", "/success_url required", "/line_items required"),
        BadBody(#"{"mode":"buy",\#(price)}"#, "/mode unknown_word"),
        BadBody(#"{"mode":"payment","success_url":"https://a.b","line_items":[]}"#, "/line_items not_a_list"),
        BadBody(
            #"{"mode":"payment","success_url":"https://a.b","line_items":[1]}"#,
            "/line_items/0 not_an_object"
        ),
        BadBody(
            #"{"mode":"payment","success_url":"https://a.b","line_items":[{}]}"#,
            "/line_items/0/price required"
        ),
        BadBody(
            #"{"mode":"payment","success_url":"https://a.b","line_items":[{"price":"p"},{"price":"p","quantity":0}]}"#,
            "/line_items/1/quantity out_of_range"
        ),
        BadBody(
            #"{"mode":"payment","success_url":"https://a.b","line_items":[{"price":"p","price_data":{"unit_amount":1}}]}"#,
            "/line_items/0/price conflicting"
        ),
        BadBody(
            #"{"mode":"payment","success_url":"https://a.b","line_items":[{"price_data":{"unit_amount":-1,"currency":"euro"}}]}"#,
            "/line_items/0/price_data/unit_amount out_of_range",
            "/line_items/0/price_data/currency too_long",
            "/line_items/0/price_data/product required"
        ),
        BadBody(
            #"{"mode":"payment","success_url":"https://a.b","line_items":[{"price":"prc_0000000000000000"}]}"#,
            "/line_items/0/price unknown_price"
        ),
        BadBody(
            #"{"mode":"payment","success_url":"https://a.b","line_items":[{"price_data":{"unit_amount":1,"currency":"eur","product_name":"x","interval":"month"}}]}"#,
            "/line_items/0/price_data/interval recurring_price"
        ),
        BadBody(
            #"{"mode":"subscription","success_url":"https://a.b","line_items":[{"price_data":{"unit_amount":1,"currency":"eur","product_name":"x"}}]}"#,
            "/line_items recurring_required"
        ),
        BadBody(
            #"{"mode":"payment","line_items":[{"price":"p"}],"success_url":"ftp://x"}"#,
            "/success_url invalid_url"
        ),
        BadBody(#"{"mode":"payment",\#(price),"cancel_url":"/back"}"#, "/cancel_url invalid_url"),
        BadBody(#"{"mode":"payment",\#(price),"expires_at":"tomorrow"}"#, "/expires_at not_a_time"),
        BadBody(
            #"{"mode":"payment",\#(price),"expires_at":"2025-06-15T15:35:00Z"}"#,
            "/expires_at out_of_range"
        ),
        BadBody(
            #"{"mode":"payment",\#(price),"expires_at":"2025-06-16T15:07:00Z"}"#,
            "/expires_at out_of_range"
        ),
        BadBody(#"{"mode":"payment",\#(price),"trial_days":7}"#, "/trial_days conflicting"),
        BadBody(#"{"mode":"subscription",\#(price),"trial_days":0}"#, "/trial_days out_of_range"),
        BadBody(
            #"{"mode":"subscription",\#(price),"trial_days":7,"trial_end":"2025-07-16T15:07:00Z"}"#,
            "/trial_end conflicting"
        ),
        BadBody(
            #"{"mode":"subscription",\#(price),"trial_end":"2025-06-16T15:07:00Z"}"#,
            "/trial_end out_of_range"
        ),
        BadBody(#"{"mode":"payment",\#(price),"customer_id":"nobody"}"#, "/customer_id customer_not_found"),
        BadBody(
            #"{"mode":"payment",\#(price),"customer_id":"x","customer_email":"a@b.co"}"#,
            "/customer_email conflicting",
            "/customer_id customer_not_found"
        ),
        BadBody(#"{"mode":"setup","success_url":"https://a.b"}"#, "/currency required"),
        BadBody(#"{"mode":"setup",\#(price),"currency":"eur"}"#, "/line_items conflicting"),
        BadBody(#"{"mode":"payment",\#(price),"currency":"eur"}"#, "/currency conflicting"),
        BadBody(
            #"{"mode":"payment",\#(price),"allow_promotion_codes":"yes"}"#,
            "/allow_promotion_codes not_a_boolean"
        ),
        BadBody(
            #"{"mode":"payment",\#(price),"billing_address_collection":"never"}"#,
            "/billing_address_collection unknown_word"
        ),
        BadBody(#"{"mode":"payment",\#(price),"url":"x"}"#, "/url unknown", code: "unknown_field"),
    ]

    @Test(arguments: sessions)
    func `everything wrong with a checkout session is told at once, and nothing is queued`(bad: BadBody)
        throws
    {
        // Harness.now is 2025-06-15T15:06:40Z.
        try check(harness.send(.post, "/v1/checkout_sessions", key: key, body: bad.body), bad)
    }

    @Test func `no body, key or address of a write stands in the log`() throws {
        let canary = "canary@example.com"
        for body in [
            #"{"external_id":"\#(canary)","email":"\#(canary)","name":"canary"}"#,
            #"{"email":"canary","name":5}"#,
            #"{"\#(canary)":1}"#, #"{"email":"\#(canary)"}"#,
        ] {
            _ = harness.send(.post, "/v1/customers", key: key, body: body, idempotencyKey: "canary")
        }
        let taken = harness.send(
            .post,
            "/v1/customers",
            key: key,
            body: #"{"external_id":"o","email":"\#(canary)"}"#
        )
        #expect(taken.status == 409 && !taken.text.contains("canary"))
        _ = harness.send(.patch, "/v1/customers/\(canary)", key: key, body: #"{"name":"canary 2"}"#)
        _ = harness.send(.delete, "/v1/customers/\(canary)", key: key)
        let log = try harness.log()
        #expect(log.contains("customer.create") && log.contains("customer.update"))
        #expect(!log.lowercased().contains("canary"))
        #expect(!log.contains(key.dropFirst(8)))
    }
}
