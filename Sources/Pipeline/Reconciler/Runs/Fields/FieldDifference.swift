/// A field that is not the same here and at the provider. Values are JSON; nil when that side has none.
struct FieldDifference: Sendable, Hashable {
    let field: String
    let local: String?
    let remote: String?

    /// In the order of the provider's fields, then what only we have.
    static func between(local: [NamedField], remote: [NamedField]) -> [FieldDifference] {
        // Names are unique within an object: metadata keys and the ids of items are.
        let here = Dictionary(local.map { ($0.name, $0.value) }) { first, _ in first }
        let there = Dictionary(remote.map { ($0.name, $0.value) }) { first, _ in first }
        var differences: [FieldDifference] = []
        for field in remote where here[field.name] ?? nil != field.value {
            differences.append(
                FieldDifference(field: field.name, local: here[field.name] ?? nil, remote: field.value)
            )
        }
        for field in local where field.value != nil && there[field.name] == nil {
            differences.append(FieldDifference(field: field.name, local: field.value, remote: nil))
        }
        return differences
    }
}
