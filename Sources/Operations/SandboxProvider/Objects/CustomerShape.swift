/// The form of a customer in the current API.
enum CustomerShape {
    static func fresh(id: String, created: Int64, invoicePrefix: String) -> WireObject {
        [
            "id": .text(id),
            "object": "customer",
            "address": nil,
            "balance": 0,
            "created": .integer(created),
            "currency": nil,
            "default_source": nil,
            "delinquent": false,
            "description": nil,
            "discount": nil,
            "email": nil,
            "invoice_prefix": .text(invoicePrefix),
            "invoice_settings": [
                "custom_fields": nil, "default_payment_method": nil, "footer": nil, "rendering_options": nil,
            ],
            "livemode": false,
            "metadata": [:],
            "name": nil,
            "next_invoice_sequence": 1,
            "phone": nil,
            "preferred_locales": [],
            "shipping": nil,
            "tax_exempt": "none",
            "test_clock": nil,
        ]
    }

    /// What is left of a deleted one.
    static func deleted(_ id: String) -> WireObject {
        ["id": .text(id), "object": "customer", "deleted": true]
    }
}

/// The form of a list inside an object.
enum ListShape {
    static func list(_ rows: [WireObject], url: String) -> WireObject {
        [
            "object": "list",
            "data": .list(rows.map { .object($0) }),
            "has_more": false,
            "total_count": .integer(Int64(rows.count)),
            "url": .text(url),
        ]
    }
}

extension WireObject {
    /// An object shows so many rows of a list in it; the rest stands at the list's own address.
    static let rowsShownMax = 10

    /// As the provider tells of it: with the beginning of the lists in it. What is kept is whole.
    var shown: WireObject {
        let name: String
        switch text("object") {
        case "subscription": name = "items"
        case "invoice": name = "lines"
        case "checkout.session": name = "line_items"
        case "customer": name = "subscriptions"
        default: return self
        }
        guard var list = self[name]?.object, let rows = list["data"]?.list, rows.count > Self.rowsShownMax
        else { return self }
        list["data"] = .list(Array(rows.prefix(Self.rowsShownMax)))
        list["has_more"] = true
        var object = self
        object[name] = .object(list)
        return object
    }
}
