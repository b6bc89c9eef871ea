/// A postal address as providers hold it; an address of nothing is no address.
package struct PostalAddress: Sendable, Hashable {
    package var line1: String?
    package var line2: String?
    package var city: String?
    /// State, county or province.
    package var state: String?
    package var postalCode: String?
    /// ISO 3166-1 alpha-2: `"DE"`.
    package var country: String?

    package init() {}

    package var isEmpty: Bool { AddressPart.allCases.allSatisfy { self[$0] == nil } }

    package subscript(part: AddressPart) -> String? {
        get { self[keyPath: part.inAddress] }
        set { self[keyPath: part.inAddress] = newValue.flatMap { $0.isEmpty ? nil : $0 } }
    }
}

/// The parts of an address by the names that our API, our stored operations and Stripe use alike.
package enum AddressPart: String, Sendable, Hashable, CaseIterable {
    case line1
    case line2
    case city
    case state
    case postalCode = "postal_code"
    case country

    fileprivate var inAddress: WritableKeyPath<PostalAddress, String?> {
        switch self {
        case .line1: \.line1
        case .line2: \.line2
        case .city: \.city
        case .state: \.state
        case .postalCode: \.postalCode
        case .country: \.country
        }
    }
}

/// Changes of an address, part by part.
package struct AddressPatch: Sendable, Hashable {
    private var changes: [AddressPart: FieldChange<String>] = [:]

    package init() {}

    /// The whole address becomes `address`; nil takes it away.
    package init(replacingWith address: PostalAddress?) {
        for part in AddressPart.allCases { self[part] = .text(address?[part]) }
    }

    package subscript(part: AddressPart) -> FieldChange<String> {
        get { changes[part] ?? .keep }
        set {
            switch newValue {
            case .keep: changes[part] = nil
            // An address of which every part is set to nothing is one that is cleared whole.
            case .set(let text): changes[part] = .text(text)
            case .clear: changes[part] = .clear
            }
        }
    }

    package var isEmpty: Bool { changes.isEmpty }
    /// Nothing of the address stays.
    package var clearsAll: Bool { AddressPart.allCases.allSatisfy { self[$0] == .clear } }

    package func merged(with later: AddressPatch) -> AddressPatch {
        var merged = self
        for (part, change) in later.changes { merged[part] = change }
        return merged
    }

    package func folded(over address: PostalAddress?) -> PostalAddress? {
        var folded = address ?? PostalAddress()
        for (part, change) in changes { folded[part] = change.foldedText(over: folded[part]) }
        return folded.isEmpty ? nil : folded
    }
}

/// Where goods go: providers want name and address together, so it changes only as a whole.
package struct Shipping: Sendable, Hashable {
    package var name: String
    package var phone: String?
    package var address: PostalAddress

    package init(name: String, phone: String? = nil, address: PostalAddress) {
        self.name = name
        self.phone = phone
        self.address = address
    }
}
