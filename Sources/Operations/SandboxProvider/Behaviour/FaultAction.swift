/// What a rule makes of a request, or of a webhook.
package enum FaultAction: Sendable {
    // MARK: Nothing is changed

    /// The connection is closed without an answer before anything was done.
    case loseRequest
    /// An error instead of the call. `stored`: under the call's key, as v1 stores its 500s.
    case refuse(ProviderError, stored: Bool)

    // MARK: The call is carried out

    /// The change is made, the connection closed without an answer.
    case loseAnswer
    /// The same, with a reset.
    case reset
    /// The change is made, and no answer ever comes.
    case hold
    /// The error is told although the change was made.
    case failAfterwards(ProviderError, stored: Bool)
    /// One byte of the answer each so many milliseconds.
    case drip(milliseconds: Int)
    /// Half of the answer, then a reset.
    case resetMidBody
    /// `Content-Length` promises more than comes.
    case shortBody
    /// A chunked answer without its end.
    case truncatedChunks
    /// 200 with this instead of the JSON.
    case replaceBody([UInt8], contentType: String)
    /// 200 with so many bytes of JSON.
    case hugeBody(Int)
    /// The answer names another object.
    case wrongID
    /// An interim answer (100 or 103) before the real one.
    case interim(Int)
    /// So much later, and up to so much more.
    case latency(milliseconds: Int, jitter: Int)

    // MARK: Webhooks

    case dropWebhook
    case duplicateWebhook
    /// Delivered after the one that comes next.
    case swapWebhook
    case delayWebhook(milliseconds: Int)
    /// The event bears the second of the first one that met the rule.
    case sameSecond
    /// No event is ever made of the change: neither a webhook nor the list tells of it.
    case loseEvent

    var isForWebhooks: Bool {
        switch self {
        case .dropWebhook, .duplicateWebhook, .swapWebhook, .delayWebhook, .sameSecond, .loseEvent: true
        case .loseRequest, .refuse, .loseAnswer, .reset, .hold, .failAfterwards, .drip, .resetMidBody,
            .shortBody,
            .truncatedChunks, .replaceBody, .hugeBody, .wrongID, .interim, .latency:
            false
        }
    }
}
