import API
import BillingModel
import Database
import HTTPServer
import JSON
import Testing
import Timing

@Suite struct WebhookEventTests {
    let harness: Harness
    let admin: String

    init() throws {
        harness = try Harness()
        admin = try harness.key(.test, sites: ["main"], scopes: [.admin])
    }

    private func eventIDs(_ query: String, key: String? = nil) throws -> [Int64] {
        let answer = harness.get("/v1/webhook_events\(query)", key: key ?? admin)
        #expect(answer.status == 200)
        return try answer.ids().compactMap {
            PublicID($0, kind: .webhookEvent, epoch: Harness.epoch)?.number
        }
    }

    @Test func `events are listed newest first and every filter narrows`() throws {
        try Rows.insertEvent(1, in: harness)
        try Rows.insertEvent(2, type: "invoice.paid", in: harness)
        try Rows.insertEvent(3, state: "dead", reason: "unreadable: no id", in: harness)
        try Rows.insertEvent(4, connection: 4, in: harness)
        try Rows.insertEvent(5, state: "waiting", in: harness)
        #expect(try eventIDs("") == [5, 4, 3, 2, 1])
        #expect(try eventIDs("?state=dead") == [3])
        #expect(try eventIDs("?type=invoice.paid") == [2])
        #expect(try eventIDs("?connection=second-test") == [4])
        #expect(try eventIDs("?connection=stripe-live") == [])
        #expect(try eventIDs("?connection=nowhere") == [])
        #expect(try eventIDs("?provider_event_id=evt_2") == [2])
        #expect(try eventIDs("?endpoint=stripe&state=applied") == [4, 2, 1])
        #expect(try eventIDs("?endpoint=other") == [])
        #expect(harness.get("/v1/webhook_events?state=odd", key: admin).code == "invalid_parameter")
        #expect(harness.get("/v1/webhook_events?flavour=x", key: admin).code == "unknown_parameter")
    }

    @Test func `pages join to the whole list, each event once`() throws {
        for id in 1...23 { try Rows.insertEvent(Int64(id), in: harness) }
        var seen: [String] = []
        var cursor: String?
        var pages = 0
        repeat {
            let query = "?limit=5" + (cursor.map { "&cursor=\($0)" } ?? "")
            let answer = harness.get("/v1/webhook_events\(query)", key: admin)
            seen += try answer.ids()
            cursor = try answer.field("next_cursor")
            #expect(try answer.json()["has_more"]?.boolean == (cursor != nil))
            pages += 1
        } while cursor != nil && pages < 10
        #expect(pages == 5)
        #expect(seen == (1...23).reversed().map { publicID(.webhookEvent, Int64($0)) })
    }

    @Test func `an event is shown by our id and by the provider's, with its body on request`() throws {
        try Rows.insertEvent(1, eventID: "evt_a", state: "dead", reason: "no id", in: harness)
        for id in [publicID(.webhookEvent, 1), "evt_a"] {
            let answer = harness.get("/v1/webhook_events/\(id)", key: admin)
            let event = try answer.json()
            #expect(event["object"]?.string == "webhook_event")
            #expect(event["provider_event_id"]?.string == "evt_a")
            #expect(event["connection"]?.string == "stripe-test")
            #expect(event["site_id"]?.string == "main")
            #expect(event["live_mode"]?.boolean == false)
            #expect(event["state"]?.string == "dead")
            #expect(event["reason"]?.string == "no id")
            #expect(event["received_at"]?.string == "2025-06-15T15:06:40.001Z")
            #expect(event["body"] == nil)
        }
        let whole = harness.get("/v1/webhook_events/evt_a?expand=body", key: admin)
        #expect(whole.text.contains(#""body":{"id":"evt","data":{"object":{"id":"cus_1"}}}"#))
    }

    @Test func `a body that is no JSON is shown in base 64`() throws {
        try Rows.insertEvent(1, state: "dead", body: "a=1&b={", in: harness)
        let event = try harness.get("/v1/webhook_events/evt_1?expand=body", key: admin).json()
        #expect(event["body"]?.isNull == true)
        #expect(event["body_base64"]?.string == "YT0xJmI9ew==")
    }

    @Test func `events of another mode or site do not exist`() throws {
        try Rows.insertEvent(1, connection: 2, eventID: "evt_live", in: harness)
        try Rows.insertEvent(2, connection: 3, eventID: "evt_shop", in: harness)
        #expect(try eventIDs("") == [])
        for id in ["evt_live", "evt_shop", publicID(.webhookEvent, 1), publicID(.webhookEvent, 2)] {
            #expect(harness.get("/v1/webhook_events/\(id)", key: admin).status == 404)
            #expect(harness.post("/v1/webhook_events/\(id)/replay", key: admin).status == 404)
            #expect(harness.post("/v1/webhook_events/\(id)/discard", key: admin).status == 404)
        }
        let live = try harness.key(.live, scopes: [.admin])
        #expect(try eventIDs("", key: live) == [1])
        #expect(try harness.call(APICall(.get, "/v1/webhook_events"), through: .socket).ids().count == 2)
        #expect(
            try harness.call(APICall(.get, "/v1/webhook_events?site_id=shop"), through: .socket).ids().count
                == 1
        )
    }

    @Test func `the same provider id in two connections wants our id`() throws {
        try Rows.insertEvent(1, connection: 1, eventID: "evt_x", in: harness)
        try Rows.insertEvent(2, connection: 4, eventID: "evt_x", in: harness)
        #expect(harness.get("/v1/webhook_events/evt_x", key: admin).code == "ambiguous_provider_id")
        #expect(harness.get("/v1/webhook_events/\(publicID(.webhookEvent, 2))", key: admin).status == 200)
    }

    @Test func `an id of another store, of another kind or of nothing is not found`() throws {
        try Rows.insertEvent(1, in: harness)
        let foreign = PublicID(.webhookEvent, 1).text(epoch: StoreEpoch(truncating: 8))
        for id in [foreign, publicID(.customer, 1), publicID(.webhookEvent, 99), "evt_none", "%20"] {
            #expect(harness.get("/v1/webhook_events/\(id)", key: admin).code == "not_found")
        }
    }

    @Test func `acts change the state, answer with the event and are audited`() throws {
        try Rows.insertEvent(1, state: "applied", in: harness)
        try Rows.insertEvent(2, state: "dead", reason: "x", in: harness)
        try Rows.insertEvent(3, state: "dead", reason: "x", in: harness)
        for (id, act, state) in [
            (1, "replay", "received"), (2, "retry", "received"), (3, "discard", "ignored"),
        ] {
            let answer = harness.post("/v1/webhook_events/evt_\(id)/\(act)", key: admin)
            #expect(answer.status == 200)
            #expect(try answer.field("state") == state)
        }
        let audit = try harness.log().split(separator: "\n").filter { $0.contains("admin act") }
        #expect(audit.count == 3)
        #expect(audit[0].contains(#""act":"webhook_event.replay""#))
        #expect(audit[0].contains(#""target":"\#(publicID(.webhookEvent, 1))""#))
        #expect(audit[0].contains(#""actor":"\#(publicID(.apiKey, 1))""#))
    }

    @Test func `an act that does not fit the state, or lacks the body, is refused`() throws {
        try Rows.insertEvent(1, state: "received", in: harness)
        try Rows.insertEvent(2, state: "applied", body: nil, in: harness)
        try Rows.insertEvent(3, state: "applied", in: harness)
        #expect(harness.post("/v1/webhook_events/evt_1/replay", key: admin).code == "event_state_conflict")
        #expect(harness.post("/v1/webhook_events/evt_2/replay", key: admin).code == "event_body_gone")
        #expect(harness.post("/v1/webhook_events/evt_3/discard", key: admin).code == "event_state_conflict")
        #expect(
            harness.post("/v1/webhook_events/evt_3/replay", key: admin, body: #"{"x":1}"#).code
                == "unknown_field"
        )
        #expect(try harness.get("/v1/webhook_events/evt_3", key: admin).field("state") == "applied")
        #expect(harness.post("/v1/webhook_events/evt_3/replay", key: admin, body: "{}").status == 200)
    }
}
