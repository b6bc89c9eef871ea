import BillingModel
import JSON
import Providers
import Timing

/// One decoded field of an object, by the name that the API gives it, with its value as JSON; nil when it has none.
struct NamedField: Sendable, Hashable {
    let name: String
    let value: String?
}

/// Gathers the fields of one object.
struct FieldList {
    private(set) var fields: [NamedField] = []

    mutating func add(_ name: String, _ text: String?) {
        add(name) { writer in text.map { writer.string($0) } }
    }

    mutating func add(_ name: String, _ number: Int64?) {
        add(name) { writer in number.map { writer.integer($0) } }
    }

    mutating func add(_ name: String, _ truth: Bool) {
        add(name) { $0.boolean(truth) }
    }

    mutating func add(_ name: String, _ time: Timestamp?) {
        add(name, time?.rfc3339)
    }

    mutating func add(_ name: String, _ id: ProviderID?) {
        add(name, id?.rawValue)
    }

    /// The application's own keys are put right outward by the next write, and are no finding (DESIGN 5).
    mutating func add(_ metadata: Metadata) {
        for entry in metadata.entries where !ProviderMark.all.contains(entry.key) {
            add("metadata.\(entry.key)", entry.value)
        }
    }

    private mutating func add(_ name: String, _ write: (inout JSONWriter) -> Void?) {
        var writer = JSONWriter(capacity: 32)
        let isThere = write(&writer) != nil
        fields.append(
            NamedField(
                name: name,
                value: isThere ? String(decoding: writer.bytes, as: UTF8.self) : nil
            )
        )
    }
}
