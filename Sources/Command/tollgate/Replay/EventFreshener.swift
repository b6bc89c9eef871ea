import Cryptography
import Timing
import WebhookVerifier

/// Turns a stored event into the request for one delivery: its id, fresh or as stored, and its signature.
///
/// One per sending thread, because the signer is.
final class EventFreshener {
    private let profile: SignatureProfile
    private let signer: WebhookSigner
    /// Set for `--fresh-ids`: what the ids of this run carry behind them.
    private let runMark: String?

    init(_ configuration: VerifierConfiguration, runMark: String?) {
        profile = configuration.profile
        signer = WebhookSigner(configuration)
        self.runMark = runMark
    }

    /// False for profiles whose events have no single id that could be renewed.
    static func canRenew(_ profile: SignatureProfile) -> Bool {
        guard profile.event.id.count == 1, profile.event.batch == nil, profile.event.payload == .json else {
            return false
        }
        return profile.event.id[0] != .bodyDigest
    }

    func webhook(
        for event: StoredEvent,
        pass: Int,
        query: String,
        timestamp: Timestamp
    ) throws(WebhookSigner.Problem) -> SignedWebhook {
        var body = event.body
        var suffix = ""
        if let runMark {
            suffix = "_\(runMark)_\(pass)"
            if let range = event.idRange { body.insert(contentsOf: Array(suffix.utf8), at: range.upperBound) }
        }
        // The same event gets the same message id whenever it is sent, as from a provider that retries.
        let id = "msg_" + SHA256.hex(of: event.body).prefix(24) + suffix
        let signed = try signer.sign(body: body, id: id, timestamp: timestamp, query: query)
        var headers = signed.headers
        for case .header(let name) in profile.event.id
        where !headers.contains(where: { $0.name.lowercased() == name }) {
            headers.append((name, id))
        }
        return SignedWebhook(headers: headers, body: signed.body)
    }
}
