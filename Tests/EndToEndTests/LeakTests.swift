import Foundation
import TestSupport
import Testing

extension `End to end` {
    @Suite struct `Secrets and personal data` {
        /// Words that stand in bodies, signatures, secrets and keys, and nowhere else.
        private static let canary = "canaryK7q"

        private static let bodies = [
            StripeEvent.customer(
                "cus_l1",
                revision: 0,
                email: "\(canary)@example.com",
                name: "\(canary) Ito"
            ),
            // Known id, other data.
            StripeEvent.customer("cus_l1", revision: 0, email: "\(canary)b@example.com", name: "\(canary)"),
            StripeEvent.customer("cus_l2", revision: 1, email: "\(canary)@example.com"),
            #"{"id":"evt_l3","email":"\#(canary)@example.com","#, canary,
            #"{"\#(canary)":1,"\#(canary)":2}"#, #"{"a":"\#(canary)\#u{1}"}"#, #"["\#(canary)"]"#,
            #"{"id":"evt_l4","type":7,"email":"\#(canary)"}"#,
            #"""
            {"id":"evt_l5","created":1780000000,"type":"customer.subscription.created","data":{"object":\#
            {"id":"sub_l5","object":"subscription","status":"\#(canary)","customer":"cus_l1"}}}
            """#,
            #"""
            {"id":"evt_l6","created":1780000000,"type":"invoice.paid","data":{"object":{"id":"in_l6",\#
            "object":"invoice","status":"\#(canary)","customer_email":"\#(canary)@example.com","lines":"\#(canary)",\#
            "amount_paid":"\#(canary)"}}}
            """#,
            #"""
            {"id":"evt_l7","created":"\#(canary)","type":"customer.created","data":{"object":{"id":"cus_l7",\#
            "object":"customer","email":"\#(canary)@example.com"}}}
            """#,
            #"""
            {"id":"evt_l8","created":1780000000,"livemode":true,"type":"customer.created","data":{"object":\#
            {"id":"cus_l8","object":"customer","email":"\#(canary)@example.com"}}}
            """#,
        ]

        @Test func `stand in no log, metric, problem or list`() async throws {
            let secret = "whsec_\(Self.canary)_signing_secret_x"
            let loud = RunningGateway.configuration.replacingOccurrences(
                of: "\"database\"",
                with: "\"log\": {\"level\": \"debug\"}, \"database\""
            )
            let shop = try await Shop(configuration: loud, environment: ["SECRET": secret])
            var shown: [String] = []
            let connection = try shop.connection()
            for body in Self.bodies {
                let answer = try connection.post(body, secret: secret)
                #expect(answer.status == 200, "\(body)")
                shown.append(answer.body)
            }
            // Refused: the signature, its time, the path, the method, the framing.
            let good = StripeEvent.signature(Self.bodies[0], secret: secret)
            for headers in [
                ["Stripe-Signature: t=1,v1=\(Self.canary)"], ["Stripe-Signature: \(Self.canary)"],
                ["Stripe-Signature: \(StripeEvent.signature("other", secret: secret))"],
                ["Stripe-Signature: \(StripeEvent.signature(Self.bodies[0], secret: secret, age: 9_999))"],
                ["Stripe-Signature: \(good)", "Stripe-Signature: \(good)"], ["X-\(Self.canary): 1"],
            ] {
                shown.append(
                    try shop.connection().request("POST /webhooks/stripe", headers, body: Self.bodies[0]).body
                )
            }
            for line in [
                "POST /webhooks/\(Self.canary)", "GET /webhooks/stripe?\(Self.canary)", "GET /\(Self.canary)",
                "\(Self.canary) /webhooks/stripe", "POST /webhooks/stripe?a=\(Self.canary)\u{7}",
            ] {
                let answer = try shop.connection().request(line, ["X-A: \(Self.canary)"], body: Self.canary)
                #expect(answer.status >= 400, "\(line)")
                shown.append(answer.body)
            }
            try await shop.drained()

            // The admin listener's refusals.
            let key = try await shop.key()
            let admin = try await shop.key(scopes: "admin")
            for target in [
                "/v1/customers?email=\(Self.canary)&status=\(Self.canary)", "/v1/customers/\(Self.canary)",
                "/v1/customers?cursor=\(Self.canary)", "/v1/\(Self.canary)",
                "/v1/customers?expand=\(Self.canary)",
                "/v1/webhook_events/\(Self.canary)",
            ] {
                for key in [nil, "sk_test_\(Self.canary)", key, admin] {
                    let answer = try shop.get(target, key: key)
                    #expect(answer.status >= 400, "\(target)")
                    // Words of the caller's own request may come back to him, a key never.
                    #expect(!answer.body.contains("sk_test_\(Self.canary)"))
                }
            }
            shown.append(try shop.get("/metrics").body)
            shown.append(try shop.get("/v1/webhook_events?limit=100", key: admin).body)

            let words = [
                ["inbox", "list", "--limit", "100"], ["inbox", "list", "--json"], ["keys", "list", "--json"],
                ["inbox", "list", "--state", "dead"],
            ]
            let ids = try shop.store().rows("SELECT event_id FROM inbox").map { ["inbox", "show", $0[0]] }
            #expect(ids.count == Self.bodies.count - 1)
            for words in words + ids {
                let outcome = try await TollgateProcess.run(words, in: shop.folder.url)
                #expect(outcome.exitCode == 0, "\(words): \(outcome.diagnostics)")
                shown.append(outcome.everything)
            }
            let anomalies = try shop.metric("tollgate_inbox_anomalies_total")
            #expect(anomalies == 1)
            #expect(await shop.gateway.stop() == 0)
            shown += [shop.gateway.logText, shop.gateway.outputText]
            #expect(shop.gateway.logText.contains("dead letter"))
            for text in shown {
                #expect(!text.contains(Self.canary), "\(text)")
                #expect(!text.contains("example.com"), "\(text)")
                #expect(!text.contains(key) && !text.contains(admin), "\(text)")
                #expect(!text.contains(good.suffix(64)), "\(text)")
            }
        }
    }
}
