import Timing

/// One request of a client, as the sandbox looks at it.
struct SandboxCall {
    let method: String
    let path: String
    /// Percent-encoded, as sent.
    let query: [UInt8]
    let body: [UInt8]
    let authorization: String?
    let idempotencyKey: String?
    let version: String?
    let contentType: String?

    var segments: [String] { path.split(separator: "/").map(String.init) }
}

/// Who hears of a change.
package enum ChangeTelling: String, Sendable, CaseIterable {
    case webhook
    /// `/v1/events` lists the event, and no webhook is sent: a delivery that was lost for good.
    case list
    /// No event is made: what Stripe calls an event generation failure.
    case nothing
}

/// What an event tells of the request that caused it.
struct EventOrigin: Sendable {
    /// Nil when nobody asked: time passed, or a buyer paid.
    var requestID: String?
    var idempotencyKey: String?
}

/// What a request may look at while it is carried out.
struct CallContext {
    let now: Timestamp
    let origin: EventOrigin
    let parameters: Parameters
    /// `http://127.0.0.1:8482`, for links.
    let baseURL: String
    var telling = ChangeTelling.webhook
}

/// An answer before it is put on the wire.
struct SandboxAnswer: Sendable {
    var status: Int
    var headers: [(name: String, value: String)] = []
    var body: [UInt8]

    static func json(_ object: WireObject) -> SandboxAnswer {
        SandboxAnswer(status: 200, body: object.shown.json)
    }
}
