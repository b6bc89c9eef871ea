import BillingModel
import JSON
package import Timing

/// What Stripe's answers mean (`reference/provider_api.md` 1.4 to 1.6). Pure.
package enum StripeAnswers {
    /// The largest answer that is read; the transport cuts off at the same size.
    package static let bodyBytesMax = 4 << 20

    /// Milliseconds before a repeated call makes sense after a conflict or a failure.
    static let retryDelayMin: Int64 = 500
    /// Milliseconds to wait when the provider says in so many words that the rate limit is not to be retried: the
    /// limiter stands before the stored answers, so the key is still good, only later.
    static let refusedRateDelayMin: Int64 = 10_000

    /// `now` only serves a `Retry-After` with a date in an answer without `Date`.
    package static func answer(
        _ response: ProviderResponse,
        expecting expectation: AnswerExpectation,
        now: Timestamp
    ) -> ProviderAnswer {
        let facts = facts(of: response)
        let body = response.body.count > bodyBytesMax ? nil : document(response.body)
        let verdict =
            switch response.status {
            case 200..<300: success(response, body, expectation, facts)
            case 300..<400: ProviderAnswer.Verdict.unreadable(.redirect, StripeFault.bare(facts))
            case 400..<600: failure(response, body?.root["error"], expectation, facts, now: now)
            default: ProviderAnswer.Verdict.unreadable(.unexpectedStatus, StripeFault.bare(facts))
            }
        return ProviderAnswer(verdict: verdict, facts: facts)
    }

    private static func facts(of response: ProviderResponse) -> AnswerFacts {
        var facts = AnswerFacts(status: response.status)
        facts.requestID = response.header("request-id").flatMap(StripeFault.word)
        facts.isReplay = response.header("idempotent-replayed")?.lowercased() == "true"
        facts.date = response.header("date").flatMap(HTTPDate.time)
        facts.rateLimitReason = response.header("stripe-rate-limited-reason").flatMap(StripeFault.word)
        return facts
    }

    private static func document(_ body: [UInt8]) -> JSONDocument? {
        // Why it is no JSON matters to nobody: it is not the provider's answer.
        try? JSONDocument.parse(body, limits: JSONLimits(bytesMax: bodyBytesMax))
    }

    // MARK: 2xx

    private static func success(
        _ response: ProviderResponse,
        _ body: JSONDocument?,
        _ expectation: AnswerExpectation,
        _ facts: AnswerFacts
    ) -> ProviderAnswer.Verdict {
        let fault = StripeFault.bare(facts)
        guard let body else {
            if response.body.isEmpty { return .unreadable(.empty, fault) }
            return .unreadable(response.body.count > bodyBytesMax ? .tooLarge : .invalidJSON, fault)
        }
        switch expectation.body {
        case .list:
            guard page(body) != nil else { return .unreadable(.unexpectedBody, fault) }
        case .object(let type, let id):
            guard body.root["object"]?.string == type, let found = StripeDecoder.identifier(body.root["id"])
            else {
                return .unreadable(.unexpectedBody, fault)
            }
            guard id.map({ $0.utf8.elementsEqual(found.utf8) }) ?? true else {
                return .unreadable(.otherObject, fault)
            }
        }
        return .acknowledged(body, isReplay: facts.isReplay)
    }

    // MARK: 4xx and 5xx

    private static func failure(
        _ response: ProviderResponse,
        _ error: JSONValue?,
        _ expectation: AnswerExpectation,
        _ facts: AnswerFacts,
        now: Timestamp
    ) -> ProviderAnswer.Verdict {
        let error = error?.kind == .object ? error : nil
        let fault = StripeFault.fault(facts, error)
        let shouldRetry = response.header("stripe-should-retry")?.lowercased()
        let isRateLimit = isRateLimit(fault, facts)

        func retry(_ reason: ProviderAnswer.RetryReason, atLeast delayMin: Int64 = retryDelayMin)
            -> ProviderAnswer.Verdict
        {
            let asked = response.header("retry-after").flatMap {
                RetryAfter($0, date: facts.date, now: now)
            }
            return .retrySameKey(
                ProviderAnswer.RetryAdvice(
                    reason: reason,
                    delayMin: max(delayMin, asked?.delay ?? 0),
                    slowsLane: isRateLimit,
                    isDelayCapped: asked?.isCapped ?? false,
                    fault: fault
                )
            )
        }

        if shouldRetry == "true" { return retry(isRateLimit ? .rateLimited : .askedTo) }
        if isRateLimit {
            return retry(
                .rateLimited,
                atLeast: shouldRetry == "false" ? refusedRateDelayMin : retryDelayMin
            )
        }
        // Before the statuses: Stripe sends it with 400 and has sent it with 404.
        if fault.type == "idempotency_error", response.status != 409 { return .resolve(.keyReused, fault) }
        switch response.status {
        case 409:
            return shouldRetry == "false" ? .resolve(.toldNotToRetry, fault) : retry(.conflict)
        case 429:
            return retry(.locked)
        case 424:
            return .resolve(.dependency, fault)
        case 408, 425:
            return retry(.notExecuted)
        case 500...:
            if shouldRetry == "false" { return .resolve(.toldNotToRetry, fault) }
            return facts.isReplay ? .resolve(.storedFailure, fault) : retry(.serverError)
        default:
            break
        }
        // What is left is final, so it has to be the provider's own word and not a proxy's page.
        guard error != nil else {
            return .unreadable(response.body.isEmpty ? .empty : .unexpectedBody, fault)
        }
        switch response.status {
        case 401, 403: return .credentials(fault)
        case 404 where fault.code == "resource_missing" && expectation.namesObject: return .missing(fault)
        default: return .rejected(fault)
        }
    }

    /// Too many calls, not a lock on one object.
    private static func isRateLimit(_ fault: ProviderFault, _ facts: AnswerFacts) -> Bool {
        switch fault.status {
        case 429: fault.code != "lock_timeout"
        // How the oldest API versions say it.
        case 400: fault.code == "rate_limit"
        default: false
        }
    }
}
