import Cryptography
import JSON

/// What a template's variables stand for in one request. Pointers belong to the request.
struct SignedMessage {
    var body: UnsafeRawBufferPointer
    var timestamp = UnsafeRawBufferPointer(start: nil, count: 0)
    var id = UnsafeRawBufferPointer(start: nil, count: 0)
    var method = "POST"
    /// Percent-encoded, without the question mark.
    var query = UnsafeRawBufferPointer(start: nil, count: 0)
    /// The signature header, for `{kv:…}` and `{headers-named-by:…}`.
    var signatureHeader = UnsafeRawBufferPointer(start: nil, count: 0)
    /// The object that `{json:…}` looks into.
    var fields: JSONValue?
}

/// Computes the signature text of a message under each key; the part that verifier and signer share.
///
/// Not Sendable: one per thread, like the contexts it holds.
final class MessageSealer {
    /// A secret under one derivation.
    struct Slot {
        let context: HMACContext
        let secret: [UInt8]
        /// Position of the secret in the configuration.
        let secretIndex: Int
    }

    let slots: [Slot]
    private let profile: SignatureProfile
    private let publicURL: [UInt8]
    private let text: UnsafeMutableRawBufferPointer

    init(_ configuration: VerifierConfiguration) {
        profile = configuration.profile
        publicURL = Array((configuration.publicURL ?? "").utf8)
        slots = configuration.secrets.enumerated().flatMap { index, secret in
            secret.keys.map { key in
                Slot(
                    context: HMACContext(key: key),
                    secret: Array(secret.text.revealed().utf8),
                    secretIndex: index
                )
            }
        }
        // Hex of the longest digest; base64 is shorter.
        text = .allocate(byteCount: HashAlgorithm.sha512.digestBytes * 2, alignment: 16)
    }

    deinit {
        text.deallocate()
    }

    /// The one right signature text under that slot; the bytes stay until the next call.
    func seal<Headers: SignedHeaders & ~Copyable>(
        _ message: SignedMessage,
        headers: borrowing Headers,
        slot: Slot
    ) -> UnsafeRawBufferPointer {
        slot.context.start()
        for template in profile.templates
        where template.conditions.allSatisfy({ !isEmpty($0, message, headers, slot) }) {
            for segment in template.segments {
                switch segment {
                case .piece(let piece):
                    add(piece, message, headers, slot)
                case .optional(let pieces):
                    guard pieces.allSatisfy({ !isEmpty($0, message, headers, slot) }) else { continue }
                    for piece in pieces { add(piece, message, headers, slot) }
                }
            }
            break
        }
        let tag = slot.context.finish()
        let count =
            switch profile.signatureEncoding {
            case .hex: Hex.write(tag, to: text)
            case .base64: Base64.write(tag, to: text)
            }
        return UnsafeRawBufferPointer(rebasing: text[..<count])
    }

    private func add<Headers: SignedHeaders & ~Copyable>(
        _ piece: SignedTemplate.Piece,
        _ message: SignedMessage,
        _ headers: borrowing Headers,
        _ slot: Slot
    ) {
        switch piece {
        case .literal(let bytes): slot.context.update(bytes)
        case .variable(.body): slot.context.update(message.body)
        case .variable(.timestamp): slot.context.update(message.timestamp)
        case .variable(.id): slot.context.update(message.id)
        case .variable(let variable): slot.context.update(value(of: variable, message, headers, slot))
        }
    }

    private func isEmpty<Headers: SignedHeaders & ~Copyable>(
        _ piece: SignedTemplate.Piece,
        _ message: SignedMessage,
        _ headers: borrowing Headers,
        _ slot: Slot
    ) -> Bool {
        switch piece {
        case .literal: false
        case .variable(let variable): isEmpty(variable, message, headers, slot)
        }
    }

    private func isEmpty<Headers: SignedHeaders & ~Copyable>(
        _ variable: SignedTemplate.Variable,
        _ message: SignedMessage,
        _ headers: borrowing Headers,
        _ slot: Slot
    ) -> Bool {
        value(of: variable, message, headers, slot).isEmpty
    }

    private func value<Headers: SignedHeaders & ~Copyable>(
        of variable: SignedTemplate.Variable,
        _ message: SignedMessage,
        _ headers: borrowing Headers,
        _ slot: Slot
    ) -> [UInt8] {
        switch variable {
        case .body: return Array(message.body)
        case .timestamp: return Array(message.timestamp)
        case .id: return Array(message.id)
        case .url: return url(query: message.query)
        case .method: return Array(message.method.utf8)
        case .secret: return slot.secret
        case .query(let name): return FormText.value(of: name, in: message.query) ?? []
        case .header(let name): return Array((headers.firstText(named: name) ?? "").utf8)
        case .json(let path): return Array((message.fields.flatMap { path.text(in: $0) } ?? "").utf8)
        case .keyValue(let key): return entry(key, of: message.signatureHeader)
        case .headersNamedBy(let key):
            let names = String(decoding: entry(key, of: message.signatureHeader), as: UTF8.self)
            var values: [UInt8] = []
            for (index, name) in names.split(separator: " ").enumerated() {
                if index > 0 { values.append(UInt8(ascii: ".")) }
                values += Array((headers.firstText(named: name.lowercased()) ?? "").utf8)
            }
            return values
        }
    }

    /// The configured URL, with the request's query behind it unless the URL was configured with one.
    private func url(query: UnsafeRawBufferPointer) -> [UInt8] {
        guard !query.isEmpty, !publicURL.contains(UInt8(ascii: "?")) else { return publicURL }
        return publicURL + [UInt8(ascii: "?")] + Array(query)
    }

    private func entry(_ key: String, of header: UnsafeRawBufferPointer) -> [UInt8] {
        guard case .header(_, _, .keyValue(let separator, _, _, let trims)) = profile.signature else {
            return []
        }
        let wanted = Array(key.utf8)
        var found: [UInt8]?
        header.trimmed().forEachEntry(separator) { entry in
            guard found == nil, let (key, value) = (trims ? entry.trimmed() : entry).keyAndValue(),
                key.isEqual(to: wanted)
            else { return }
            found = Array(value)
        }
        return found ?? []
    }
}
