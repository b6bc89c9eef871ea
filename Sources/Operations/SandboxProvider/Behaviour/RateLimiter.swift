import Timing

/// A token bucket that holds a second's worth.
struct RateLimiter: Sendable {
    let limit: SandboxConfiguration.RateLimit
    private var tokens: Double
    private var filled: Timestamp?

    init(_ limit: SandboxConfiguration.RateLimit) {
        self.limit = limit
        tokens = max(limit.perSecond, 1)
    }

    mutating func take(now: Timestamp) -> Bool {
        if let filled {
            let passed = Double(max(now.milliseconds(since: filled), 0)) / 1000
            tokens = min(tokens + passed * limit.perSecond, max(limit.perSecond, 1))
        }
        filled = now
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }

    var refusal: ProviderError { Self.refusal(reason: limit.tellsReason ? "global-rate" : nil) }

    static func refusal(reason: String?) -> ProviderError {
        ProviderError(
            status: 429,
            code: "rate_limit",
            "Request rate limit exceeded. Slow down and try again.",
            headers: reason.map { [(name: "Stripe-Rate-Limited-Reason", value: $0)] } ?? []
        )
    }
}
