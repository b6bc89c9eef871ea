import JSON
import Timing

/// What happened at the provider, for tests: what was done under which key, in which order, how much at once.
package struct EffectsLedger: Sendable {
    package struct Update: Sendable {
        /// Counts all changes of the account from 1.
        package let sequence: Int
        package let method: String
        package let idempotencyKey: String?
        /// The parameters as sent, decoded.
        package let parameters: [UInt8]
    }

    /// Changes made under each key; more than one is a fault of the provider, never of a client.
    package private(set) var effectsByKey: [String: Int] = [:]
    package private(set) var effectsWithoutKey = 0
    /// Changes by the id of the object that the request was about, oldest first.
    package private(set) var updates: [String: [Update]] = [:]
    package private(set) var inFlightMaxByObject: [String: Int] = [:]
    package private(set) var inFlightMax = 0
    package private(set) var countByStatus: [Int: Int] = [:]
    /// Requests whose answer was never sent.
    package private(set) var unanswered = 0
    package private(set) var replays = 0
    package private(set) var requests = 0
    /// The most requests that arrived within one second of the sandbox's clock.
    package private(set) var peakPerSecond = 0
    private var second: (Int64, Int) = (0, 0)
    private var inFlightByObject: [String: Int] = [:]
    private var inFlight = 0
    private var sequence = 0

    mutating func arrived(_ object: String?, now: Timestamp) {
        requests += 1
        second = second.0 == now.seconds ? (second.0, second.1 + 1) : (now.seconds, 1)
        peakPerSecond = max(peakPerSecond, second.1)
        inFlight += 1
        inFlightMax = max(inFlightMax, inFlight)
        guard let object else { return }
        let count = (inFlightByObject[object] ?? 0) + 1
        inFlightByObject[object] = count
        if count > inFlightMaxByObject[object] ?? 0 { inFlightMaxByObject[object] = count }
    }

    /// `status` nil when no answer was sent.
    mutating func left(_ object: String?, status: Int?) {
        inFlight -= 1
        if let status { countByStatus[status, default: 0] += 1 } else { unanswered += 1 }
        guard let object, let count = inFlightByObject[object] else { return }
        inFlightByObject[object] = count > 1 ? count - 1 : nil
    }

    mutating func changed(_ object: String, method: String, key: String?, parameters: [UInt8]) {
        sequence += 1
        if let key { effectsByKey[key, default: 0] += 1 } else { effectsWithoutKey += 1 }
        updates[object, default: []].append(
            Update(sequence: sequence, method: method, idempotencyKey: key, parameters: parameters)
        )
    }

    mutating func replayed() { replays += 1 }

    /// Forgets everything but what is in flight.
    mutating func clear() {
        var fresh = EffectsLedger()
        fresh.inFlight = inFlight
        fresh.inFlightByObject = inFlightByObject
        self = fresh
    }

    /// `object` chooses the updates of one object; without it only their number is told.
    func json(object: String?) -> [UInt8] {
        var writer = JSONWriter(capacity: 4096)
        writer.beginObject()
        writer.field("requests", requests)
        writer.field("unanswered", unanswered)
        writer.field("replays", replays)
        writer.field("peak_per_second", peakPerSecond)
        writer.field("in_flight_max", inFlightMax)
        writer.field("effects_without_key", effectsWithoutKey)
        writer.field("effects_per_key_max", effectsByKey.values.max() ?? 0)
        write("by_status", countByStatus.map { ("\($0)", $1) }, &writer)
        if let object {
            writer.field("in_flight_max_of_object", inFlightMaxByObject[object] ?? 0)
            writer.key("updates")
            writer.beginArray()
            for update in updates[object] ?? [] {
                writer.beginObject()
                writer.field("sequence", update.sequence)
                writer.field("method", update.method)
                writer.field("idempotency_key", update.idempotencyKey)
                writer.key("parameters")
                writer.string(String(decoding: update.parameters, as: UTF8.self))
                writer.endObject()
            }
            writer.endArray()
        } else {
            write("effects", effectsByKey.map { ($0, $1) }, &writer)
            write("in_flight_max_by_object", inFlightMaxByObject.map { ($0, $1) }, &writer)
            write("updates_by_object", updates.map { ($0, $1.count) }, &writer)
        }
        writer.endObject()
        return writer.bytes
    }

    private func write(_ name: String, _ counts: [(String, Int)], _ writer: inout JSONWriter) {
        writer.key(name)
        writer.beginObject()
        for (key, count) in counts.sorted(by: { $0.0 < $1.0 }) { writer.field(key, count) }
        writer.endObject()
    }
}
