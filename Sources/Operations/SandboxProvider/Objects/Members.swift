/// From a parameter to the member of the same name.
enum Members {
    static func set(_ name: String, _ change: Change<String>, _ object: inout WireObject) {
        switch change {
        case .absent: break
        case .cleared: object[name] = .null
        case .set(let text): object[name] = .text(text)
        }
    }

    static func text(
        _ name: String,
        max: Int = 5000,
        _ parameters: Parameters,
        _ object: inout WireObject
    ) throws(ProviderError) {
        set(name, try parameters.clearable(name, max: max), &object)
    }

    static let metadataKeysMax = 50

    static func metadata(_ parameters: Parameters, _ object: inout WireObject) throws(ProviderError) {
        switch try parameters.metadata() {
        case .absent: return
        case .cleared: object["metadata"] = [:]
        case .set(let pairs):
            var metadata = object["metadata"]?.object ?? [:]
            for (key, value) in pairs { metadata[key] = value.isEmpty ? nil : .text(value) }
            guard metadata.members.count <= metadataKeysMax else {
                throw .invalid("metadata", "An object has at most \(metadataKeysMax) metadata keys.")
            }
            object["metadata"] = .object(metadata)
        }
    }

    private static let addressMembers = ["city", "country", "line1", "line2", "postal_code", "state"]

    static func address(
        _ name: String,
        _ parameters: Parameters,
        _ object: inout WireObject
    ) throws(ProviderError) {
        switch try parameters.clearableObject(name) {
        case .absent: return
        case .cleared: object[name] = .null
        case .set(let reader):
            var address =
                object[name]?.object
                ?? WireObject(members: addressMembers.map { ($0, .null) })
            for member in addressMembers { try text(member, reader, &address) }
            object[name] = .object(address)
        }
    }

    /// One sign `@` with something on both sides, and no white space: as little as Stripe asks for.
    static func isAddress(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        let signs = bytes.filter { $0 == UInt8(ascii: "@") }.count
        return signs == 1 && bytes.first != UInt8(ascii: "@") && bytes.last != UInt8(ascii: "@")
            && bytes.allSatisfy { $0 > 0x20 }
    }
}
