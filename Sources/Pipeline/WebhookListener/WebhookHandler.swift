import Cryptography
package import HTTPServer
package import Inbox
import JSON
import Providers
package import Telemetry
package import Timing
import WebhookVerifier

/// The public listener's handler: verifies on the event loop, offers to the inbox, and leaves the answer to
/// the commit. No thread waits meanwhile.
package final class WebhookHandler: HTTPHandler {
    private static let pathPrefix = Array("/webhooks/".utf8)

    private let endpoints: [WebhookEndpoint]
    private let directory: ConnectionDirectory
    private let bodyBytesMax: Int
    private let offer: @Sendable (ReceivedEvent) -> Bool
    private let isReady: @Sendable () -> Bool
    private let clock: WallClock
    private let statistics: ListenerStatistics
    private let log: Logger
    /// Answers what is no webhook, such as the health checks; nil when it is nothing of this listener's.
    private let fallback: @Sendable (borrowing HTTPRequestHead) -> HTTPResponse?

    package init(
        endpoints: [WebhookEndpoint],
        directory: ConnectionDirectory,
        bodyBytesMax: Int,
        offer: @escaping @Sendable (ReceivedEvent) -> Bool,
        isReady: @escaping @Sendable () -> Bool,
        clock: WallClock,
        statistics: ListenerStatistics,
        log: Logger,
        fallback: @escaping @Sendable (borrowing HTTPRequestHead) -> HTTPResponse?
    ) {
        self.endpoints = endpoints
        self.directory = directory
        self.bodyBytesMax = bodyBytesMax
        self.offer = offer
        self.isReady = isReady
        self.clock = clock
        self.statistics = statistics
        self.log = log
        self.fallback = fallback
    }

    package func admit(_ head: borrowing HTTPRequestHead) -> HTTPAdmission {
        guard isWebhook(head) else { return .accept(bodyBytesMax: 0) }
        guard endpointIndex(head) != nil else {
            statistics.count(.unknownEndpoint)
            return .refuse(WebhookProblem.unknownEndpoint)
        }
        guard head.method == .post else {
            statistics.count(.methodNotAllowed)
            return .refuse(WebhookProblem.methodNotAllowed)
        }
        if let length = head.contentLength, length > bodyBytesMax { statistics.count(.bodyTooLarge) }
        guard isReady() else {
            statistics.count(.notReady)
            return .refuse(WebhookProblem.notReady)
        }
        return .accept(bodyBytesMax: bodyBytesMax)
    }

    package func handle(
        _ head: borrowing HTTPRequestHead,
        body: UnsafeRawBufferPointer,
        responder: HTTPResponder
    ) {
        guard isWebhook(head), let index = endpointIndex(head) else {
            responder.respond(fallback(head) ?? WebhookProblem.notFound)
            return
        }
        let endpoint = endpoints[index]
        let now = clock.now()
        switch endpoint.withVerifier({ $0.verify(head, body: body, now: now) }) {
        case .refused(let failure):
            statistics.count(failure)
            log.emitLimited(
                .warning,
                "webhook refused",
                [.endpoint(endpoint.name), .reason(failure.rawValue), .text("peer", head.peerAddress)]
            )
            responder.respond(
                WebhookProblem.refusedSignature(
                    status: endpoint.profile.answers.badSignatureStatus,
                    code: failure.problemCode
                )
            )
        case .verified:
            statistics.verified.add()
            let ticket = responder.ticket.packed
            let event = EventIntake(endpoint: endpoint, directory: directory, now: now).read(
                body,
                headers: head,
                token: ReplyToken(high: ticket.high, low: ticket.low, endpoint: index)
            )
            count(event)
            guard offer(event) else {
                statistics.count(.queueFull)
                log.emitLimited(.error, "webhook shed, the queue is full", [.endpoint(endpoint.name)])
                responder.respond(WebhookProblem.queueFull)
                return
            }
        }
    }

    /// Answers the events of one commit; for `InboxIntake`, on the writing thread.
    package func answer(_ answers: [IntakeAnswer], through server: HTTPServer) {
        server.respond(
            answers.map { answer in
                let ticket = HTTPTicket(packed: (answer.replyToken.high, answer.replyToken.low))
                let endpoint = endpoints[answer.replyToken.endpoint]
                switch answer.outcome {
                case .stored: return (ticket, .encoded(endpoint.answers.received))
                case .duplicate: return (ticket, .encoded(endpoint.answers.duplicate))
                case .failed:
                    statistics.count(.storeFailed)
                    return (ticket, .response(WebhookProblem.storeFailed))
                }
            }
        )
    }

    private func count(_ event: ReceivedEvent) {
        switch event.disposition {
        case .apply: break
        case .ignore: statistics.ignored.add()
        case .deadLetter(let reason):
            statistics.unreadable.add()
            log.emitLimited(
                .error,
                "webhook is unreadable, a dead letter",
                [.endpoint(event.endpoint), .eventID(event.eventID), .reason(reason)]
            )
        }
    }

    private func isWebhook(_ head: borrowing HTTPRequestHead) -> Bool {
        let path = head.pathBytes
        return path.count > Self.pathPrefix.count
            && path[..<Self.pathPrefix.count].elementsEqual(Self.pathPrefix)
    }

    private func endpointIndex(_ head: borrowing HTTPRequestHead) -> Int? {
        let name = head.pathBytes[Self.pathPrefix.count...]
        return endpoints.firstIndex { $0.name.utf8.elementsEqual(name) }
    }
}

extension HTTPRequestHead: SignedHeaders {
    package func forEachValue(named lowercaseName: String, _ body: (UnsafeRawBufferPointer) -> Void) {
        forEachHeaderValue(lowercaseName, body)
    }
}

extension WebhookVerifier {
    fileprivate func verify(
        _ head: borrowing HTTPRequestHead,
        body: UnsafeRawBufferPointer,
        now: Timestamp
    ) -> VerificationOutcome {
        // The admission let only POST pass.
        verify(headers: head, method: "POST", query: head.queryBytes, body: body, now: now)
    }
}
