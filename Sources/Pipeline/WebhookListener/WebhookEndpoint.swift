package import BillingModel
import HTTPServer
import Threading
package import WebhookVerifier

/// One configured path of the listener: which signatures it believes, and whose events arrive there.
package final class WebhookEndpoint: Sendable {
    package let name: String
    package let connection: Connection
    package let profile: SignatureProfile
    private let configuration: VerifierConfiguration
    private let verifiers = Lock<[VerifierBox]>([])

    /// Answers made once; sending one costs a copy of its bytes.
    let answers: EndpointAnswers

    /// A verifier belongs to one thread at a time: it is in the pool, or with the thread that took it.
    private struct VerifierBox: @unchecked Sendable {
        let verifier: WebhookVerifier
    }

    package init(name: String, connection: Connection, configuration: VerifierConfiguration) {
        self.name = name
        self.connection = connection
        self.configuration = configuration
        profile = configuration.profile
        answers = EndpointAnswers(configuration.profile.answers)
    }

    func withVerifier<Result>(_ body: (WebhookVerifier) -> Result) -> Result {
        let idle = verifiers.withLock { $0.popLast() }
        let box = idle ?? VerifierBox(verifier: WebhookVerifier(configuration))
        defer { verifiers.withLock { $0.append(box) } }
        return body(box.verifier)
    }
}

/// The constant answers of one endpoint (table in DESIGN section 4).
struct EndpointAnswers: Sendable {
    let received: EncodedResponse
    let duplicate: EncodedResponse

    init(_ answers: WebhookAnswers) {
        received = Self.success(answers, duplicate: false)
        duplicate = Self.success(answers, duplicate: true)
    }

    private static func success(_ answers: WebhookAnswers, duplicate: Bool) -> EncodedResponse {
        if let body = answers.successBody {
            return EncodedResponse(HTTPResponse(status: answers.successStatus, body: Array(body.utf8)))
        }
        return EncodedResponse(
            HTTPResponse(
                status: answers.successStatus,
                headers: [("Content-Type", "application/json")],
                body: Array(#"{"received":true,"duplicate":\#(duplicate)}"#.utf8)
            )
        )
    }
}
