import BillingModel
import JSON
import Providers
import Testing

private func envelope(_ text: String) throws -> EnvelopeReading {
    StripeDecoder.envelope(try JSONDocument.parse(Array(text.utf8)).root)
}

private func event(_ text: String) throws -> ProviderEvent {
    guard case .event(let event) = try envelope(text) else { throw NoEvent() }
    return event
}

private struct NoEvent: Error {}

struct StripeEnvelopeTests {
    @Test func `an envelope is read whole`() throws {
        let event = try event(
            """
            {"id":"evt_1","object":"event","type":"customer.updated","api_version":"2020-08-27","created":1700000000,
             "livemode":false,"account":"acct_1","request":{"id":"req_1","idempotency_key":"tg_1_2"},
             "data":{"object":{"id":"cus_1","object":"customer"},"previous_attributes":{"email":"a@example.com"}}}
            """
        )
        #expect(event.id == "evt_1" && event.type == "customer.updated" && event.apiVersion == "2020-08-27")
        #expect(event.second == 1_700_000_000 && event.isLive == false && event.account == "acct_1")
        #expect(event.requestIdempotencyKey == "tg_1_2")
        #expect(event.objectType == .customer && event.objectID == ProviderID("cus_1"))
        #expect(event.previousAttributes?["email"]?.string == "a@example.com")
        #expect(event.thin == nil)
    }

    @Test(arguments: ["[]", "7", #""x""#, "null", "{}", #"{"type":7}"#, #"{"type":""}"#])
    func `a body that is no event is unreadable`(text: String) throws {
        guard case .unreadable = try envelope(text) else {
            Issue.record("\(text) was read")
            return
        }
    }

    @Test(arguments: [
        #"{"type":"t"}"#, #"{"type":"t","data":[]}"#, #"{"type":"t","data":{"object":[]}}"#,
        #"{"type":"t","data":{"object":{"object":"invoice"}}}"#,
        #"{"type":"t","data":{"object":{"id":"x"}}}"#,
        #"{"type":"t","data":{"object":{"id":"a\u0000b","object":"invoice"}}}"#,
        #"{"type":"t","data":{"object":{"id":"","object":"invoice"}}}"#,
        #"{"type":"t","id":7,"created":"x","livemode":1,"account":{},"request":"r"}"#,
    ])
    func `an event without an object that has an id names none`(text: String) throws {
        let event = try event(text)
        #expect(event.objectID == nil && event.objectType == nil)
        #expect(event.id == nil && event.second == nil && event.isLive == nil && event.account == nil)
    }

    @Test func `empty or null previous attributes tell nothing`() throws {
        for previous in ["{}", "null", "[]"] {
            let text =
                #"{"type":"t","data":{"object":{"id":"x","object":"y"},"previous_attributes":\#(previous)}}"#
            #expect(try event(text).previousAttributes == nil)
        }
    }

    @Test func `a thin event names its object and the event with the snapshot`() throws {
        let event = try event(
            """
            {"id":"evt_test_65","object":"v2.core.event","type":"v1.customer.created","livemode":false,
             "created":"2026-10-01T12:00:00.500Z","snapshot_event":"evt_1",
             "related_object":{"id":"cus_1","type":"customer","url":"/v1/customers/cus_1"}}
            """
        )
        #expect(event.thin?.id == ProviderID("cus_1") && event.thin?.snapshotEvent == "evt_1")
        #expect(event.second == 1_790_856_000)
        #expect(event.object == nil && event.objectType == .customer)
    }

    @Test func `types tell births, deletions and notes`() {
        func facts(_ type: String) -> EventFacts { StripeDecoder.facts(ofEventType: type) }
        #expect(facts("customer.created").tellsBirth && facts("v1.customer.created").tellsBirth)
        #expect(facts("charge.succeeded").tellsBirth && facts("payment_method.attached").tellsBirth)
        #expect(facts("checkout.session.completed").birth == .whenUnknown)
        #expect(facts("customer.updated").birth == .never)
        #expect(facts("customer.deleted").deletion == .removesObject)
        #expect(facts("customer.discount.deleted").deletion == .removesObject)
        #expect(facts("customer.subscription.deleted").deletion == .keepsObject)
        #expect(facts("payment_method.detached").deletion == .none)
        #expect(facts("invoice.payment_action_required").note == .paymentActionRequired)
        #expect(facts("checkout.session.async_payment_failed").note == .delayedPaymentFailed)
        #expect(StripeDecoder.merchantChoosesID(of: .coupon) && StripeDecoder.merchantChoosesID(of: .product))
        #expect(!StripeDecoder.merchantChoosesID(of: .customer))
        #expect(StripeDecoder.volatilePaths(of: .invoice).contains(["hosted_invoice_url"]))
        #expect(StripeDecoder.volatilePaths(of: .price).isEmpty)
    }
}
