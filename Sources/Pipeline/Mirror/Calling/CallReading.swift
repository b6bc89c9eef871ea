import HTTPClient
import JSON
import Providers
import Timing

/// How a call ended, by its kind: what is counted and logged.
package enum CallResult: String, Sendable, Hashable, CaseIterable {
    case acknowledged
    /// The stored answer of an earlier execution.
    case replayed
    case conflict
    case rateLimited = "rate_limited"
    case serverError = "server_error"
    /// The key is of no more use.
    case unresolved
    case rejected
    case missing
    case refusedCredentials = "refused_credentials"
    case unreadable
    /// The provider is well, and says more than we read.
    case tooLarge = "too_large"
    case noAnswer = "no_answer"
    case notSent = "not_sent"
    case untrusted
    case unusable
    case cancelled
}

/// What the end of one call means for its operation or read, and for the connection's pace.
struct CallReading: Sendable {
    enum Course: Sendable {
        case acknowledged(JSONDocument, isReplay: Bool)
        /// The same bytes again, later.
        case repeated(delayMin: Int64)
        /// Look first; the key is of no more use. Later when the trouble is somebody else's.
        case lookUp(isLater: Bool)
        case rejected
        case missing
        /// Nothing of the connection works: keep the place, try after the pause.
        case held
        /// We gave it up.
        case cancelled
    }

    let result: CallResult
    let course: Course
    let breaker: CircuitBreaker.Ending
    var pause: LanePause.Cause?
    let slowsDown: Bool
    /// One word for the operation's row.
    let code: String
    /// Bounded words of the provider or of the client, without anything of a person.
    let message: String?
    let mayHaveBeenExecuted: Bool
    let requestID: String?
    /// The provider's clock.
    let date: Timestamp?
    /// The provider asked for more than the longest wait that we grant.
    let isDelayCapped: Bool
    /// What the provider said was wrong.
    let fault: ProviderFault?

    private init(
        _ result: CallResult,
        _ course: Course,
        _ breaker: CircuitBreaker.Ending = .answered,
        pause: LanePause.Cause? = nil,
        slowsDown: Bool = false,
        code: String,
        message: String? = nil,
        fault: ProviderFault? = nil,
        mayHaveBeenExecuted: Bool = true,
        facts: AnswerFacts? = nil,
        isDelayCapped: Bool = false
    ) {
        self.result = result
        self.course = course
        self.breaker = breaker
        self.pause = pause
        self.slowsDown = slowsDown
        self.code = code
        self.message = message ?? fault?.description
        self.fault = fault
        self.mayHaveBeenExecuted = mayHaveBeenExecuted
        requestID = facts?.requestID
        date = facts?.date
        self.isDelayCapped = isDelayCapped
    }

    // MARK: Without an answer

    static func failure(_ failure: HTTPClientFailure) -> CallReading {
        let (code, text) = (failure.name, failure.text)
        switch failure.kind {
        case .ambiguous:
            return CallReading(
                .noAnswer,
                .repeated(delayMin: 0),
                .transportFailed,
                code: code,
                message: text,
                mayHaveBeenExecuted: failure.mayHaveBeenSent
            )
        case .notSent:
            return CallReading(
                .notSent,
                .repeated(delayMin: 0),
                .transportFailed,
                code: code,
                message: text,
                mayHaveBeenExecuted: failure.mayHaveBeenSent
            )
        case .trust:
            return CallReading(
                .untrusted,
                .held,
                .transportFailed,
                pause: .trust,
                code: code,
                message: text,
                mayHaveBeenExecuted: failure.mayHaveBeenSent
            )
        case .usage:
            // Our own mistake, the same each time; a full client is over when others are done.
            let isFull = code == "client_full"
            return CallReading(
                .unusable,
                isFull ? .repeated(delayMin: 500) : .rejected,
                .abandoned,
                code: code,
                message: text,
                mayHaveBeenExecuted: failure.mayHaveBeenSent
            )
        case .cancelled:
            return CallReading(
                .cancelled,
                .cancelled,
                .abandoned,
                code: code,
                mayHaveBeenExecuted: failure.mayHaveBeenSent
            )
        case .tooLarge:
            // Of a head nobody has an idea how it becomes smaller.
            let isBody = code != "response_head_too_large"
            return CallReading(
                isBody ? .tooLarge : .unreadable,
                .repeated(delayMin: 0),
                isBody ? .answered : .serverFailed,
                code: code,
                message: text
            )
        }
    }

    // MARK: With an answer

    static func answer(
        _ response: HTTPClientResponse,
        expecting expectation: AnswerExpectation,
        now: Timestamp
    ) -> CallReading {
        let answer = StripeAnswers.answer(
            ProviderResponse(
                status: response.status,
                headers: response.headers.map { ProviderHeader($0.name, $0.value) },
                body: response.body
            ),
            expecting: expectation,
            now: now
        )
        let facts = answer.facts
        switch answer.verdict {
        case .acknowledged(let document, let isReplay):
            return CallReading(
                isReplay ? .replayed : .acknowledged,
                .acknowledged(document, isReplay: isReplay),
                code: "http_\(facts.status)",
                facts: facts
            )
        case .retrySameKey(let advice):
            return retry(advice, facts)
        case .resolve(let reason, let fault):
            return CallReading(
                .unresolved,
                .lookUp(isLater: reason == .dependency),
                // A stored failure is a healthy provider's answer to our own key.
                reason == .toldNotToRetry && facts.status >= 500 ? .serverFailed : .answered,
                code: reason.rawValue,
                fault: fault,
                facts: facts
            )
        case .rejected(let fault):
            return CallReading(
                .rejected,
                .rejected,
                code: code(fault),
                fault: fault,
                mayHaveBeenExecuted: false,
                facts: facts
            )
        case .missing(let fault):
            return CallReading(
                .missing,
                .missing,
                code: code(fault),
                fault: fault,
                mayHaveBeenExecuted: false,
                facts: facts
            )
        case .credentials(let fault):
            return CallReading(
                .refusedCredentials,
                .held,
                pause: facts.status == 401 ? .credential : .permission,
                code: "http_\(facts.status)",
                fault: fault,
                mayHaveBeenExecuted: false,
                facts: facts
            )
        case .unreadable(let reason, let fault):
            return CallReading(
                reason == .tooLarge ? .tooLarge : .unreadable,
                .repeated(delayMin: 500),
                reason == .tooLarge ? .answered : .serverFailed,
                code: reason.rawValue,
                fault: fault,
                facts: facts
            )
        }
    }

    private static func retry(_ advice: ProviderAnswer.RetryAdvice, _ facts: AnswerFacts) -> CallReading {
        let result: CallResult =
            switch advice.reason {
            case .askedTo, .serverError, .notExecuted: .serverError
            case .conflict, .locked: .conflict
            case .rateLimited: .rateLimited
            }
        // Neither limiter nor lock lets a request through to its execution (provider_api 1.5).
        let mayHaveBeenExecuted =
            switch advice.reason {
            case .askedTo, .serverError, .conflict: true
            case .locked, .rateLimited, .notExecuted: false
            }
        return CallReading(
            result,
            .repeated(delayMin: advice.delayMin),
            facts.status >= 500 ? .serverFailed : .answered,
            slowsDown: advice.slowsLane,
            code: advice.reason == .serverError ? "http_\(facts.status)" : advice.reason.rawValue,
            fault: advice.fault,
            mayHaveBeenExecuted: mayHaveBeenExecuted,
            facts: facts,
            isDelayCapped: advice.isDelayCapped
        )
    }

    private static func code(_ fault: ProviderFault) -> String {
        fault.code ?? fault.type ?? "http_\(fault.status)"
    }
}
