package import Cryptography
package import JSON

/// How one provider signs its webhooks and how its bodies are read: data, interpreted by `WebhookVerifier`,
/// `WebhookSigner` and `EventReader`.
///
/// The 40 built-in ones and their evidence: `BuiltInProfiles.swift`. A configuration adds its own by the same
/// members, optionally starting `like` a built-in one.
package struct SignatureProfile: Sendable {
    package let name: String
    package let hash: HashAlgorithm
    /// Every way in which a secret's text becomes a key; all that apply are tried.
    package let secretEncodings: [SecretEncoding]
    package let signatureEncoding: SignatureEncoding
    package let signature: SignaturePlace
    /// The first template whose conditions hold is the signed message.
    let templates: [SignedTemplate]
    /// Nil when no time is signed.
    package let timestamp: TimestampRule?
    /// Headers of the message id when it is signed; the first present one counts. Empty otherwise.
    package let idHeaders: [String]
    /// Paths to the object whose fields `{json:…}` names; the first that leads to an object counts.
    let jsonRoots: [JSONPath]
    /// Fields that the signature covers, where it does not cover the body. Everything else in the body is
    /// anybody's claim and has to be fetched again. Empty when the whole body is signed.
    package let trustedFields: [String]
    package let limits: SignatureLimits
    package let answers: WebhookAnswers
    package let event: EventLayout

    /// True when the endpoint must be configured with the URL that the provider calls.
    package var needsPublicURL: Bool {
        templates.contains { $0.variables.contains(.url) }
    }

    /// What the paths of `event` start from: the whole body, or the one object in it that is signed (Adyen).
    package func root(of body: JSONValue) -> JSONValue {
        jsonRoots.lazy.compactMap { $0.find(in: body) }.first ?? body
    }

    var readsJSON: Bool {
        if case .json = signature { return true }
        return templates.contains { template in
            template.variables.contains { if case .json = $0 { true } else { false } }
        }
    }
}

package enum SecretEncoding: String, Sendable, CaseIterable {
    case utf8
    case hex
    case base64
    /// Standard Webhooks: `whsec_` removed if present, then base64 with or without padding.
    case whsec
}

package enum SignatureEncoding: String, Sendable, CaseIterable {
    /// Lower case, compared as text.
    case hex
    /// Standard alphabet, padded, compared as text.
    case base64
}

package enum SignaturePlace: Sendable {
    /// Names in lower case; the first present one counts.
    case header(names: [String], spelling: [String], SignatureSyntax)
    /// A string below the JSON root.
    case json(JSONPath)
}

package enum SignatureSyntax: Sendable {
    /// The value is one signature, behind a prefix if there is one.
    case plain(prefix: [UInt8], prefixIsOptional: Bool)
    /// Signatures between separators; entries without the prefix are skipped.
    case list(separator: [UInt8], prefix: [UInt8], trims: Bool, timestampIndex: Int?)
    /// `key=value` entries; entries with other keys are skipped.
    case keyValue(separator: [UInt8], keys: [[UInt8]], timestampKey: [UInt8]?, trims: Bool)
}

package struct TimestampRule: Sendable {
    /// Names in lower case; empty when the timestamp stands in the signature header.
    package let headers: [String]
    let spelling: [String]
    package let format: TimestampFormat
    /// Furthest distance from now in either direction; nil where the provider signs once and resends for days.
    package let toleranceSeconds: Int64?
    /// Accepted counts of digits; nil for 1 to 18.
    let digits: [Int]?
}

package struct SignatureLimits: Sendable {
    package let headerBytesMax: Int
    package let signaturesMax: Int
    /// Several headers of the signature's name are all tried (Mollie); otherwise they are refused.
    package let acceptsSeveralHeaders: Bool
    package let refusesEmptyBody: Bool
    /// The body must begin like a JSON object. For schemes that join timestamp and body with nothing between,
    /// so that no digit can be moved from one to the other (Cashfree).
    package let wantsObject: Bool

    static let headerBytesDefault = 8192
    static let signaturesDefault = 32
}

/// What the provider is told.
package struct WebhookAnswers: Sendable {
    package let badSignatureStatus: Int
    package let successStatus: Int
    /// Nil for the gateway's own JSON body.
    package let successBody: String?
}
