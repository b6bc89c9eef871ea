import HTTPServer
import Inbox
import Threading
import WebhookListener

/// Carries the inbox's answers to the listener. The inbox is built before the listener that answers for it, so
/// the way back is completed last.
final class AnswerRelay: Sendable {
    private let target = Lock<(handler: WebhookHandler, server: HTTPServer)?>(nil)

    func connect(handler: WebhookHandler, server: HTTPServer) {
        target.withLock { $0 = (handler, server) }
    }

    func answer(_ answers: [IntakeAnswer]) {
        guard let (handler, server) = target.withLock({ $0 }) else {
            preconditionFailure("the relay is connected before the listener takes a request")
        }
        handler.answer(answers, through: server)
    }
}
