import Cryptography
import HTTPServer
import Threading
import Timing
import WebhookListener
import WebhookVerifier

/// A receiver on a loopback port that answers as the gateway does: 200 with `duplicate`, or 401.
final class VerifyingReceiver: HTTPHandler {
    struct Seen: Sendable {
        var ids: [String] = []
        var connections: Set<String> = []
        var bodies: [[UInt8]] = []
    }

    let seen = Lock(Seen())
    private let configuration: VerifierConfiguration
    /// The position of the request that gets 503 instead, counted from zero.
    private let refusesAt: Int?
    private let closes: Bool

    init(_ configuration: VerifierConfiguration, refusesAt: Int? = nil, closes: Bool = false) {
        self.configuration = configuration
        self.refusesAt = refusesAt
        self.closes = closes
    }

    func admit(_ head: borrowing HTTPRequestHead) -> HTTPAdmission { .accept(bodyBytesMax: 1 << 20) }

    func handle(_ head: borrowing HTTPRequestHead, body: UnsafeRawBufferPointer, responder: HTTPResponder) {
        let outcome = WebhookVerifier(configuration).verify(
            headers: head,
            query: head.queryBytes,
            body: body,
            now: WallClock.system.now()
        )
        guard case .verified = outcome else {
            let problem = #"{"code":"invalid_signature","title":"The signature is wrong"}"#
            responder.respond(HTTPResponse(status: 401, body: Array(problem.utf8), closes: closes))
            return
        }
        // An unreadable body has no id.
        let outlines = try? EventReader(configuration.profile).read(headers: head, body: body)
        let id = outlines?.first?.id ?? ""
        let bytes = Array(body)
        let (isKnown, position) = seen.withLock { seen in
            let isKnown = seen.ids.contains(id)
            seen.ids.append(id)
            seen.bodies.append(bytes)
            return (isKnown, seen.ids.count - 1)
        }
        if position == refusesAt {
            responder.respond(HTTPResponse(status: 503, closes: closes))
        } else {
            let answer = #"{"received":true,"duplicate":\#(isKnown)}"#
            responder.respond(HTTPResponse(status: 200, body: Array(answer.utf8), closes: closes))
        }
    }
}

/// Starts the receiver, gives its address to `body`, and stops it.
func withReceiver(_ receiver: VerifyingReceiver, _ body: (_ url: String) throws -> Void) throws {
    var configuration = HTTPServerConfiguration(address: .tcp(host: "127.0.0.1", port: 0))
    configuration.loopCount = 1
    let server = HTTPServer(configuration: configuration, handler: receiver)
    try server.start()
    defer { server.drain(deadline: .seconds(1)) }
    try body("http://127.0.0.1:\(server.boundPort)/webhooks/test")
}
