import BillingModel
package import JSON
import Timing

extension StripeDecoder {
    /// No id of Stripe's is longer (its documentation promises 255 characters).
    static let identifierBytesMax = 255

    /// The years 1 to 9999: beyond them no calendar of ours can write a time, and an event from there would lie
    /// behind all later ones for ever.
    static let secondsRange: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

    /// Reads an event's envelope; members of an unexpected type count as absent.
    package static func envelope(_ root: JSONValue) -> EnvelopeReading {
        guard root.kind == .object else { return .unreadable(reason: "the body should be an object") }
        guard let type = root["type"]?.string, !type.isEmpty, type.utf8.count <= identifierBytesMax else {
            return .unreadable(reason: "type should be a text")
        }
        var event = ProviderEvent(type: type)
        event.id = identifier(root["id"])
        event.apiVersion = identifier(root["api_version"])
        event.isLive = root["livemode"]?.boolean
        event.account = identifier(root["account"])
        event.requestIdempotencyKey = identifier(root["request"]?["idempotency_key"])
        if root["object"]?.string == "v2.core.event" {
            readThin(root, into: &event)
        } else {
            event.second = root["created"]?.integer.flatMap { secondsRange.contains($0) ? $0 : nil }
            readSnapshot(root["data"], into: &event)
        }
        return .event(event)
    }

    private static func readSnapshot(_ data: JSONValue?, into event: inout ProviderEvent) {
        guard let object = data?["object"], object.kind == .object else { return }
        event.object = object
        if let type = identifier(object["object"]), let id = identifier(object["id"]) {
            event.objectType = ObjectType(rawValue: type)
            event.objectID = ProviderID(id)
        }
        if let previous = data?["previous_attributes"], previous.kind == .object, previous.count > 0 {
            event.previousAttributes = previous
        }
    }

    // Thin events name their object and carry no snapshot; their time is RFC 3339.
    private static func readThin(_ root: JSONValue, into event: inout ProviderEvent) {
        event.second = root["created"]?.string.flatMap(Timestamp.init(rfc3339:))?.seconds
        event.requestIdempotencyKey = identifier(root["reason"]?["request"]?["idempotency_key"])
        guard let related = root["related_object"], let type = identifier(related["type"]),
            let id = identifier(related["id"])
        else { return }
        event.objectType = ObjectType(rawValue: type)
        event.objectID = ProviderID(id)
        event.thin = ProviderEvent.ThinReference(
            type: ObjectType(rawValue: type),
            id: ProviderID(id),
            snapshotEvent: identifier(root["snapshot_event"])
        )
    }

    /// A text that may be an id: not empty, not too long, without U+0000.
    static func identifier(_ value: JSONValue?) -> String? {
        guard let value, !value.containsNUL, let text = value.string, !text.isEmpty,
            text.utf8.count <= identifierBytesMax
        else { return nil }
        return text
    }
}
