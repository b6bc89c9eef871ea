import Cryptography
package import JSON
package import Timing

/// What is known of one event before its provider's decoder looks at it.
package struct EventOutline: Sendable {
    /// What two deliveries of one event have in common.
    package let id: String
    /// True when the provider's id could not be read and `id` is the digest of the bytes.
    package let idIsDigest: Bool
    package let type: String?
    package let occurredAt: Timestamp?
    /// The event itself; nil for form bodies.
    package let event: JSONValue?
    /// The object that it is about, where the body carries it.
    package let object: JSONValue?
}

/// Reads events out of verified bodies by a profile's `event` block.
package struct EventReader: Sendable {
    private let profile: SignatureProfile

    package init(_ profile: SignatureProfile) {
        self.profile = profile
    }

    /// One outline for each event of the body. Throws for a body that is no JSON; an empty batch gives none.
    package func read<Headers: SignedHeaders & ~Copyable>(
        headers: borrowing Headers,
        body: UnsafeRawBufferPointer
    ) throws(JSONError) -> [EventOutline] {
        switch profile.event.payload {
        case .form:
            return [outline(of: Place(event: nil, form: body, raw: body), headers)]
        case .json:
            let document = try JSONDocument.parse(body)
            return read(headers: headers, body: body, document: document)
        }
    }

    /// The same for a JSON body that is already parsed.
    package func read<Headers: SignedHeaders & ~Copyable>(
        headers: borrowing Headers,
        body: UnsafeRawBufferPointer,
        document: JSONDocument
    ) -> [EventOutline] {
        let root = profile.root(of: document.root)
        guard let list = profile.event.batch?.find(in: root), list.kind == .array else {
            return [outline(of: Place(event: root, form: nil, raw: body), headers)]
        }
        var outlines: [EventOutline] = []
        for event in list.elements {
            let raw = UnsafeRawBufferPointer(rebasing: body[event.byteRange])
            outlines.append(outline(of: Place(event: event, form: nil, raw: raw), headers))
        }
        return outlines
    }

    private struct Place {
        let event: JSONValue?
        let form: UnsafeRawBufferPointer?
        let raw: UnsafeRawBufferPointer
    }

    private func outline<Headers: SignedHeaders & ~Copyable>(
        of place: Place,
        _ headers: borrowing Headers
    ) -> EventOutline {
        let layout = profile.event
        var parts: [String] = []
        for source in layout.id {
            if let text = text(of: source, place, headers), !text.isEmpty, !text.utf8.contains(0) {
                parts.append(text)
            }
        }
        let isRead = parts.count == layout.id.count
        let types = layout.type.compactMap { text(of: $0, place, headers) }.filter { !$0.isEmpty }
        return EventOutline(
            id: isRead ? joined(parts) : digest(of: place.raw),
            idIsDigest: !isRead || layout.id == [.bodyDigest],
            type: types.isEmpty ? nil : types.joined(separator: "."),
            occurredAt: layout.occurredAt.flatMap { moment in
                text(of: moment.source, place, headers).flatMap { moment.format.parse($0) }
            },
            event: place.event,
            object: layout.object.flatMap { path in place.event.flatMap { path.find(in: $0) } }
        )
    }

    private func text<Headers: SignedHeaders & ~Copyable>(
        of source: EventLayout.Source,
        _ place: Place,
        _ headers: borrowing Headers
    ) -> String? {
        switch source {
        case .field(let path):
            if let event = place.event { return path.text(in: event) }
            return place.form.flatMap { FormText.value(of: path.text, in: $0) }
                .map { String(decoding: $0, as: UTF8.self) }
        case .header(let name):
            return headers.firstText(named: name)
        case .signedID:
            for name in profile.idHeaders {
                if let text = headers.firstText(named: name) { return text }
            }
            return nil
        case .bodyDigest:
            return digest(of: place.raw)
        }
    }

    private func digest(of bytes: UnsafeRawBufferPointer) -> String {
        "sha256:" + SHA256.hex(of: bytes)
    }

    /// A lone part stands as it is; those of a tuple are kept apart even where they hold the separator.
    private func joined(_ parts: [String]) -> String {
        guard parts.count > 1 else { return parts[0] }
        return parts.map { part in
            String(part.flatMap { $0 == "%" ? "%25" : $0 == ":" ? "%3A" : String($0) })
        }
        .joined(separator: ":")
    }
}
