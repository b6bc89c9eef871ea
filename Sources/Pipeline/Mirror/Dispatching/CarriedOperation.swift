import Outbox
import Providers
import Timing

/// An operation that this process holds, with what it means and what was sent of it.
struct CarriedOperation: Sendable {
    let claimed: ClaimedOperation
    /// Bound to what the provider calls our objects.
    let content: ProviderOperation
    /// As frozen, the attempt counted that is on its way; nil while nothing was sent under the present key.
    var sent: SentRequest?
    /// Calls of it so far, the one on its way included; lookups are none.
    var attempts: Int

    init(_ claimed: ClaimedOperation, _ content: ProviderOperation) {
        self.claimed = claimed
        self.content = content
        sent = claimed.sent
        attempts = claimed.attempts
    }

    /// The same once an attempt is committed.
    func sending(_ request: SentRequest) -> CarriedOperation {
        var operation = self
        operation.sent = request
        operation.attempts += 1
        return operation
    }

    var id: OperationID { claimed.id }

    /// When its trouble began: at its first try, which is now when it was never tried. What waited through an
    /// outage or a pause is not old.
    func since(now: Timestamp) -> Timestamp { claimed.firstAttemptAt ?? sent?.firstSentAt ?? now }

    var question: Lookup.Question {
        Lookup.Question(
            operation: content,
            key: sent.flatMap { IdempotencyKey($0.key) },
            sentSecond: sent?.firstSentAt.seconds
        )
    }
}
