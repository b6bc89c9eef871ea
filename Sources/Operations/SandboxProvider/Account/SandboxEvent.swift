import JSON

/// A snapshot event. Its data are kept as the bytes that they were sent as: they never change.
package struct SandboxEvent: Sendable {
    package let id: String
    package let type: String
    /// Seconds.
    package let created: Int64
    /// The second in which it really was made; later than `created` where a fault has dated it back.
    let made: Int64
    package let objectID: String
    package let requestID: String?
    package let idempotencyKey: String?
    let apiVersion: String
    /// The `data` member.
    let data: [UInt8]
    /// Webhook endpoints that have not taken it yet: 0 or 1.
    var pendingWebhooks: Int

    /// The whole event, as a webhook carries it and the list shows it.
    package var json: [UInt8] {
        var writer = JSONWriter(capacity: data.count + 400)
        write(to: &writer)
        return writer.bytes
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("id", id)
        writer.field("object", "event")
        writer.field("api_version", apiVersion)
        writer.field("created", created)
        writer.key("data")
        writer.raw(data)
        writer.field("livemode", false)
        writer.field("pending_webhooks", pendingWebhooks)
        writer.key("request")
        writer.beginObject()
        writer.field("id", requestID)
        writer.field("idempotency_key", idempotencyKey)
        writer.endObject()
        writer.field("type", type)
        writer.endObject()
    }

    /// `type` is a whole type, or ends in `*`.
    static func matches(_ type: String, pattern: String) -> Bool {
        pattern.hasSuffix("*") ? type.hasPrefix(pattern.dropLast()) : type == pattern
    }
}

/// All events, the oldest first. Old ones make room.
struct EventLog: Sendable {
    /// A kilobyte or two each.
    static let countMax = 200_000

    private(set) var events: [SandboxEvent] = []
    private var ranks: [String: Int] = [:]
    /// Events that made room; ranks count from the first ever.
    private var dropped = 0

    mutating func append(_ event: SandboxEvent) {
        if events.count >= Self.countMax {
            let gone = Self.countMax / 8
            for event in events.prefix(gone) { ranks[event.id] = nil }
            events.removeFirst(gone)
            dropped += gone
        }
        ranks[event.id] = dropped + events.count
        events.append(event)
    }

    func position(_ id: String) -> Int? { ranks[id].map { $0 - dropped } }

    subscript(id: String) -> SandboxEvent? { position(id).map { events[$0] } }

    mutating func delivered(_ id: String) {
        guard let position = position(id) else { return }
        events[position].pendingWebhooks = 0
    }
}
