package import Telemetry
import WebhookVerifier

/// What the listener refused, by reason, since start; the label is the reason.
package final class ListenerStatistics: Sendable {
    package enum Refusal: String, Sendable, CaseIterable {
        case unknownEndpoint = "unknown_endpoint"
        case methodNotAllowed = "method_not_allowed"
        case bodyTooLarge = "body_too_large"
        case notReady = "not_ready"
        case queueFull = "queue_full"
        case storeFailed = "store_failed"
    }

    package let verified = Counter()
    package let ignored = Counter()
    package let unreadable = Counter()
    private let refusals: [Refusal: Counter]
    private let signatureFailures: [VerificationFailure: Counter]

    package init() {
        refusals = Dictionary(uniqueKeysWithValues: Refusal.allCases.map { ($0, Counter()) })
        signatureFailures = Dictionary(
            uniqueKeysWithValues: VerificationFailure.allCases.map { ($0, Counter()) }
        )
    }

    func count(_ refusal: Refusal) {
        refusals[refusal]?.add()
    }

    func count(_ failure: VerificationFailure) {
        signatureFailures[failure]?.add()
    }

    /// Every reason with its count, also those that are zero, in a stable order.
    package var rejectedByReason: [(reason: String, count: UInt64)] {
        Refusal.allCases.map { ($0.rawValue, refusals[$0]?.value ?? 0) }
            + VerificationFailure.allCases.map { ($0.rawValue, signatureFailures[$0]?.value ?? 0) }
    }
}
