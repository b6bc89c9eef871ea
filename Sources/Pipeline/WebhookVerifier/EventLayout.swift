/// Where a provider's events and their marks stand (reference/signatures.md section 2).
package struct EventLayout: Sendable {
    package enum Payload: String, Sendable, CaseIterable {
        case json
        /// `application/x-www-form-urlencoded`
        case form
    }

    /// Where one piece of text stands.
    package enum Source: Sendable, Hashable {
        /// A JSON path below the event, or a form field's whole name.
        case field(JSONPath)
        /// In lower case.
        case header(String)
        /// The message id that the signature covers.
        case signedID
        /// SHA-256 over the raw bytes of the event, for providers that send no id.
        case bodyDigest

        init(_ text: String) {
            if text == "body-digest" {
                self = .bodyDigest
            } else if text == "signed-id" {
                self = .signedID
            } else if text.hasPrefix("header:") {
                self = .header(text.dropFirst("header:".count).lowercased())
            } else {
                self = .field(JSONPath(text))
            }
        }
    }

    package struct Moment: Sendable {
        package let source: Source
        package let format: TimestampFormat
    }

    package let payload: Payload
    /// Path to an array of events in one body (GoCardless); nil when the body is one event.
    package let batch: JSONPath?
    /// What makes two deliveries the same event: one source, or a tuple where no single id exists.
    package let id: [Source]
    /// Joined with dots where a provider splits it (`resource_type`, `action`).
    package let type: [Source]
    package let occurredAt: Moment?
    /// The object that the event is about; nil for thin events and form bodies.
    package let object: JSONPath?
}
