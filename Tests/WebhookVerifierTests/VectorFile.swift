import Cryptography
import Foundation
import Testing
import Timing
import WebhookVerifier

/// One signed request and the verdict on it. The reference's vectors and our own have the same members.
struct Vector: Sendable, CustomTestStringConvertible {
    let id: String
    let profile: String
    let description: String
    let secrets: [String]
    let headers: [(name: String, value: String)]
    let body: [UInt8]
    let method: String
    let url: String?
    let now: Timestamp
    let toleranceSeconds: Int64?
    let isValid: Bool

    var testDescription: String { "\(id): \(description)" }

    init(_ json: [String: Any]) throws {
        id = try #require(json["id"] as? String)
        profile = try #require(json["scheme"] as? String)
        description = json["description"] as? String ?? ""
        secrets = (json["secret"] as? [String]) ?? [json["secret"] as? String ?? ""]
        var headers: [(name: String, value: String)] = []
        for (name, value) in json["headers"] as? [String: Any] ?? [:] {
            for text in (value as? [String]) ?? [value as? String ?? ""] { headers.append((name, text)) }
        }
        self.headers = headers
        if let encoded = json["body_base64"] as? String {
            body = try #require(Base64.decode(encoded))
        } else {
            body = Array(try #require(json["body"] as? String).utf8)
        }
        method = json["method"] as? String ?? "POST"
        url = json["url"] as? String
        now = try #require(Timestamp(seconds: (json["now"] as? NSNumber)?.int64Value ?? 0))
        toleranceSeconds = (json["tolerance"] as? NSNumber)?.int64Value
        isValid = try #require(json["valid"] as? Bool)
    }

    /// A configuration that is refused counts as a refused request: nothing could ever be verified under it.
    func outcome() throws -> VerificationOutcome? {
        let profile = try #require(SignatureProfile.builtIn(profile))
        let secrets = secrets.compactMap { try? WebhookSecret(RedactedText($0), for: profile) }
        let parts = (url ?? "").split(separator: "?", maxSplits: 1).map(String.init)
        guard
            // A refusal, as said above.
            let configuration = try? VerifierConfiguration(
                profile: profile,
                secrets: secrets,
                toleranceSeconds: toleranceSeconds,
                publicURL: parts.first
            )
        else { return nil }
        let query = Array((parts.count > 1 ? parts[1] : "").utf8)
        let list = HeaderList(headers)
        return body.withUnsafeBytes { body in
            query.withUnsafeBytes { query in
                WebhookVerifier(configuration)
                    .verify(headers: list, method: method, query: query, body: body, now: now)
            }
        }
    }
}
