import API
import BillingModel
import HTTPServer
import Testing

/// Canary addresses and keys are put wherever a caller can put them; none may come back or be logged.
@Suite struct LeakTests {
    @Test func `no canary reaches a problem or the log`() throws {
        let harness = try Harness()
        let admin = try harness.key(.test, scopes: [.admin])
        let canary = "canary@example.com"
        let secret = "sk_test_CANARYcanaryCANARY"
        var answers: [APIAnswer] = []
        for value in [canary, "canary%40example.com", secret, "whsec_CANARYcanary"] {
            for target in [
                "/v1/customers/\(value)", "/v1/customers/\(value)/subscriptions", "/v1/nothing/\(value)",
                "/v1/customers?\(value)=1", "/v1/customers?expand=\(value)", "/v1/customers?limit=\(value)",
                "/v1/customers?cursor=\(value)", "/v1/customers?status=\(value)",
                "/v1/products?active=\(value)",
                "/v1/customers?created_after=\(value)", "/v1/invoices?subscription_id=\(value)&x=\(value)",
                "/v1/customers?email=\(value)&limit=0", "/v1/webhook_events/\(value)",
                "/v1/customers?site_id=\(value)",
            ] {
                answers.append(harness.get(target, key: admin))
                answers.append(harness.get(target, key: value))
            }
            answers.append(harness.get("/v1/customers", key: admin, site: value))
            answers.append(harness.post("/v1/webhook_events/\(value)/replay", key: admin))
            for body in [
                #"{"\#(value)":1}"#, #"{"mode":"\#(value)"}"#, #"{"sites":["\#(value)"]}"#,
                #"{"a":\#(value)}"#,
            ] {
                answers.append(harness.post("/v1/api_keys", key: admin, body: body))
            }
        }
        #expect(answers.allSatisfy { $0.status >= 400 && $0.status < 500 })
        for answer in answers {
            #expect(!answer.text.lowercased().contains("canary"))
            #expect(!answer.headers.contains { $0.value.lowercased().contains("canary") })
        }
        let metrics = harness.get("/metrics", key: nil).text
        let log = try harness.log()
        #expect(!log.isEmpty)
        #expect(!log.lowercased().contains("canary") && !metrics.lowercased().contains("canary"))
        #expect(!log.contains(admin) && !log.contains(admin.dropFirst(8)))
    }
}
