import Foundation
import TestSupport
import Testing

extension `End to end` {
    @Suite struct `The answer to a webhook` {
        @Test func `refuses what is not to be believed or understood as a request`() async throws {
            let shop = try await Shop()
            let body = StripeEvent.customer("cus_refused", revision: 0)
            let connection = try shop.connection()

            let wrong = try connection.post(body, secret: "whsec_another_secret_of_good_length")
            #expect(wrong.status == 401)
            #expect(wrong.code == "invalid_signature")
            #expect(wrong.headers["content-type"] == "application/problem+json")
            // One kind of problem has one name, whoever tells it.
            let nowhere = try shop.connection().request("GET /nowhere").members["type"] as? String
            #expect(nowhere != nil)
            #expect(nowhere == (try shop.get("/nowhere").members["type"] as? String))
            let stale = try connection.post(body, age: 301)
            #expect(stale.status == 401)
            #expect(stale.code == "signature_timestamp_out_of_range")
            let early = try connection.post(body, age: -400)
            #expect(early.code == "signature_timestamp_out_of_range")
            let missing = try connection.request("POST /webhooks/stripe", body: body)
            #expect(missing.status == 401)
            #expect(missing.code == "invalid_signature")
            let changed = try connection.request(
                "POST /webhooks/stripe",
                ["Stripe-Signature: \(StripeEvent.signature(body))"],
                body: body.replacingOccurrences(of: "Erika", with: "Erikb")
            )
            #expect(changed.status == 401)

            let unknown = try shop.connection().post(body, to: "strip")
            #expect(unknown.status == 404)
            #expect(unknown.code == "webhook_endpoint_not_found")
            let read = try shop.connection().request("GET /webhooks/stripe")
            #expect(read.status == 405)
            #expect(read.headers["allow"] == "POST")
            #expect(read.code == "method_not_allowed")

            #expect(try shop.store().number("SELECT COUNT(*) FROM inbox") == 0)
            for (reason, count) in [
                ("unknown_endpoint", 1), ("method_not_allowed", 1), ("no_match", 2), ("missing_signature", 1),
                ("timestamp_outside_tolerance", 2),
            ] {
                #expect(
                    try shop.metric("tollgate_webhooks_rejected_total{reason=\"\(reason)\"}") == count,
                    "\(reason)"
                )
            }
        }

        @Test func `refuses what is too large, told or not told beforehand`() async throws {
            let shop = try await Shop()
            let told = try shop.connection()
            try told.send(
                Array("POST /webhooks/stripe HTTP/1.1\r\nHost: h\r\nContent-Length: 2097153\r\n\r\n".utf8)
            )
            let first = try told.answer()
            #expect(first.status == 413)
            #expect(first.headers["connection"] == "close")

            let chunked = try shop.connection()
            try chunked.send(
                Array("POST /webhooks/stripe HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
            )
            let chunk =
                Array("10000\r\n".utf8) + [UInt8](repeating: 0x20, count: 0x10000) + Array("\r\n".utf8)
            // The refusal comes while we still send; then the sending end may be closed already.
            for _ in 0...32 {
                do { try chunked.send(chunk) } catch { break }
            }
            #expect(try chunked.answer().status == 413)
            // An event loop tells its counts when it has done all that came together.
            let refusals = "tollgate_http_refusals_total{reason=\"body_too_large\"}"
            for _ in 1...1_000 where try shop.metric(refusals) != 2 {
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(try shop.metric(refusals) == 2)

            // The largest that is allowed is taken.
            let event = StripeEvent.customer("cus_large", revision: 0, more: #""padding":"","#)
            let padding = String(repeating: "x", count: 2_097_152 - event.utf8.count)
            let largest = event.replacingOccurrences(of: #""padding":"""#, with: #""padding":"\#(padding)""#)
            #expect(largest.utf8.count == 2_097_152)
            #expect(try shop.connection().post(largest).status == 200)
            try await shop.drained()
            #expect(try shop.store().rows("SELECT state FROM inbox") == [["applied"]])
        }

        /// A signed body, what becomes of it, and what its reason says.
        struct Case: CustomTestStringConvertible {
            let testDescription: String
            let body: String
            let state: String
            var reason = ""
        }

        private static let subscription = """
            {"id":"evt_s","object":"event","api_version":"2026-06-24.dahlia","created":1780000000,"data":{"object":\
            {"id":"sub_s","object":"subscription","customer":"cus_s","status":"active","items":{"object":"list",\
            "data":[]},"livemode":false,"created":1780000000}},"livemode":false,\
            "type":"customer.subscription.created"}
            """

        private static let customer = StripeEvent.customer("cus_c", revision: 0)

        private static func edited(_ body: String, _ old: String, _ new: String) -> String {
            precondition(body.contains(old), "the case is edited")
            return body.replacingOccurrences(of: old, with: new)
        }

        private static let cases = [
            Case(
                testDescription: "broken JSON",
                body: #"{"id":"evt_1","#,
                state: "dead",
                reason: "unreadable body"
            ),
            Case(testDescription: "no JSON", body: "hello", state: "dead", reason: "unreadable body"),
            Case(testDescription: "an empty body", body: "", state: "dead", reason: "unreadable body"),
            Case(
                testDescription: "100,000 nested arrays",
                body: String(repeating: "[", count: 100_000),
                state: "dead",
                reason: "unreadable body"
            ),
            Case(
                testDescription: "deep JSON that closes",
                body: edited(
                    customer,
                    #""name":"Erika""#,
                    #""name":\#(String(repeating: "[", count: 65))\#(String(repeating: "]", count: 65))"#
                ),
                state: "dead",
                reason: "unreadable body"
            ),
            Case(
                testDescription: "a repeated key",
                body: edited(customer, #""balance":0"#, #""balance":0,"balance":1"#),
                state: "dead",
                reason: "unreadable body"
            ),
            Case(testDescription: "a list", body: "[]", state: "dead", reason: "object"),
            Case(
                testDescription: "no type",
                body: edited(customer, #""type":"customer.created""#, #""kind":"customer.created""#),
                state: "dead",
                reason: "type"
            ),
            Case(
                testDescription: "an e-mail address that is a number",
                body: edited(customer, #""email":"cus_c@example.com""#, #""email":7"#),
                state: "applied"
            ),
            Case(
                testDescription: "metadata that is a list",
                body: edited(customer, #""metadata":{"revision":"0"}"#, #""metadata":["revision"]"#),
                state: "applied"
            ),
            Case(
                testDescription: "items that are a text",
                body: edited(subscription, #"{"object":"list","data":[]}"#, #""x""#),
                state: "applied"
            ),
            Case(
                testDescription: "items that are texts",
                body: edited(subscription, #""data":[]"#, #""data":["x",7,null]"#),
                state: "applied"
            ),
            Case(
                testDescription: "a status of another type",
                body: edited(subscription, #""active""#, "5"),
                state: "dead",
                reason: "status"
            ),
            Case(
                testDescription: "a time of the event that is a text",
                body: edited(customer, #""created":1780000000,"data""#, #""created":"soon","data""#),
                state: "dead",
                reason: "created"
            ),
            Case(
                testDescription: "a time of the event that is no integer",
                body: edited(customer, #""created":1780000000,"data""#, #""created":1e400,"data""#),
                state: "dead",
                reason: "created"
            ),
            Case(
                testDescription: "a time of the event at the end of all integers",
                body: edited(
                    customer,
                    #""created":1780000000,"data""#,
                    #""created":9223372036854775807,"data""#
                ),
                state: "dead",
                reason: "created"
            ),
            Case(
                testDescription: "an amount at the end of all integers",
                body: edited(customer, #""balance":0"#, #""balance":-9223372036854775808"#),
                state: "applied"
            ),
            Case(
                testDescription: "an object without id",
                body: edited(customer, #"{"id":"cus_c","#, "{"),
                state: "ignored",
                reason: "no_object_with_an_id"
            ),
            Case(
                testDescription: "an object whose id is a number",
                body: edited(customer, #"{"id":"cus_c""#, #"{"id":7"#),
                state: "ignored",
                reason: "no_object_with_an_id"
            ),
            Case(
                testDescription: "an object whose id holds NUL",
                body: edited(customer, #"{"id":"cus_c""#, #"{"id":"cus\u0000c""#),
                state: "ignored",
                reason: "no_object_with_an_id"
            ),
            Case(
                testDescription: "data that is a text",
                body: #"{"id":"evt_t","created":1780000000,"type":"customer.created","data":"x"}"#,
                state: "ignored",
                reason: "no_object_with_an_id"
            ),
            Case(
                testDescription: "the other mode",
                body: StripeEvent.customer("cus_c", revision: 0, isLive: true),
                state: "ignored",
                reason: "livemode_mismatch"
            ),
            Case(
                testDescription: "an account that is not configured",
                body: StripeEvent.customer("cus_c", revision: 0, more: #""account":"acct_other","#),
                state: "ignored",
                reason: "account_not_configured"
            ),
            Case(
                testDescription: "an unknown type with an object",
                body: edited(customer, "customer.created", "customer.sang_a_song"),
                state: "applied"
            ),
        ]

        @Test func `is 200 for whatever was signed, and the inbox tells what became of it`() async throws {
            let shop = try await Shop()
            let connection = try shop.connection()
            for (place, test) in Self.cases.enumerated() {
                // Every case its own event and objects.
                var body = test.body
                for id in ["evt_cus_c_0", "evt_s", "cus_c", "sub_s"] {
                    body = body.replacingOccurrences(of: "\"\(id)\"", with: "\"\(id)\(place)\"")
                }
                let answer = try connection.post(body)
                #expect(answer.status == 200, "\(test)")
                #expect(answer.body == #"{"received":true,"duplicate":false}"#, "\(test)")
                try await shop.drained()
                let row = try #require(
                    shop.store().rows("SELECT state, reason, id FROM inbox ORDER BY id DESC LIMIT 1").first
                )
                #expect(row[0] == test.state, "\(test): \(row)")
                #expect(
                    test.reason.isEmpty ? row[1] == "NULL" : row[1].contains(test.reason),
                    "\(test): \(row)"
                )
                #expect(row[2] == "\(place + 1)", "\(test)")
            }
            let dead = Self.cases.count { $0.state == "dead" }
            let listed = try await shop.tollgate("inbox", "list", "--state", "dead", "--limit", "100")
            #expect(listed.exitCode == 0)
            #expect(listed.output.split(separator: "\n").count == dead + 1)
            #expect(listed.output.contains("unreadable body"))
            #expect(try shop.metric("tollgate_inbox_dead") == dead)
            // Why one died is to be seen in its bytes, also in those that are no JSON.
            let broken = try #require(
                shop.store().rows("SELECT event_id FROM inbox WHERE id = 1").first?.first
            )
            #expect(
                try await shop.tollgate("inbox", "show", broken, "--body").output == #"{"id":"evt_1","# + "\n"
            )
            let whole = try await shop.tollgate("inbox", "show", broken, "--body", "--json")
            #expect(whole.output.contains(#""body_base64":"eyJpZCI6ImV2dF8xIiw=""#))
            #expect(shop.gateway.logText.contains(broken))
            let key = try await shop.key()
            let customers = try shop.list("/v1/customers", key: key)
            let odd = customers.first { $0["stripe_customer_id"] as? String == "cus_c8" }
            #expect(odd?["email"] is NSNull)
            #expect(odd?["name"] as? String == "Erika")
        }

        @Test func `tells a duplicate, and counts one that says something else`() async throws {
            let shop = try await Shop()
            let connection = try shop.connection()
            let body = StripeEvent.customer("cus_twice", revision: 0)
            #expect(try connection.post(body).body == #"{"received":true,"duplicate":false}"#)
            #expect(try connection.post(body).body == #"{"received":true,"duplicate":true}"#)
            // Deliveries of one event differ around its data.
            let counted = body.replacingOccurrences(
                of: #""pending_webhooks":1"#,
                with: #""pending_webhooks":0"#
            )
            #expect(try connection.post(counted).body.contains("true}"))
            #expect(try shop.metric("tollgate_inbox_anomalies_total") == 0)
            let other = body.replacingOccurrences(of: "Erika", with: "Mallory")
            #expect(try connection.post(other).body == #"{"received":true,"duplicate":true}"#)
            #expect(try shop.metric("tollgate_inbox_anomalies_total") == 1)
            #expect(try shop.metric("tollgate_inbox_duplicates_total") == 3)
            try await shop.drained()
            let stored = try shop.store().rows(
                "SELECT customers.name, objects.version FROM customers, objects"
            )
            #expect(stored == [["Erika", "1"]])
        }
    }
}
