import Cryptography
import JSON
package import Timing

/// A request as the provider would send it.
package struct SignedWebhook: Sendable {
    /// In the provider's spelling, `Content-Type` among them.
    package let headers: [(name: String, value: String)]
    /// As given, except where the signature stands in the body (Adyen).
    package let body: [UInt8]

    package init(headers: [(name: String, value: String)], body: [UInt8]) {
        self.headers = headers
        self.body = body
    }
}

/// Signs as a profile's provider does; for `tollgate sign` and `replay`, the sandbox, tests and the bench.
///
/// Uses the first secret under the first encoding that fits it. Not Sendable, like the verifier.
package final class WebhookSigner {
    private let profile: SignatureProfile
    private let sealer: MessageSealer

    package init(_ configuration: VerifierConfiguration) {
        profile = configuration.profile
        sealer = MessageSealer(configuration)
    }

    package enum Problem: Error, Sendable, CustomStringConvertible {
        /// The profile signs fields of a JSON object, and the body is none.
        case unreadableBody

        package var description: String {
            "this profile signs fields of the body, which has to be a JSON object that holds them"
        }
    }

    /// `id` is the message id where the profile signs one, else unused; `query` as on the request line.
    package func sign(
        body: [UInt8],
        id: String,
        timestamp: Timestamp,
        method: String = "POST",
        query: String = ""
    ) throws(Problem) -> SignedWebhook {
        let contentType =
            profile.event.payload == .form ? "application/x-www-form-urlencoded" : "application/json"
        var headers: [(name: String, value: String)] = [("Content-Type", contentType)]
        headers += extraHeaders(id: id)
        let time = profile.timestamp?.format.format(timestamp) ?? ""
        if let rule = profile.timestamp, let name = rule.spelling.first { headers.append((name, time)) }
        if let name = profile.idHeaders.first { headers.append((name, id)) }

        var fields: JSONValue?
        if profile.readsJSON {
            // A body that is not JSON and one without the fields are the same mistake of the caller.
            let document = try? JSONDocument.parse(body)
            fields = document.flatMap { document in
                profile.jsonRoots.lazy.compactMap { $0.find(in: document.root) }.first { $0.kind == .object }
            }
            guard fields != nil else { throw .unreadableBody }
        }

        let list = HeaderList(headers)
        let otherEntries = otherEntries()
        let signature = seal(
            body: body,
            time: time,
            id: id,
            method: method,
            query: query,
            otherEntries: otherEntries,
            fields: fields,
            headers: list
        )
        switch profile.signature {
        case .header(_, let spelling, let syntax):
            let value = header(signature, time: time, otherEntries: otherEntries, syntax)
            headers.append((spelling.first ?? "", value))
            return SignedWebhook(headers: headers, body: body)
        case .json(let path):
            guard let fields, let signed = SignatureSplice.insert(signature, at: path, of: fields, in: body)
            else {
                throw .unreadableBody
            }
            return SignedWebhook(headers: headers, body: signed)
        }
    }

    /// Headers that the template signs beside the usual ones.
    private func extraHeaders(id: String) -> [(name: String, value: String)] {
        profile.templates.flatMap(\.variables).compactMap { variable in
            if case .header(let name) = variable { (name, id) } else { nil }
        }
    }

    /// `h=content-type` for a template with `{headers-named-by:h}`.
    private func otherEntries() -> String {
        for variable in profile.templates.flatMap(\.variables) {
            if case .headersNamedBy(let key) = variable { return "\(key)=content-type" }
        }
        return ""
    }

    private func seal(
        body: [UInt8],
        time: String,
        id: String,
        method: String,
        query: String,
        otherEntries: String,
        fields: JSONValue?,
        headers: HeaderList
    ) -> String {
        let texts = [time, id, query, otherEntries].map { Array($0.utf8) }
        return body.withUnsafeBytes { body in
            texts[0].withUnsafeBytes { time in
                texts[1].withUnsafeBytes { id in
                    texts[2].withUnsafeBytes { query in
                        texts[3].withUnsafeBytes { entries in
                            var message = SignedMessage(body: body, method: method)
                            message.timestamp = time
                            message.id = id
                            message.query = query
                            message.signatureHeader = entries
                            message.fields = fields
                            let text = sealer.seal(message, headers: headers, slot: sealer.slots[0])
                            return String(decoding: text, as: UTF8.self)
                        }
                    }
                }
            }
        }
    }

    private func header(
        _ signature: String,
        time: String,
        otherEntries: String,
        _ syntax: SignatureSyntax
    ) -> String {
        func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
        switch syntax {
        case .plain(let prefix, _):
            return text(prefix) + signature
        case .list(let separator, let prefix, _, let timestampIndex):
            let entry = text(prefix) + signature
            switch timestampIndex {
            case .none: return entry
            case .some(0): return time + text(separator) + entry
            case .some(let index):
                let fill = Array(repeating: entry, count: index)
                return (fill + [time]).joined(separator: text(separator))
            }
        case .keyValue(let separator, let keys, let timestampKey, _):
            var entries = timestampKey.map { ["\(text($0))=\(time)"] } ?? []
            if !otherEntries.isEmpty { entries.append(otherEntries) }
            entries.append("\(text(keys.first ?? []))=\(signature)")
            return entries.joined(separator: text(separator))
        }
    }
}
