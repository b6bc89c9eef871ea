import JSON
import Testing
import Timing
import WebhookVerifier

struct EventReaderTests {
    private func read(
        _ profile: String,
        _ body: String,
        _ headers: [(name: String, value: String)] = []
    ) throws -> [EventOutline] {
        let profile = try #require(SignatureProfile.builtIn(profile))
        let list = HeaderList(headers)
        return try Array(body.utf8).withUnsafeBytes { try EventReader(profile).read(headers: list, body: $0) }
    }

    @Test func `a Stripe event tells id, type, time and object`() throws {
        let body =
            #"{"id":"evt_1","type":"invoice.paid","created":1700000000,"data":{"object":{"id":"in_1"}}}"#
        let event = try #require(read("stripe", body).first)
        #expect(event.id == "evt_1" && !event.idIsDigest)
        #expect(event.type == "invoice.paid")
        #expect(event.occurredAt == Timestamp(seconds: 1_700_000_000))
        #expect(event.object?["id"]?.string == "in_1")
    }

    @Test func `the signed message id counts, whichever header carries it`() throws {
        let body = #"{"type":"user.created","timestamp":"2026-01-02T03:04:05Z","data":{}}"#
        #expect(try read("svix", body, [("SVIX-ID", " msg_1 ")]).first?.id == "msg_1")
        #expect(try read("svix", body, [("webhook-id", "msg_2")]).first?.id == "msg_2")
        #expect(try read("standard-webhooks", body, [("Webhook-Id", "msg_3")]).first?.id == "msg_3")
    }

    @Test func `a batch gives one outline for each event`() throws {
        let body = #"{"events":[{"id":"EV1","resource_type":"payments","action":"paid_out"},{"id":"EV2"}]}"#
        let events = try read("gocardless", body)
        #expect(events.map(\.id) == ["EV1", "EV2"])
        #expect(events.map(\.type) == ["payments.paid_out", nil])
        #expect(try read("gocardless", #"{"events":[]}"#).isEmpty)
    }

    @Test func `a tuple keeps its parts apart`() throws {
        let first = try read("paystack", #"{"event":"a:b","data":{"id":"c"}}"#).first?.id
        let second = try read("paystack", #"{"event":"a","data":{"id":"b:c"}}"#).first?.id
        #expect(first == "a%3Ab:c")
        #expect(second == "a:b%3Ac")
    }

    @Test(arguments: [#"{"type":"x"}"#, #"{"id":null}"#, #"{"id":["a"]}"#, #"{"id":"a\u0000b"}"#, #"[]"#])
    func `an event without a readable id is known by its digest`(body: String) throws {
        let event = try #require(read("stripe", body).first)
        #expect(event.idIsDigest && event.id.hasPrefix("sha256:") && event.id.count == 71)
    }

    @Test func `a form body is read by its field names`() throws {
        let event = try #require(read("maxio", "id=77&event=payment_success&payload%5Bsite%5D=a+b").first)
        #expect(event.id == "77" && event.type == "payment_success")
        #expect(event.event == nil)
    }

    @Test func `an Adyen item is read below its wrapping, and only the signed one`() throws {
        let body = """
            {"notificationItems":[{"NotificationRequestItem":{"pspReference":"P1","eventCode":"CAPTURE",
             "success":"true"}},{"NotificationRequestItem":{"pspReference":"P2"}}]}
            """
        let events = try read("adyen-standard", body)
        #expect(events.map(\.id) == ["P1:CAPTURE:true"])
    }
}
