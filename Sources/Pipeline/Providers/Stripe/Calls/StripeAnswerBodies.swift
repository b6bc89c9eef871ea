package import BillingModel
package import JSON

extension StripeAnswers {
    /// A page of a list; nil if the document is none, or an element has no id.
    package static func page(_ document: JSONDocument) -> ProviderPage? {
        let root = document.root
        guard root["object"]?.string == "list", let data = root["data"], data.kind == .array,
            let hasMore = root["has_more"]?.boolean
        else { return nil }
        var elements: [JSONValue] = []
        elements.reserveCapacity(data.count)
        var last: String?
        for element in data.elements {
            guard let id = StripeDecoder.identifier(element["id"]) else { return nil }
            last = id
            elements.append(element)
        }
        return ProviderPage(
            elements: elements,
            // An empty page that promises more has no cursor: it would be asked for again for ever.
            hasMore: hasMore && !elements.isEmpty,
            lastID: last.map { ProviderID($0) }
        )
    }

    /// The form in which a deleted object is told of by a read or a deletion: `{id, object, deleted: true}`.
    package static func isDeletedForm(_ object: JSONValue) -> Bool {
        object["deleted"]?.boolean == true
    }

    /// The id of an answer's object; nil when it has none.
    package static func id(of object: JSONValue) -> ProviderID? {
        StripeDecoder.identifier(object["id"]).map { ProviderID($0) }
    }

    /// The events of a page, unreadable ones left out.
    package static func events(_ page: ProviderPage) -> [ProviderEvent] {
        page.elements.compactMap { element in
            switch StripeDecoder.envelope(element) {
            case .event(let event): event
            case .unreadable: nil
            }
        }
    }

    /// The event of a page that our request with this key caused. One request causes several, and a deletion
    /// carries no key, so finding none proves nothing.
    package static func event(
        causedBy idempotencyKey: String,
        of type: ObjectType,
        in page: ProviderPage
    ) -> ProviderEvent? {
        events(page).first { event in
            event.objectType == type
                && event.requestIdempotencyKey?.utf8.elementsEqual(idempotencyKey.utf8) == true
        }
    }

    /// The object of a page that carries our mark.
    package static func object(marked key: String, _ value: String, in page: ProviderPage) -> JSONValue? {
        page.elements.first { element in
            element["metadata"]?.member(key)?.string?.utf8.elementsEqual(value.utf8) == true
        }
    }
}

extension ProviderFault {
    /// The cursor of a list died: its object was deleted, or left the filter. Start again from the last second.
    package var isDeadCursor: Bool {
        code == "resource_missing" && (parameter == "starting_after" || parameter == "ending_before")
    }
}
