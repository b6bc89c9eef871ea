import BillingModel
import HTTPServer
import Inbox
import Packing
import Telemetry
import Testing
import Threading
import Timing

@testable import WebhookListener

@Suite struct WebhookListenerTests {
    private static func event(
        _ extra: String = "",
        id: String = #""id":"evt_1","#,
        object: String = #"{"id":"cus_1","object":"customer"}"#
    ) -> String {
        #"{\#(id)"object":"event","type":"customer.updated","api_version":"v1","created":1700000000,"#
            + #""livemode":false\#(extra),"data":{"object":\#(object)}}"#
    }

    /// What becomes of a rightly signed body, and whose it is.
    struct Case: CustomTestStringConvertible, Sendable {
        let what: String
        let body: String
        let connection: Int64
        let disposition: String
        var testDescription: String { what }
    }

    static let cases = [
        Case(what: "an event", body: event(), connection: 1, disposition: "apply"),
        Case(
            what: "an unknown type whose object has an id",
            body: event(object: #"{"id":"wid_1","object":"widget"}"#),
            connection: 1,
            disposition: "apply"
        ),
        Case(
            what: "no id in the object",
            body: event(object: #"{"object":"balance"}"#),
            connection: 1,
            disposition: "ignore no_object_with_an_id"
        ),
        Case(
            what: "the other mode",
            body: event().replacing(#""livemode":false"#, with: #""livemode":true"#),
            connection: 1,
            disposition: "ignore livemode_mismatch"
        ),
        Case(
            what: "a configured account",
            body: event(#","account":"acct_2""#),
            connection: 2,
            disposition: "apply"
        ),
        Case(
            what: "another account",
            body: event(#","account":"acct_9""#),
            connection: 1,
            disposition: "ignore account_not_configured"
        ),
        Case(
            what: "an account that only looks alike",
            body: event(#","account":"acct_\u00b2""#),
            connection: 1,
            disposition: "ignore account_not_configured"
        ),
        Case(what: "broken JSON", body: #"{"id":"#, connection: 1, disposition: "dead"),
        Case(what: "no object at all", body: "[]", connection: 1, disposition: "dead"),
        Case(what: "a key twice", body: #"{"type":"a","type":"b"}"#, connection: 1, disposition: "dead"),
        Case(what: "no type", body: #"{"id":"evt_1"}"#, connection: 1, disposition: "dead"),
        Case(
            what: "too deep",
            body: String(repeating: "[", count: 1_000) + String(repeating: "]", count: 1_000),
            connection: 1,
            disposition: "dead"
        ),
        Case(what: "nothing", body: "", connection: 1, disposition: "dead"),
    ]

    @Test(arguments: cases)
    func `a signed body is stored for what it is`(_ row: Case) throws {
        let harness = try ListenerHarness()
        #expect(try harness.post(row.body) == nil)
        let event = try #require(harness.last)
        #expect(event.connection.rawValue == row.connection)
        let body = try event.body.unpacked()
        #expect(body == Array(row.body.utf8))
        switch event.disposition {
        case .apply: #expect(row.disposition == "apply")
        case .ignore(let reason): #expect(row.disposition == "ignore \(reason)")
        case .deadLetter: #expect(row.disposition == "dead")
        }
        if case .apply = event.disposition {
            #expect(String(decoding: body[event.objectRange], as: UTF8.self).hasPrefix(#"{"id":"#))
        }
    }

    @Test func `a body without an id is known by its bytes`() throws {
        let harness = try ListenerHarness()
        _ = try harness.post(Self.event(id: ""))
        let first = try #require(harness.last?.eventID)
        _ = try harness.post(Self.event(id: ""))
        #expect(harness.last?.eventID == first && first.hasPrefix("sha256:"))
        _ = try harness.post(Self.event(" ", id: ""))
        #expect(harness.last?.eventID != first)
        _ = try harness.post("broken")
        #expect(harness.last?.eventID.hasPrefix("sha256:") == true)
        // A number, or a text with U+0000, is no id.
        for id in [#""id":7,"#, #""id":"evt_\u0000","#, #""id":"","#] {
            _ = try harness.post(Self.event(id: id))
            #expect(harness.last?.eventID.hasPrefix("sha256:") == true)
        }
    }

    @Test func `a thin event names its object and the snapshot event that tells the same`() throws {
        let harness = try ListenerHarness()
        let thin =
            #"{"id":"evt_t","object":"v2.core.event","type":"v1.customer.updated","livemode":false,"#
            + #""created":"2026-01-01T00:00:00.000Z","snapshot_event":"evt_1","#
            + #""related_object":{"id":"cus_1","type":"customer"}}"#
        _ = try harness.post(thin)
        let event = try #require(harness.last)
        #expect(event.twinEventID == "evt_1" && event.eventID == "evt_t" && event.objectRange.isEmpty)
        guard case .apply = event.disposition else {
            Issue.record("a thin event is to be applied")
            return
        }
    }

    @Test func `an event of a provider without decoder is kept and ignored`() throws {
        let harness = try ListenerHarness(provider: "paddle")
        _ = try harness.post(Self.event())
        guard case .ignore("no_decoder_for_provider") = harness.last?.disposition else {
            Issue.record("it is to be ignored")
            return
        }
    }

    @Test func `a wrong or stale signature is refused and counted by reason, and nothing is offered`() throws
    {
        let harness = try ListenerHarness()
        #expect(try harness.post(Self.event(), breaksSignature: true) == 401)
        for seconds: Int64 in [-301, 301] {
            #expect(
                try harness.post(Self.event(), signedAt: ListenerHarness.now.adding(seconds: seconds)) == 401
            )
        }
        #expect(harness.last == nil)
        #expect(harness.statistics.verified.value == 0)
        let refusals = harness.statistics.rejectedByReason.filter { $0.count > 0 }
        #expect(refusals.map(\.count).reduce(0, +) == 3)
        #expect(refusals.count == 2)
        #expect(try harness.post(Self.event(), signedAt: ListenerHarness.now.adding(seconds: -300)) == nil)
    }

    @Test func `what is no webhook for us is refused before its body is read`() throws {
        let harness = try ListenerHarness()
        #expect(try harness.post("{}", to: "/webhooks/other") == 404)
        #expect(try harness.post("{}", to: "/webhooks/stripe/") == 404)
        #expect(try harness.post("{}", to: "/webhooks/STRIPE") == 404)
        #expect(try harness.post("{}", method: "PUT") == 405)
        #expect(try harness.post("", to: "/elsewhere") == 404)
        harness.isReady.withLock { $0 = false }
        #expect(try harness.post(Self.event()) == 503)
        #expect(harness.last == nil)
        #expect(harness.refused("unknown_endpoint") == 3)
        #expect(harness.refused("method_not_allowed") == 1 && harness.refused("not_ready") == 1)
    }

    @Test func `a full inbox is a 503 at once`() throws {
        let harness = try ListenerHarness()
        harness.isFull.withLock { $0 = true }
        #expect(try harness.post(Self.event()) == 503)
        #expect(harness.refused("queue_full") == 1)
        harness.isFull.withLock { $0 = false }
        #expect(try harness.post(Self.event()) == nil)
    }

    @Test(arguments: [
        (#"{"data":{"a":1}}"#, #"{"data":{"a":1.0},"pending_webhooks":2}"#, true),
        (#"{"data":{"a":1}}"#, #"{"data":{"a":2}}"#, false),
        (#"{"a":1}"#, #"{ "a" : 1 }"#, true),
        (#"{"a":1}"#, "broken", false),
    ])
    func `two deliveries tell the same when their data does`(
        _ first: String,
        _ second: String,
        _ isSame: Bool
    ) {
        #expect(EventComparison.isSameData(Array(first.utf8), Array(second.utf8)) == isSame)
    }
}
