// Purpose:  says whether a request was signed by the provider, and reads event marks, both from profiles as data.
// Owns:     the built-in profiles; contexts under the endpoints' secrets.
// May import: Cryptography, JSON, Timing.
// Never:    sockets, rows, answers; a clock of its own; secrets or signatures in any message.
// Start reading at: SignatureProfile.swift, then WebhookVerifier below.

import Cryptography
import JSON
package import Timing

/// Checks signatures of one endpoint on one thread. Not Sendable: every event loop makes its own from the shared
/// configuration.
///
/// The HMAC runs over the raw bytes before anything is parsed; every signature in the header is tried under every
/// secret, compared as text in constant time (semantics: reference/signatures.md section 7).
package final class WebhookVerifier {
    private let profile: SignatureProfile
    private let toleranceSeconds: Int64?
    private let sealer: MessageSealer
    private let readsJSON: Bool
    private var scan = SignatureScan()

    package init(_ configuration: VerifierConfiguration) {
        profile = configuration.profile
        toleranceSeconds = configuration.toleranceSeconds
        sealer = MessageSealer(configuration)
        readsJSON = profile.readsJSON
    }

    /// `query` as sent, without the question mark; it and `method` matter only to profiles that sign them.
    package func verify<Headers: SignedHeaders & ~Copyable>(
        headers: borrowing Headers,
        method: String = "POST",
        query: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0),
        body: UnsafeRawBufferPointer,
        now: Timestamp
    ) -> VerificationOutcome {
        var message = SignedMessage(body: body, method: method, query: query)
        if let failure = checkBody(body) { return .refused(failure) }
        scan.reset()
        let signedText: String
        switch profile.signature {
        case .header(let names, _, let syntax):
            signedText = ""
            if let failure = readSignature(headers, names, syntax, &message) { return .refused(failure) }
        case .json(let path):
            guard let fields = readFields(body) else { return .refused(.unreadableBody) }
            message.fields = fields
            signedText = path.text(in: fields) ?? ""
            if signedText.isEmpty { return .refused(.missingSignature) }
        }
        if message.fields == nil, readsJSON {
            guard let fields = readFields(body) else { return .refused(.unreadableBody) }
            message.fields = fields
        }

        var signedAt: Timestamp?
        if let rule = profile.timestamp {
            switch readTimestamp(headers, rule) {
            case .failure(let failure): return .refused(failure)
            case .success(let (text, time)):
                message.timestamp = text
                signedAt = time
            }
        }
        if !profile.idHeaders.isEmpty {
            switch readOne(headers, names: profile.idHeaders, orElse: .missingID) {
            case .failure(let failure): return .refused(failure)
            case .success(let id): message.id = id
            }
        }

        guard let secret = matchingSecret(message, headers, signedText: signedText) else {
            return .refused(.noMatch)
        }
        // Looked at last, so that "outside tolerance" is said of right signatures only.
        if let signedAt, let toleranceSeconds {
            let distance = now.milliseconds.subtractingReportingOverflow(signedAt.milliseconds)
            guard !distance.overflow, distance.partialValue.magnitude <= UInt64(toleranceSeconds) * 1000
            else {
                return .refused(.timestampOutsideTolerance)
            }
        }
        return .verified(signedAt: signedAt, secret: secret)
    }

    private func checkBody(_ body: UnsafeRawBufferPointer) -> VerificationFailure? {
        if profile.limits.refusesEmptyBody, body.isEmpty { return .emptyBody }
        if profile.limits.wantsObject {
            let blanks: [UInt8] = [0x20, 0x09, 0x0A, 0x0D]
            guard body.first(where: { !blanks.contains($0) }) == UInt8(ascii: "{") else {
                return .unreadableBody
            }
        }
        return nil
    }

    private func readSignature<Headers: SignedHeaders & ~Copyable>(
        _ headers: borrowing Headers,
        _ names: [String],
        _ syntax: SignatureSyntax,
        _ message: inout SignedMessage
    ) -> VerificationFailure? {
        var failure: VerificationFailure?
        var count = 0
        var lastValue = UnsafeRawBufferPointer(start: nil, count: 0)
        for name in names where count == 0 {
            headers.forEachValue(named: name) { value in
                count += 1
                lastValue = value
                if count > 1, !profile.limits.acceptsSeveralHeaders { failure = .duplicateHeader }
                if failure == nil { failure = scan.read(value, as: syntax, limits: profile.limits) }
            }
        }
        if count == 0 { return .missingSignature }
        if let failure { return failure }
        message.signatureHeader = lastValue
        return scan.candidates.contains { !$0.isEmpty } ? nil : .malformedSignature
    }

    private func readTimestamp<Headers: SignedHeaders & ~Copyable>(
        _ headers: borrowing Headers,
        _ rule: TimestampRule
    ) -> Result<(UnsafeRawBufferPointer, Timestamp), VerificationFailure> {
        let text: UnsafeRawBufferPointer
        if rule.headers.isEmpty {
            guard let found = scan.timestamp else { return .failure(.missingTimestamp) }
            text = found
        } else {
            switch readOne(headers, names: rule.headers, orElse: .missingTimestamp) {
            case .failure(let failure): return .failure(failure)
            case .success(let found): text = found
            }
        }
        if let digits = rule.digits, !digits.contains(text.count) { return .failure(.malformedTimestamp) }
        guard let time = rule.format.parse(text) else { return .failure(.malformedTimestamp) }
        return .success((text, time))
    }

    /// The value of the first present name; refused when it occurs twice, is too long, or is empty.
    private func readOne<Headers: SignedHeaders & ~Copyable>(
        _ headers: borrowing Headers,
        names: [String],
        orElse missing: VerificationFailure
    ) -> Result<UnsafeRawBufferPointer, VerificationFailure> {
        var found: UnsafeRawBufferPointer?
        var count = 0
        for name in names where count == 0 {
            headers.forEachValue(named: name) { value in
                count += 1
                found = value
            }
        }
        guard count <= 1 else { return .failure(.duplicateHeader) }
        guard let value = found?.trimmed(), !value.isEmpty else { return .failure(missing) }
        guard value.count <= profile.limits.headerBytesMax else { return .failure(.headerTooLarge) }
        return .success(value)
    }

    private func readFields(_ body: UnsafeRawBufferPointer) -> JSONValue? {
        // The parser's reason would tell a stranger about our reading; the counter's label is enough.
        guard let document = try? JSONDocument.parse(body) else { return nil }
        return profile.jsonRoots.lazy.compactMap { $0.find(in: document.root) }.first { $0.kind == .object }
    }

    private func matchingSecret<Headers: SignedHeaders & ~Copyable>(
        _ message: SignedMessage,
        _ headers: borrowing Headers,
        signedText: String
    ) -> Int? {
        var signedText = signedText
        for slot in sealer.slots {
            let expected = sealer.seal(message, headers: headers, slot: slot)
            var matches = signedText.withUTF8 {
                ConstantTime.areEqual(UnsafeRawBufferPointer($0), expected)
            }
            for candidate in scan.candidates where ConstantTime.areEqual(candidate, expected) {
                matches = true
            }
            if matches { return slot.secretIndex }
        }
        return nil
    }
}
