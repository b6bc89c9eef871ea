import BillingModel
import Cryptography
import HTTPServer
import Inbox
import Telemetry
import Testing
import Threading
import Timing
import WebhookVerifier

@testable import WebhookListener

/// The handler without sockets and without a store: what it offers to the inbox, and what it answers by itself.
final class ListenerHarness: Sendable {
    static let now = Timestamp(milliseconds: 1_800_000_000_000)

    let statistics = ListenerStatistics()
    let offered = Lock<[ReceivedEvent]>([])
    let isReady = Lock(true)
    let isFull = Lock(false)
    let configuration: VerifierConfiguration
    let connections: [Connection]
    private let handler: Lock<WebhookHandler?> = Lock(nil)

    init(provider: String = "stripe") throws {
        let profile = try #require(SignatureProfile.builtIn("stripe"))
        configuration = try VerifierConfiguration(
            profile: profile,
            secrets: [WebhookSecret(RedactedText("whsec_a_secret_of_good_length_1"), for: profile)]
        )
        func connection(_ number: Int64, _ mode: DataMode, _ account: String?) -> Connection {
            Connection(
                id: ConnectionID(rawValue: number),
                name: "connection-\(number)",
                scope: DataScope(site: "main", mode: mode),
                provider: provider,
                account: account
            )
        }
        connections = [
            connection(1, .test, nil), connection(2, .test, "acct_2"), connection(3, .live, "acct_2"),
        ]
        let made = WebhookHandler(
            endpoints: [
                WebhookEndpoint(name: "stripe", connection: connections[0], configuration: configuration)
            ],
            directory: ConnectionDirectory(connections),
            bodyBytesMax: 10_000,
            offer: { [self] event in
                guard !isFull.withLock({ $0 }) else { return false }
                offered.withLock { $0.append(event) }
                return true
            },
            isReady: { [self] in isReady.withLock { $0 } },
            clock: WallClock { Self.now },
            statistics: statistics,
            log: Logger(descriptor: 2, level: .error),
            fallback: { _ in nil }
        )
        handler.withLock { $0 = made }
    }

    /// The status that the request is answered with at once; nil when the commit will answer it.
    func post(
        _ body: String,
        to path: String = "/webhooks/stripe",
        method: String = "POST",
        signedAt: Timestamp = ListenerHarness.now,
        breaksSignature: Bool = false
    ) throws -> Int? {
        let bytes = Array(body.utf8)
        let signed = try WebhookSigner(configuration).sign(body: bytes, id: "msg_1", timestamp: signedAt)
        var head = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(bytes.count)\r\n"
        for (name, value) in signed.headers {
            let broken = breaksSignature && name.lowercased() == "stripe-signature"
            head += "\(name): \(broken ? String(value.reversed()) : value)\r\n"
        }
        let status = Lock<Int?>(nil)
        let handler = try #require(handler.withLock { $0 })
        let wasParsed: Void? = HTTPRequestHead.withParsed(Array("\(head)\r\n".utf8) + bytes) { head, body in
            switch handler.admit(head) {
            case .refuse(let response): status.withLock { $0 = response.status }
            case .accept:
                let responder = HTTPResponder { answer in status.withLock { $0 = answer.status } }
                handler.handle(head, body: body, responder: responder)
            }
        }
        try #require(wasParsed != nil)
        return status.withLock { $0 }
    }

    var last: ReceivedEvent? { offered.withLock { $0.last } }

    func refused(_ reason: String) -> UInt64 {
        statistics.rejectedByReason.first { $0.reason == reason }?.count ?? 0
    }
}
