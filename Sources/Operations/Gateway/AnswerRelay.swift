import HTTPServer
import Inbox
import Reconciler
import Threading
import WebhookListener

/// Carries the inbox's answers to the listener. The inbox is built before the listener that answers for it, so
/// the way back is completed last.
final class AnswerRelay: Sendable {
    private let target = Lock<(handler: WebhookHandler, server: HTTPServer)?>(nil)
    private let catchUps = Lock<CatchUps?>(nil)

    func connect(handler: WebhookHandler, server: HTTPServer) {
        target.withLock { $0 = (handler, server) }
    }

    /// Before a catch-up offers its first event.
    func connect(catchUps: CatchUps) {
        self.catchUps.withLock { $0 = catchUps }
    }

    func answer(_ answers: [IntakeAnswer]) {
        var answers = answers
        if answers.contains(where: { $0.replyToken.endpoint == CatchUpLoop.replyEndpoint }) {
            catchUps.withLock { $0 }?.answered(answers)
            answers.removeAll { $0.replyToken.endpoint == CatchUpLoop.replyEndpoint }
            if answers.isEmpty { return }
        }
        guard let (handler, server) = target.withLock({ $0 }) else {
            preconditionFailure("the relay is connected before the listener takes a request")
        }
        handler.answer(answers, through: server)
    }
}
