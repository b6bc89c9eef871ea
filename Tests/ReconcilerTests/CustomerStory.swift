/// Hand-made customer events, each with the state that it tells.
struct CustomerStory {
    let id: String
    var version = "2026-06-24.dahlia"
    /// Of the request that causes the next events.
    var idempotencyKey: String?
    private(set) var name: String?
    private var number = 0

    init(_ id: String, version: String = "2026-06-24.dahlia") {
        self.id = id
        self.version = version
    }

    /// The customer comes to be.
    mutating func birth(_ name: String, at second: Int64) -> [UInt8] {
        self.name = name
        return event("customer.created", at: second, object(name))
    }

    /// A change with its `previous_attributes`.
    mutating func change(to name: String, at second: Int64) -> [UInt8] {
        let before = self.name ?? ""
        self.name = name
        return event("customer.updated", at: second, object(name), previous: #"{"name":"\#(before)"}"#)
    }

    /// A change of which only the outcome is told.
    mutating func snapshot(_ name: String, at second: Int64) -> [UInt8] {
        self.name = name
        return event("customer.updated", at: second, object(name))
    }

    mutating func deletion(at second: Int64) -> [UInt8] {
        event("customer.deleted", at: second, object(name ?? ""))
    }

    /// That something changed, as `v2.core.event` tells it.
    mutating func hint(snapshotEvent: String? = nil) -> [UInt8] {
        number += 1
        let twin = snapshotEvent.map { #","snapshot_event":"\#($0)""# } ?? ""
        return Array(
            """
            {"id":"evt_thin_\(id)_\(number)","object":"v2.core.event","type":"v1.customer.updated",\
            "created":"2027-01-15T08:00:00.000Z","livemode":false,\
            "related_object":{"id":"\(id)","type":"customer","url":"/v1/customers/\(id)"}\(twin)}
            """.utf8
        )
    }

    /// The id of the event that was made last.
    var lastEventID: String { "evt_\(id)_\(number)" }

    /// The customer as a read shows it under that name.
    func body(_ name: String) -> [UInt8] { Array(object(name).utf8) }

    private func object(_ name: String) -> String {
        // The two versions differ in members that decode to nothing.
        let extra =
            version.hasPrefix("2020") ? #","account_balance":0,"tax_info":null"# : #","tax_exempt":"none""#
        return
            #"{"id":"\#(id)","object":"customer","created":1700000000,"name":"\#(name)","metadata":{}\#(extra)}"#
    }

    private mutating func event(_ type: String, at second: Int64, _ object: String, previous: String? = nil)
        -> [UInt8]
    {
        number += 1
        let attributes = previous.map { #","previous_attributes":\#($0)"# } ?? ""
        let request = idempotencyKey.map { #","request":{"id":null,"idempotency_key":"\#($0)"}"# } ?? ""
        return Array(
            """
            {"id":"evt_\(id)_\(number)","object":"event","api_version":"\(version)","created":\(second),\
            "livemode":false,"type":"\(type)"\(request),"data":{"object":\(object)\(attributes)}}
            """.utf8
        )
    }
}
