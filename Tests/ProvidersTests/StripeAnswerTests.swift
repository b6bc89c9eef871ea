import BillingModel
import JSON
import Providers
import Testing
import Timing

private let now = Timestamp(milliseconds: 1_790_000_000_000)
private let customer = #"{"id":"cus_1","object":"customer","email":null}"#

private func error(_ type: String, code: String? = nil, more: String = "") -> String {
    let code = code.map { #","code":"\#($0)""# } ?? ""
    return #"{"error":{"type":"\#(type)"\#(code)\#(more),"message":"No."}}"#
}

/// One answer, and what it has to mean.
private struct Row: CustomTestStringConvertible, Sendable {
    /// What the verdict is, in one word and its reason.
    var testDescription: String
    var status: Int
    var headers: [ProviderHeader] = []
    var body: String
    var verdict: String

    init(
        _ name: String,
        _ status: Int,
        _ headers: [(String, String)] = [],
        _ body: String,
        _ verdict: String
    ) {
        testDescription = name
        self.status = status
        self.headers = headers.map { ProviderHeader($0.0, $0.1) }
        self.body = body
        self.verdict = verdict
    }
}

private let update = AnswerExpectation(.object(type: "customer", id: "cus_1"))
private let creation = AnswerExpectation(.object(type: "customer", id: nil))

private func classify(
    _ status: Int,
    _ headers: [ProviderHeader] = [],
    _ body: String,
    _ expectation: AnswerExpectation = update
) -> ProviderAnswer {
    let response = ProviderResponse(status: status, headers: headers, body: Array(body.utf8))
    return StripeAnswers.answer(response, expecting: expectation, now: now)
}

private func words(_ answer: ProviderAnswer) -> String {
    switch answer.verdict {
    case .acknowledged(_, let isReplay): isReplay ? "acknowledged replay" : "acknowledged"
    case .retrySameKey(let advice):
        "retry \(advice.reason.rawValue) \(advice.delayMin)" + (advice.slowsLane ? " slower" : "")
            + (advice.isDelayCapped ? " capped" : "")
    case .resolve(let reason, _): "resolve \(reason.rawValue)"
    case .rejected: "rejected"
    case .missing: "missing"
    case .credentials: "credentials"
    case .unreadable(let reason, _): "unreadable \(reason.rawValue)"
    }
}

private let invalid = error("invalid_request_error", code: "parameter_unknown")
private let missing = error("invalid_request_error", code: "resource_missing")
private let apiError = error("api_error")
private let html = "<!DOCTYPE html><html><body>Sign in</body></html>"
private let shouldRetry = "Stripe-Should-Retry"

private let rows: [Row] = [
    // provider_api 1.6, row by row.
    Row("success", 200, [], customer, "acknowledged"),
    Row("created", 201, [], customer, "acknowledged"),
    Row("deleted", 200, [], #"{"id":"cus_1","object":"customer","deleted":true}"#, "acknowledged"),
    Row("replayed success", 200, [("Idempotent-Replayed", "true")], customer, "acknowledged replay"),
    Row("asked to retry a 500", 500, [(shouldRetry, "true")], apiError, "retry asked_to 500"),
    Row("asked to retry a 400", 400, [(shouldRetry, "true")], invalid, "retry asked_to 500"),
    Row("told not to retry a 500", 500, [(shouldRetry, "false")], apiError, "resolve told_not_to_retry"),
    Row("told not to retry a 503 page", 503, [(shouldRetry, "false")], html, "resolve told_not_to_retry"),
    Row("told not to retry a 400", 400, [(shouldRetry, "false")], invalid, "rejected"),
    Row("told not to retry a 409", 409, [(shouldRetry, "false")], apiError, "resolve told_not_to_retry"),
    Row(
        "key in use",
        409,
        [],
        error("idempotency_error", code: "idempotency_key_in_use"),
        "retry conflict 500"
    ),
    Row("conflict", 409, [], error("invalid_request_error"), "retry conflict 500"),
    Row("lock", 429, [], error("invalid_request_error", code: "lock_timeout"), "retry locked 500"),
    Row(
        "lock with should-retry",
        429,
        [(shouldRetry, "true")],
        error("invalid_request_error", code: "lock_timeout"),
        "retry asked_to 500"
    ),
    Row(
        "rate limit with reason",
        429,
        [("Stripe-Rate-Limited-Reason", "endpoint-rate")],
        error("invalid_request_error", code: "rate_limit"),
        "retry rate_limited 500 slower"
    ),
    Row("rate limit without reason", 429, [], error("api_error"), "retry rate_limited 500 slower"),
    Row("rate limit as a page", 429, [], html, "retry rate_limited 500 slower"),
    Row(
        "rate limit, told not to retry",
        429,
        [(shouldRetry, "false")],
        error("invalid_request_error", code: "rate_limit"),
        "retry rate_limited 10000 slower"
    ),
    Row(
        "rate limit of old versions",
        400,
        [],
        error("invalid_request_error", code: "rate_limit"),
        "retry rate_limited 500 slower"
    ),
    Row("500", 500, [], apiError, "retry server_error 500"),
    Row("502 as a page", 502, [], html, "retry server_error 500"),
    Row("503 without body", 503, [], "", "retry server_error 500"),
    Row("504", 504, [], apiError, "retry server_error 500"),
    Row("stored 500", 500, [("idempotent-replayed", "TRUE")], apiError, "resolve stored_failure"),
    Row("424", 424, [], error("api_error"), "resolve dependency"),
    Row("400", 400, [], invalid, "rejected"),
    Row(
        "402",
        402,
        [],
        error("card_error", code: "card_declined", more: #","decline_code":"fraudulent""#),
        "rejected"
    ),
    Row("key reused", 400, [], error("idempotency_error"), "resolve key_reused"),
    Row("key reused with 404", 404, [], error("idempotency_error"), "resolve key_reused"),
    Row("wrong key", 401, [], error("invalid_request_error"), "credentials"),
    Row("no permission", 403, [], error("invalid_request_error"), "credentials"),
    Row("object missing", 404, [], missing, "missing"),
    Row("no such address", 404, [], error("invalid_request_error", code: "url_invalid"), "rejected"),
    Row("named object of a parameter missing", 400, [], missing, "rejected"),
    Row("another final status", 422, [], invalid, "rejected"),
    Row("408 of a proxy", 408, [], html, "retry not_executed 500"),
    Row("425", 425, [], "", "retry not_executed 500"),
    // reliability 5: answers of no provider.
    Row("200 with a page", 200, [], html, "unreadable invalid_json"),
    Row("200 with nothing", 200, [], "", "unreadable empty"),
    Row("204", 204, [], "", "unreadable empty"),
    Row("200 cut off", 200, [], #"{"id":"cus_1","object":"custo"#, "unreadable invalid_json"),
    Row("200 with a key twice", 200, [], #"{"id":"cus_1","id":"cus_1"}"#, "unreadable invalid_json"),
    Row("wrong id", 200, [], #"{"id":"cus_2","object":"customer"}"#, "unreadable other_object"),
    Row("wrong type", 200, [], #"{"id":"cus_1","object":"charge"}"#, "unreadable unexpected_body"),
    Row("no id", 200, [], #"{"object":"customer"}"#, "unreadable unexpected_body"),
    Row("a list for an object", 200, [], "[]", "unreadable unexpected_body"),
    Row("200 with an error", 200, [], apiError, "unreadable unexpected_body"),
    Row("302", 302, [("Location", "https://elsewhere.example/")], "", "unreadable redirect"),
    Row("304", 304, [], "", "unreadable redirect"),
    Row("103 as the last", 103, [], "", "unreadable unexpected_status"),
    Row("600", 600, [], customer, "unreadable unexpected_status"),
    Row("400 with a page", 400, [], html, "unreadable unexpected_body"),
    Row("401 with a page", 401, [], html, "unreadable unexpected_body"),
    Row("403 with a page", 403, [], html, "unreadable unexpected_body"),
    Row("404 with a page", 404, [], html, "unreadable unexpected_body"),
    Row("404 with nothing", 404, [], "", "unreadable empty"),
    Row("404 with a text as error", 404, [], #"{"error":"not found"}"#, "unreadable unexpected_body"),
]

struct StripeAnswerTests {
    @Test(arguments: rows)
    private func `an answer means what the table says`(row: Row) {
        #expect(words(classify(row.status, row.headers, row.body)) == row.verdict)
    }

    @Test(arguments: [
        ("7", "retry rate_limited 7000 slower"), ("0", "retry rate_limited 500 slower"),
        ("-5", "retry rate_limited 500 slower"), ("soon", "retry rate_limited 500 slower"),
        ("", "retry rate_limited 500 slower"), ("1.5", "retry rate_limited 500 slower"),
        ("3600", "retry rate_limited 3600000 slower"),
        ("999999999", "retry rate_limited 3600000 slower capped"),
        ("99999999999999999999999999", "retry rate_limited 3600000 slower capped"),
        // The provider's clock is 1789999990, ten seconds behind ours: thirty seconds are meant.
        ("Mon, 21 Sep 2026 14:13:40 GMT", "retry rate_limited 30000 slower"),
        ("Mon, 21 Sep 2026 14:13:00 GMT", "retry rate_limited 500 slower"),
        ("Mon, 21 Sep 2099 14:13:00 GMT", "retry rate_limited 3600000 slower capped"),
    ])
    func `Retry-After is obeyed within reason`(value: String, verdict: String) {
        let headers = [
            ProviderHeader("retry-after", value), ProviderHeader("Date", "Mon, 21 Sep 2026 14:13:10 GMT"),
        ]
        #expect(words(classify(429, headers, apiError)) == verdict)
    }

    @Test func `a date in Retry-After counts from now when the answer has no date`() {
        let headers = [ProviderHeader("Retry-After", "Mon, 21 Sep 2026 14:13:40 GMT")]
        #expect(words(classify(503, headers, "")) == "retry server_error 20000")
    }

    @Test func `a creation accepts any id and cannot miss its object`() {
        #expect(words(classify(200, [], customer, creation)) == "acknowledged")
        #expect(words(classify(404, [], missing, creation)) == "rejected")
    }

    @Test func `a list has to be one`() {
        let list = AnswerExpectation(.list)
        #expect(
            words(classify(200, [], #"{"object":"list","data":[],"has_more":false}"#, list)) == "acknowledged"
        )
        for body in [
            customer, #"{"object":"list","data":{},"has_more":false}"#, #"{"object":"list","data":[]}"#,
            #"{"object":"list","data":[{"object":"customer"}],"has_more":false}"#,
        ] {
            #expect(words(classify(200, [], body, list)) == "unreadable unexpected_body", "\(body)")
        }
        let cursor = #","param":"starting_after""#
        let died = error("invalid_request_error", code: "resource_missing", more: cursor)
        guard case .rejected(let fault) = classify(400, [], died, list).verdict else {
            Issue.record("a dead cursor is a rejection")
            return
        }
        #expect(fault.isDeadCursor)
    }

    @Test func `an answer beyond the limit is not read`() {
        let huge = customer + String(repeating: " ", count: StripeAnswers.bodyBytesMax)
        #expect(words(classify(200, [], huge)) == "unreadable too_large")
        let full = customer + String(repeating: " ", count: StripeAnswers.bodyBytesMax - customer.utf8.count)
        #expect(words(classify(200, [], full)) == "acknowledged")
    }

    @Test func `facts of the headers are kept`() {
        let headers = [
            ProviderHeader("Request-Id", "req_1"), ProviderHeader("Date", "Sun, 06 Nov 1994 08:49:37 GMT"),
            ProviderHeader("Stripe-Rate-Limited-Reason", "global-rate"),
            ProviderHeader("idempotent-replayed", "true"),
        ]
        let facts = classify(200, headers, customer).facts
        #expect(facts.requestID == "req_1" && facts.isReplay && facts.rateLimitReason == "global-rate")
        #expect(facts.date?.seconds == 784_111_777 && facts.status == 200)
    }

    @Test(arguments: [
        "", "now", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 32 Nov 1994 08:49:37 GMT",
        "Sun, 06 Foo 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        "Sun, 06 Nov 1994 25:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT GMT",
    ])
    func `what is no date of HTTP is none`(text: String) {
        #expect(HTTPDate.time(text) == nil)
    }

    @Test(arguments: [
        ("Invalid API Key provided: sk_test_********1234", ["1234", "sk_test"]),
        ("Invalid API Key provided: sk_live_51Habcdefghij", ["51H", "sk_live"]),
        ("A customer with jo.doe+x@example.com exists", ["jo.doe", "example.com"]),
        ("Bad number +49 30123456789 or 4242-4242-4242-4242.", ["3012345", "4242"]),
        ("Expired API Key provided: rk_live_*********************abcd", ["abcd"]),
        (String(repeating: "long ", count: 100_000), [String(repeating: "long ", count: 60)]),
    ])
    func `what is kept of a message holds no secret`(message: String, secrets: [String]) {
        let body = #"{"error":{"type":"invalid_request_error","message":"\#(message)"}}"#
        guard case .rejected(let fault) = classify(400, [], body).verdict else {
            Issue.record("a 400 is a rejection")
            return
        }
        let kept = fault.message ?? ""
        #expect(!kept.isEmpty && kept.utf8.count <= 260)
        for secret in secrets { #expect(!fault.description.contains(secret), "\(fault)") }
    }

    @Test func `words that are none are dropped, and messages about addresses too`() {
        let body = """
            {"error":{"type":"an error with jo@example.com","code":"email_invalid","param":"metadata[jo@example.com]",
            "decline_code":"sk_live_51Habcdef","message":"Invalid email address: jo at example"}}
            """
        guard case .rejected(let fault) = classify(400, [], body).verdict else {
            Issue.record("a 400 is a rejection")
            return
        }
        #expect(fault.type == nil && fault.parameter == nil && fault.declineCode == nil)
        #expect(fault.message == nil && fault.code == "email_invalid")
        #expect(fault.description == "status 400, email_invalid")
    }

    @Test func `an error's own words are kept`() {
        let more = #","param":"line_items[0][price]","decline_code":"fraudulent""#
        let body = error("card_error", code: "card_declined", more: more)
        guard case .rejected(let fault) = classify(402, [ProviderHeader("request-id", "req_9")], body).verdict
        else {
            Issue.record("a 402 is a rejection")
            return
        }
        #expect(fault.type == "card_error" && fault.code == "card_declined" && fault.requestID == "req_9")
        #expect(fault.parameter == "line_items[0][price]" && fault.declineCode == "fraudulent")
        #expect(fault.message == "No.")
    }

    @Test func `no answer at all is ever anything but one verdict`() {
        // Statuses times bodies times headers: the classification is total, and only a good body acknowledges.
        for status in [
            0, 100, 199, 200, 204, 299, 300, 399, 400, 401, 404, 409, 424, 429, 499, 500, 599, 999,
        ] {
            for body in ["", html, "null", "{}", "[]", apiError, customer, "\u{FEFF}{}"] {
                for header in ["true", "false", "maybe"] {
                    let answer = classify(status, [ProviderHeader(shouldRetry, header)], body)
                    if case .acknowledged = answer.verdict {
                        #expect((200..<300).contains(status) && body == customer)
                    }
                    #expect(answer.facts.status == status)
                }
            }
        }
    }
}

struct StripePageTests {
    private func page(_ text: String) throws -> ProviderPage? {
        StripeAnswers.page(try JSONDocument.parse(Array(text.utf8)))
    }

    @Test func `a page has its elements, its cursor and whether there is more`() throws {
        let text =
            #"{"object":"list","data":[{"id":"cus_2","metadata":{"gw_customer_id":"cst_1"}},{"id":"cus_1"}],"#
            + #""has_more":true}"#
        let page = try #require(try page(text))
        #expect(page.elements.count == 2 && page.hasMore && page.lastID == ProviderID("cus_1"))
        let found = StripeAnswers.object(marked: ProviderMark.customer, "cst_1", in: page)
        #expect(found.flatMap(StripeAnswers.id(of:)) == ProviderID("cus_2"))
        #expect(StripeAnswers.object(marked: ProviderMark.customer, "cst_2", in: page) == nil)
    }

    @Test func `an empty page that promises more ends the list`() throws {
        let page = try #require(try page(#"{"object":"list","data":[],"has_more":true}"#))
        #expect(!page.hasMore && page.lastID == nil)
    }

    @Test func `the event of our own request is found by its key`() throws {
        func event(_ id: String, _ type: String, _ key: String) -> String {
            #"{"id":"\#(id)","object":"event","type":"\#(type).created","created":1,"#
                + #""request":{"id":null,"idempotency_key":\#(key)},"#
                + #""data":{"object":{"id":"\#(id)_o","object":"\#(type)"}}}"#
        }
        let events = [
            event("evt_3", "customer", "null"), event("evt_2", "invoice", #""tg_1_7""#),
            event("evt_1", "customer", #""tg_1_7""#), #"{"id":"evt_0","object":"event"}"#,
        ]
        let text = #"{"object":"list","data":[\#(events.joined(separator: ","))],"has_more":false}"#
        let page = try #require(try page(text))
        #expect(StripeAnswers.events(page).count == 3)
        let found = StripeAnswers.event(causedBy: "tg_1_7", of: .customer, in: page)
        #expect(found?.id == "evt_1" && found?.objectID == ProviderID("evt_1_o"))
        #expect(StripeAnswers.event(causedBy: "tg_1_77", of: .customer, in: page) == nil)
    }

    @Test func `a deleted form is told from an object`() throws {
        func isDeleted(_ text: String) throws -> Bool {
            StripeAnswers.isDeletedForm(try JSONDocument.parse(Array(text.utf8)).root)
        }
        #expect(try isDeleted(#"{"id":"cus_1","object":"customer","deleted":true}"#))
        #expect(try !isDeleted(customer))
        #expect(try !isDeleted(#"{"id":"cus_1","object":"customer","deleted":"true"}"#))
    }
}
