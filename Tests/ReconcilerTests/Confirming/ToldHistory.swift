import Foundation
import Timing

/// What one customer of the provider goes through, and what is told of it: made before anything happens.
struct ToldHistory {
    struct Options: Sendable {
        /// Changes after the birth.
        var changes = 8
        /// Mean milliseconds between two changes; each wait is between a tenth of it and nearly twice as much.
        var spacing: Int64 = 100_000
        /// All changes within so many milliseconds, instead.
        var burst: Int64?
        /// Of a thousand events, the last one of a history excepted: nothing but a run can tell of that.
        var lostPerMille: UInt64 = 0
        /// Also the last one may be lost.
        var losesTheLast = false
        var doubledPerMille: UInt64 = 50
        /// Milliseconds from the change to the arrival.
        var delay: ClosedRange<Int64> = 200...2_000
        /// Of a thousand events, so many arrive up to `lateMax` later.
        var latePerMille: UInt64 = 100
        var lateMax: Int64 = 30_000
        /// Seconds at most between a change and the event's `created`; one for each history.
        var lagMax: UInt64 = 3
        /// Of a thousand histories, so many end with a deletion.
        var deletedPerMille: UInt64 = 100
        /// Values come back.
        var returns = false
    }

    struct Version {
        let time: Int64
        /// Nil: deleted.
        let value: String?
    }

    struct Delivery {
        let time: Int64
        let body: [UInt8]
        let eventID: String
    }

    let id: String
    let versions: [Version]
    let deliveries: [Delivery]
    /// Events that arrive at all.
    let told: Int
    let lost: Int

    init(_ number: Int, _ options: Options, start: Int64, random: RandomSource) {
        func below(_ bound: Int64) -> Int64 { Int64(random.below(UInt64(max(bound, 1)))) }
        func chance(_ perMille: UInt64) -> Bool { random.below(1_000) < perMille }
        let id = "cus_\(number)"
        var times: [Int64] = [start + below(options.spacing)]
        if let burst = options.burst {
            let begin = times[0] + 60_000
            times += (0..<options.changes).map { _ in begin + below(burst) }.sorted()
        } else {
            for _ in 0..<options.changes {
                times.append(times[times.count - 1] + options.spacing / 10 + below(options.spacing * 9 / 5))
            }
        }
        let isDeleted = chance(options.deletedPerMille)
        var versions: [Version] = []
        for (index, time) in times.enumerated() {
            let isEnd = isDeleted && index == times.count - 1
            let value = options.returns ? "v\(below(3))" : "v\(index)"
            // A change changes something.
            let isSame = value == versions.last?.value
            versions.append(Version(time: time, value: isEnd ? nil : isSame ? value + "'" : value))
        }
        let lag = Int64(random.below(options.lagMax + 1)) * 1_000
        var deliveries: [Delivery] = []
        var lost = 0
        for (index, version) in versions.enumerated() {
            let mayBeLost = options.losesTheLast || index < versions.count - 1
            if mayBeLost, chance(options.lostPerMille) {
                lost += 1
                continue
            }
            let second = (version.time + lag) / 1_000
            let eventID = "evt_\(number)_\(Self.scrambled(index, random))"
            let body = Self.event(
                eventID,
                id,
                second,
                version.value,
                index == 0 ? nil : versions[index - 1].value
            )
            for _ in 0..<(chance(options.doubledPerMille) ? 2 : 1) {
                var delay =
                    options.delay.lowerBound + below(options.delay.upperBound - options.delay.lowerBound)
                if chance(options.latePerMille) { delay += below(options.lateMax) }
                deliveries.append(Delivery(time: version.time + lag + delay, body: body, eventID: eventID))
            }
        }
        self.id = id
        self.versions = versions
        self.deliveries = deliveries
        told = versions.count - lost
        self.lost = lost
    }

    /// The provider's customer at that moment; nil before its birth.
    func body(at time: Int64) -> [UInt8]? {
        guard let version = versions.last(where: { $0.time <= time }) else { return nil }
        return Array((version.value.map { Self.object(id, $0) } ?? Self.deleted(id)).utf8)
    }

    func isLive(_ body: [UInt8]) -> Bool { body != Array(Self.deleted(id).utf8) }

    var last: String? { versions[versions.count - 1].value }

    /// The ids of events are not in their order.
    private static func scrambled(_ index: Int, _ random: RandomSource) -> String {
        String(random.below(1 << 40), radix: 36) + "_\(index)"
    }

    private static func object(_ id: String, _ name: String) -> String {
        #"{"id":"\#(id)","object":"customer","created":1700000000,"name":"\#(name)","metadata":{}}"#
    }

    private static func deleted(_ id: String) -> String {
        #"{"id":"\#(id)","object":"customer","deleted":true}"#
    }

    private static func event(
        _ eventID: String,
        _ id: String,
        _ second: Int64,
        _ value: String?,
        _ before: String?
    ) -> [UInt8] {
        let type = value == nil ? "customer.deleted" : before == nil ? "customer.created" : "customer.updated"
        let previous =
            type == "customer.updated" ? #","previous_attributes":{"name":"\#(before ?? "")"}"# : ""
        return Array(
            """
            {"id":"\(eventID)","object":"event","api_version":"2026-06-24.dahlia","created":\(second),\
            "livemode":false,"type":"\(type)","data":{"object":\(object(id, value ?? before ?? ""))\(previous)}}
            """.utf8
        )
    }
}
