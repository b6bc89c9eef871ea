import JSON

/// Derived customers as JSON, without an object in between: a page of a hundred costs tens of microseconds, so that
/// a benchmark over a million measures its client and not this provider.
///
/// The bytes are those of `DerivedCustomers.customer(_:)`; a test holds the two against each other.
struct DerivedCustomerText: Sendable {
    private enum Part: Sendable {
        case fixed([UInt8])
        case id
        case created
        case email
        case invoicePrefix
        case metadata
        case name
    }

    private let derived: DerivedCustomers
    private let parts: [Part]
    /// Each name with its quotes left out.
    private let givenNames: [[UInt8]]
    private let familyNames: [[UInt8]]

    init(_ derived: DerivedCustomers) {
        self.derived = derived
        var sample = CustomerShape.fresh(id: "?id", created: 0, invoicePrefix: "?invoicePrefix")
        sample["created"] = "?created"
        sample["email"] = "?email"
        sample["metadata"] = "?metadata"
        sample["name"] = "?name"
        let slots: [(mark: String, part: Part)] = [
            ("\"?id\"", .id), ("\"?created\"", .created), ("\"?email\"", .email),
            ("\"?invoicePrefix\"", .invoicePrefix), ("\"?metadata\"", .metadata), ("\"?name\"", .name),
        ]
        var parts: [Part] = []
        var rest = sample.json[...]
        for (mark, part) in slots {
            guard let place = rest.firstRange(of: Array(mark.utf8)) else {
                preconditionFailure("a customer has \(mark), in this order")
            }
            parts += [.fixed(Array(rest[..<place.lowerBound])), part]
            rest = rest[place.upperBound...]
        }
        self.parts = parts + [.fixed(Array(rest))]
        givenNames = DerivedCustomers.givenNames.map(Self.inner)
        familyNames = DerivedCustomers.familyNames.map(Self.inner)
    }

    private static func inner(_ text: String) -> [UInt8] {
        var writer = JSONWriter(capacity: 32)
        writer.string(text)
        return Array(writer.bytes.dropFirst().dropLast())
    }

    func append(_ index: Int, to bytes: inout [UInt8]) {
        let quote = UInt8(ascii: "\"")
        for part in parts {
            switch part {
            case .fixed(let text): bytes.append(contentsOf: text)
            case .created: Self.append(decimal: derived.created(index), to: &bytes)
            case .id:
                bytes.append(quote)
                bytes.append(contentsOf: ObjectKind.customer.idPrefix.utf8)
                derived.appendPlace(index, to: &bytes)
                bytes.append(quote)
            case .email:
                bytes.append(quote)
                bytes.append(contentsOf: DerivedCustomers.emailStart.utf8)
                Self.append(decimal: Int64(index), to: &bytes)
                bytes.append(contentsOf: DerivedCustomers.emailEnd.utf8)
                bytes.append(quote)
            case .invoicePrefix:
                bytes.append(quote)
                IdentifierMaker.append(derived.invoicePrefix(index), count: 8, to: &bytes)
                bytes.append(quote)
            case .metadata:
                guard derived.hasExternalID(index) else {
                    bytes.append(contentsOf: "{}".utf8)
                    continue
                }
                bytes.append(contentsOf: "{\"external_id\":\"user_".utf8)
                Self.append(decimal: Int64(index), to: &bytes)
                bytes.append(contentsOf: "\"}".utf8)
            case .name:
                let (given, family) = derived.nameNumbers(index)
                bytes.append(quote)
                bytes.append(contentsOf: givenNames[given])
                bytes.append(UInt8(ascii: " "))
                bytes.append(contentsOf: familyNames[family])
                bytes.append(quote)
            }
        }
    }

    private static func append(decimal number: Int64, to bytes: inout [UInt8]) {
        precondition(number >= 0, "indexes and times count from zero")
        var rest = number
        let start = bytes.count
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }
}
