import BillingModel
package import JSON

// The stored form of a customer's fields and changes: a JSON Merge Patch (RFC 7396) under the names that Stripe
// gives a customer's members: absent keeps, null clears. Lists and shipping stand for the whole.

extension CustomerPatch {
    static let keys: Set<String> = [
        "email", "name", "phone", "description", "address", "shipping", "preferred_locales", "tax_exempt",
        "invoice_settings", "metadata",
    ]

    /// The patch as it lies over the provider's JSON: `object.merged(overlay:)` with it is what the object will be.
    package func json() -> [UInt8] {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.bytes
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.change("email", email)
        writer.change("name", name)
        writer.change("phone", phone)
        writer.change("description", details)
        if address.clearsAll {
            writer.field("address", String?.none)
        } else if !address.isEmpty {
            writer.key("address")
            writer.beginObject()
            for part in AddressPart.allCases { writer.change(part.rawValue, address[part]) }
            writer.endObject()
        }
        switch shipping {
        case .keep: break
        case .set(let shipping):
            writer.key("shipping")
            shipping.write(to: &writer)
        case .clear: writer.field("shipping", String?.none)
        }
        switch preferredLocales {
        case .keep: break
        case .set(let locales): writer.texts("preferred_locales", locales)
        case .clear: writer.texts("preferred_locales", [])
        }
        if let taxExempt { writer.field("tax_exempt", taxExempt.rawValue) }
        switch defaultPaymentMethod {
        case .keep: break
        case .set(let id):
            writer.nested("invoice_settings") { $0.field("default_payment_method", id.rawValue) }
        case .clear: writer.nested("invoice_settings") { $0.field("default_payment_method", String?.none) }
        }
        if !metadata.isEmpty {
            writer.nested("metadata") { writer in
                for entry in metadata.entries { writer.field(entry.key, entry.value) }
            }
        }
        writer.endObject()
    }

    /// Reads what `write` wrote. Absent keeps, null clears.
    init(_ reader: OperationReader) throws(OperationFormatError) {
        self.init()
        email = try reader.change("email")
        name = try reader.change("name")
        phone = try reader.change("phone")
        details = try reader.change("description")
        if let member = reader.value["address"] {
            if member.isNull {
                address = AddressPatch(replacingWith: nil)
            } else {
                let parts = try reader.object("address", knows: AddressPart.keys)
                for part in AddressPart.allCases { address[part] = try parts.change(part.key) }
            }
        }
        if let member = reader.value["shipping"] {
            shipping =
                member.isNull
                ? .clear : .set(try Shipping(try reader.object("shipping", knows: Shipping.keys)))
        }
        if reader.value["preferred_locales"] != nil {
            let locales = try reader.texts("preferred_locales")
            preferredLocales = locales.isEmpty ? .clear : .set(locales)
        }
        taxExempt = try reader.optionalWord("tax_exempt")
        if let settings = try reader.optionalObject("invoice_settings", knows: ["default_payment_method"]) {
            switch try settings.change("default_payment_method") {
            case .keep: break
            case .set(let id): defaultPaymentMethod = .set(ProviderID(id))
            case .clear: defaultPaymentMethod = .clear
            }
        }
        metadata = try reader.metadataPatch("metadata")
    }

    /// The provider's customer as it will be, as JSON: null and an absent member are the same to its readers.
    package func folded(over customer: JSONValue) throws(JSONError) -> [UInt8] {
        customer.merged(overlay: try JSONDocument.parse(json()).root)
    }
}

extension CustomerFields {
    /// The patch that makes a customer of nothing into this one.
    package var asPatch: CustomerPatch {
        var patch = CustomerPatch()
        if let email { patch.email = .set(email) }
        if let name { patch.name = .set(name) }
        if let phone { patch.phone = .set(phone) }
        if let details { patch.details = .set(details) }
        for part in AddressPart.allCases {
            if let text = address?[part] { patch.address[part] = .set(text) }
        }
        if let shipping { patch.shipping = .set(shipping) }
        if !preferredLocales.isEmpty { patch.preferredLocales = .set(preferredLocales) }
        patch.taxExempt = taxExempt
        if let defaultPaymentMethod { patch.defaultPaymentMethod = .set(defaultPaymentMethod) }
        patch.metadata = MetadataPatch(setting: metadata)
        return patch
    }
}

extension AddressPart {
    static let keys = Set(allCases.map(\.rawValue))

    fileprivate var key: StaticString {
        switch self {
        case .line1: "line1"
        case .line2: "line2"
        case .city: "city"
        case .state: "state"
        case .postalCode: "postal_code"
        case .country: "country"
        }
    }
}

extension Shipping {
    static let keys: Set<String> = ["name", "phone", "address"]

    // Every part is written, so that laid over another shipping nothing of it stays.
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("name", name)
        writer.field("phone", phone)
        writer.nested("address") { writer in
            for part in AddressPart.allCases { writer.field(part.rawValue, address[part]) }
        }
        writer.endObject()
    }

    init(_ reader: OperationReader) throws(OperationFormatError) {
        var address = PostalAddress()
        let parts = try reader.object("address", knows: AddressPart.keys)
        for part in AddressPart.allCases { address[part] = try parts.change(part.key).folded(over: nil) }
        let phone = try reader.change("phone").folded(over: nil)
        self.init(name: try reader.text("name"), phone: phone, address: address)
    }
}

extension JSONWriter {
    mutating func change(_ key: String, _ change: FieldChange<String>) {
        switch change {
        case .keep: break
        case .set(let text): field(key, text.isEmpty ? nil : text)
        case .clear: field(key, String?.none)
        }
    }

    mutating func texts(_ key: String, _ texts: [String]) {
        self.key(key)
        beginArray()
        for text in texts { string(text) }
        endArray()
    }

    mutating func nested(_ key: String, _ write: (inout JSONWriter) -> Void) {
        self.key(key)
        beginObject()
        write(&self)
        endObject()
    }

    /// Nothing when nil: in a stored operation absent and null differ.
    mutating func present(_ key: String, _ text: String?) {
        if let text { field(key, text) }
    }

    mutating func reference(_ key: String, _ reference: ObjectReference) {
        nested(key) { writer in
            switch reference {
            case .provider(let id): writer.field("provider_id", id.rawValue)
            case .local(let id): writer.field("local_id", id)
            }
        }
    }
}
